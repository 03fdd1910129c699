// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Messages between contracts on L1 and L2
/// @notice OP Stack's interface, the same on both sides. A message that fails is kept, with its value, and anyone can
/// try it again; one that succeeded can't be relayed a second time.
interface ICrossDomainMessenger {
    /// @notice A message is on its way.
    event SentMessage(
        address indexed target,
        address sender,
        bytes message,
        uint256 messageNonce,
        uint256 gasLimit
    );

    /// @notice The value of the message in the event before, in wei.
    event SentMessageExtension1(address indexed sender, uint256 value);

    /// @notice A message reached its target.
    event RelayedMessage(bytes32 indexed msgHash);

    /// @notice A message failed and can be tried again.
    event FailedRelayedMessage(bytes32 indexed msgHash);

    /// @notice The message is of a version that is not spoken here.
    error MessengerUnknownVersion(uint256 version);

    /// @notice Messages are paused.
    error MessengerPaused();

    /// @notice The value sent is not the message's; trying again takes none.
    error MessengerWrongValue(uint256 sentWei, uint256 expectedWei);

    /// @notice Only a message that failed can be tried again, and only the other messenger brings a new one.
    error MessengerNotFailed(bytes32 messageHash);

    /// @notice The message was relayed before.
    error MessengerAlreadyRelayed(bytes32 messageHash);

    /// @notice The messenger's own side may not be the target.
    error MessengerBadTarget(address target);

    /// @notice No message is being relayed.
    error MessengerNoMessage();

    /// @notice The message failed, in an estimation of gas: with more it may succeed.
    error MessengerGasEstimation();

    /// @notice Sends a message, and `msg.value` with it, to the other chain.
    /// @dev Anyone, at any time.
    /// @param target Whom to call there.
    /// @param message Input of the call.
    /// @param minGasLimit Least gas of the call.
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable;

    /// @notice Calls the target of a message: the other messenger's new one, or, by anyone, one that failed.
    /// @dev What is already on its way within another message is kept as failed.
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable;

    /// @notice Sender of the message that is being relayed. Fails while none is.
    function xDomainMessageSender() external view returns (address);

    /// @notice Nonce of the next message: version (2 bytes) ‖ counter (30 bytes).
    function messageNonce() external view returns (uint256);

    /// @notice Whether a message reached its target.
    function successfulMessages(bytes32 messageHash) external view returns (bool);

    /// @notice Whether a message failed at some time.
    function failedMessages(bytes32 messageHash) external view returns (bool);

    /// @notice The messenger on the other chain.
    function otherMessenger() external view returns (address);

    /// @notice Whether relaying is paused.
    function paused() external view returns (bool);

    /// @notice Gas that is bought on the other chain for a message.
    function baseGas(bytes calldata message, uint32 minGasLimit) external pure returns (uint64);
}
