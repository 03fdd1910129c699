// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {MinimumGasCall} from "../libraries/MinimumGasCall.sol";

/// @title CrossDomainMessenger
/// @notice See {ICrossDomainMessenger}. What both sides have in common.
/// @dev A message is counted as relayed before its target is called and set back if that fails, so that the call can't
/// bring it about a second time.
abstract contract CrossDomainMessenger is ICrossDomainMessenger {
    /// @notice Version of the messages' encoding.
    uint16 public constant MESSAGE_VERSION = 1;

    /// @dev Gas of a transaction, of a byte of its data at EIP-7623's floor, and what relaying costs beside the call.
    uint64 private constant TRANSACTION_GAS = 21_000;
    uint64 private constant GAS_PER_BYTE = 40;
    uint64 private constant RELAY_OVERHEAD_GAS = 200_000;

    /// @dev `relayMessage`'s arguments beside the message itself, in bytes: selector, six words, length, padding.
    uint64 private constant ENCODING_OVERHEAD_BYTES = 260;

    /// @dev For the storage writes between the check and the call: two from zero, cold.
    uint256 private constant RELAY_BEFORE_CALL_GAS = 50_000;

    /// @dev For the storage writes and the event after the call.
    uint256 private constant RELAY_AFTER_CALL_GAS = 40_000;

    /// @dev Sender of the calls in which clients estimate gas. Nobody has its key.
    address private constant ESTIMATION_ADDRESS = address(1);

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @inheritdoc ICrossDomainMessenger
    mapping(bytes32 messageHash => bool) public successfulMessages;

    /// @inheritdoc ICrossDomainMessenger
    mapping(bytes32 messageHash => bool) public failedMessages;

    /// @dev Zero while no message is being relayed.
    address private _sender;

    uint240 private _counter;

    /// @dev Room for this base contract to grow.
    uint256[46] private __gap;

    /// @inheritdoc ICrossDomainMessenger
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable {
        uint256 nonce = messageNonce();
        unchecked {
            // 2^240 messages can't be sent.
            ++_counter;
        }
        emit SentMessage(target, msg.sender, message, nonce, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
        bytes memory relay = abi.encodeCall(
            this.relayMessage,
            (nonce, msg.sender, target, msg.value, minGasLimit, message)
        );
        _send(baseGas(message, minGasLimit), msg.value, relay);
    }

    /// @inheritdoc ICrossDomainMessenger
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable {
        if (paused()) revert MessengerPaused();
        if (nonce >> 240 != MESSAGE_VERSION) revert MessengerUnknownVersion(nonce >> 240);
        // The hash of the whole call, as OP Stack's.
        bytes32 messageHash = keccak256(
            abi.encodeCall(this.relayMessage, (nonce, sender, target, value, minGasLimit, message))
        );
        _admit(messageHash, value);
        if (_isUnsafeTarget(target)) revert MessengerBadTarget(target);
        if (successfulMessages[messageHash]) revert MessengerAlreadyRelayed(messageHash);

        bool hasGas = gasleft() >= _gasNeeded(minGasLimit);
        if (_sender == address(0) && hasGas && _execute(messageHash, sender, target, value, message)) {
            emit RelayedMessage(messageHash);
            return;
        }
        failedMessages[messageHash] = true;
        emit FailedRelayedMessage(messageHash);
        // solhint-disable-next-line avoid-tx-origin
        if (tx.origin == ESTIMATION_ADDRESS) revert MessengerGasEstimation();
    }

    /// @inheritdoc ICrossDomainMessenger
    function xDomainMessageSender() external view returns (address) {
        if (_sender == address(0)) revert MessengerNoMessage();
        return _sender;
    }

    /// @notice OP Stack's older name of `otherMessenger`.
    // solhint-disable-next-line func-name-mixedcase
    function OTHER_MESSENGER() external view returns (address) {
        return otherMessenger();
    }

    /// @inheritdoc ICrossDomainMessenger
    function messageNonce() public view returns (uint256) {
        return (uint256(MESSAGE_VERSION) << 240) | _counter;
    }

    /// @inheritdoc ICrossDomainMessenger
    function otherMessenger() public view virtual returns (address);

    /// @inheritdoc ICrossDomainMessenger
    function paused() public view virtual returns (bool);

    /// @inheritdoc ICrossDomainMessenger
    function baseGas(bytes calldata message, uint32 minGasLimit) public pure returns (uint64) {
        uint64 dataGas = (uint64(message.length) + ENCODING_OVERHEAD_BYTES) * GAS_PER_BYTE;
        // The limit has 32 bits, so all of it fits 64. A proxy's own call keeps back a 64th (EIP-150).
        uint64 relayGas = RELAY_OVERHEAD_GAS + uint64(_gasNeeded(minGasLimit));
        return TRANSACTION_GAS + dataGas + (relayGas * 64) / 63;
    }

    /// @dev Hands a call of the other messenger to the chain's own way out.
    function _send(uint64 gasLimit, uint256 value, bytes memory relay) internal virtual;

    /// @dev Whether the other messenger is calling.
    function _isOtherMessenger() internal view virtual returns (bool);

    /// @dev Whether a message to this target could act in the messenger's own name.
    function _isUnsafeTarget(address target) internal view virtual returns (bool);

    function _execute(
        bytes32 messageHash,
        address sender,
        address target,
        uint256 value,
        bytes memory message
    ) private returns (bool success) {
        successfulMessages[messageHash] = true;
        _sender = sender;
        success = MinimumGasCall.executeReserving(target, value, message, RELAY_AFTER_CALL_GAS);
        _sender = address(0);
        if (!success) successfulMessages[messageHash] = false;
    }

    /// @dev A new message comes from the other messenger with its value; another try from anyone, without.
    function _admit(bytes32 messageHash, uint256 value) private view {
        bool isNew = _isOtherMessenger() && !failedMessages[messageHash];
        if (msg.value != (isNew ? value : 0)) revert MessengerWrongValue(msg.value, isNew ? value : 0);
        if (!isNew && !failedMessages[messageHash]) revert MessengerNotFailed(messageHash);
    }

    function _gasNeeded(uint256 minGasLimit) private pure returns (uint256) {
        uint256 needed = MinimumGasCall.needed(minGasLimit);
        return needed == type(uint256).max ? needed : needed + RELAY_BEFORE_CALL_GAS + RELAY_AFTER_CALL_GAS;
    }
}
