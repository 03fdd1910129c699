// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";
import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";
import {IStandardBridge} from "../interfaces/IStandardBridge.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";

/// @title StandardBridge
/// @notice See {IStandardBridge}. What both sides have in common.
abstract contract StandardBridge is IStandardBridge, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @notice Gas on the other chain for a plain transfer of ETH to the bridge.
    uint32 internal constant RECEIVE_GAS_LIMIT = 200_000;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @inheritdoc IStandardBridge
    mapping(address localToken => mapping(address remoteToken => uint256 amount)) public deposits;

    /// @dev Room for this base contract to grow.
    uint256[49] private __gap;

    modifier onlyOwnAddress() {
        if (AddressAlias.l2SenderOf(msg.sender) != msg.sender) revert StandardBridgeOnlyOwnAddress(msg.sender);
        _;
    }

    modifier onlyOtherBridge() {
        if (
            msg.sender != messenger() || ICrossDomainMessenger(messenger()).xDomainMessageSender() != otherBridge()
        ) revert StandardBridgeUnauthorized(msg.sender);
        _;
    }

    /// @notice A plain transfer brings ETH to the same address on the other chain.
    /// @dev As `bridgeETH`.
    receive() external payable onlyOwnAddress {
        _bridgeETH(msg.sender, RECEIVE_GAS_LIMIT, "");
    }

    /// @inheritdoc IStandardBridge
    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyOwnAddress {
        _bridgeETH(msg.sender, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        _bridgeETH(to, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeERC20(
        address localToken,
        address remoteToken,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyOwnAddress {
        _bridgeERC20(localToken, remoteToken, msg.sender, amount, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        _bridgeERC20(localToken, remoteToken, to, amount, minGasLimit, extraData);
    }

    /// @inheritdoc IStandardBridge
    function finalizeBridgeETH(
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external payable onlyOtherBridge {
        if (msg.value != amount) revert StandardBridgeWrongValue(msg.value, amount);
        if (to == address(this) || to == messenger()) revert StandardBridgeBadRecipient(to);
        emit ETHBridgeFinalized(from, to, amount, extraData);
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = to.call{value: amount}("");
        if (!success) revert StandardBridgeTransferFailed(to, amount);
    }

    /// @inheritdoc IStandardBridge
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external onlyOtherBridge nonReentrant {
        emit ERC20BridgeFinalized(localToken, remoteToken, from, to, amount, extraData);
        if (_isTwin(localToken)) {
            _requirePair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).mint(to, amount);
            return;
        }
        uint256 locked = deposits[localToken][remoteToken];
        if (locked < amount) revert StandardBridgeInsufficientEscrow(localToken, remoteToken, locked, amount);
        deposits[localToken][remoteToken] = locked - amount;
        IERC20(localToken).safeTransfer(to, amount);
    }

    /// @notice OP Stack's older name of `messenger`.
    // solhint-disable-next-line func-name-mixedcase
    function MESSENGER() external view returns (address) {
        return messenger();
    }

    /// @notice OP Stack's older name of `otherBridge`.
    // solhint-disable-next-line func-name-mixedcase
    function OTHER_BRIDGE() external view returns (address) {
        return otherBridge();
    }

    /// @inheritdoc IStandardBridge
    function messenger() public view virtual returns (address);

    /// @inheritdoc IStandardBridge
    function otherBridge() public view virtual returns (address);

    function _bridgeETH(address to, uint32 minGasLimit, bytes memory extraData) internal {
        emit ETHBridgeInitiated(msg.sender, to, msg.value, extraData);
        bytes memory message = abi.encodeCall(this.finalizeBridgeETH, (msg.sender, to, msg.value, extraData));
        ICrossDomainMessenger(messenger()).sendMessage{value: msg.value}(otherBridge(), message, minGasLimit);
    }

    function _bridgeERC20(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes memory extraData
    ) internal nonReentrant {
        _take(localToken, remoteToken, amount);
        emit ERC20BridgeInitiated(localToken, remoteToken, msg.sender, to, amount, extraData);
        // What is local here is remote there.
        bytes memory message = abi.encodeCall(
            this.finalizeBridgeERC20,
            (remoteToken, localToken, msg.sender, to, amount, extraData)
        );
        ICrossDomainMessenger(messenger()).sendMessage(otherBridge(), message, minGasLimit);
    }

    /// @dev Burns a twin, or locks a token of this chain.
    function _take(address localToken, address remoteToken, uint256 amount) private {
        if (_isTwin(localToken)) {
            _requirePair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).burn(msg.sender, amount);
            return;
        }
        uint256 before = IERC20(localToken).balanceOf(address(this));
        IERC20(localToken).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(localToken).balanceOf(address(this)) - before;
        if (received != amount) revert StandardBridgeUnsupportedToken(localToken, received, amount);
        deposits[localToken][remoteToken] += amount;
    }

    /// @dev Whether this bridge mints and burns the token.
    function _isTwin(address token) private view returns (bool) {
        return ERC165Checker.supportsInterface(token, type(IOptimismMintableERC20).interfaceId);
    }

    function _requirePair(address localToken, address remoteToken) private view {
        if (IOptimismMintableERC20(localToken).remoteToken() != remoteToken) {
            revert StandardBridgeWrongPair(localToken, remoteToken);
        }
    }
}
