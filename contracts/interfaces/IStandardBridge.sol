// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title ETH and ERC-20 from one chain to the other
/// @notice OP Stack's interface, the same on both sides. A token of this chain is locked here and its twin is minted on
/// the other; a twin of the other's token is burned, and the token released there. Escrow is kept by pair, so that a
/// twin which lies about itself can release nothing but what was locked for it.
interface IStandardBridge {
    /// @notice ETH is on its way.
    event ETHBridgeInitiated(address indexed from, address indexed to, uint256 amount, bytes extraData);

    /// @notice ETH arrived.
    event ETHBridgeFinalized(address indexed from, address indexed to, uint256 amount, bytes extraData);

    /// @notice Tokens are on their way.
    event ERC20BridgeInitiated(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    /// @notice Tokens arrived.
    event ERC20BridgeFinalized(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    /// @notice The caller is a contract, whose number may be somebody else's on the other chain: use the `To` form.
    error StandardBridgeOnlyOwnAddress(address caller);

    /// @notice Only the other bridge, through the messenger, may finish a transfer.
    error StandardBridgeUnauthorized(address caller);

    /// @notice The value is not the amount.
    error StandardBridgeWrongValue(uint256 sentWei, uint256 amountWei);

    /// @notice The bridge or the messenger can't be the recipient.
    error StandardBridgeBadRecipient(address to);

    /// @notice The recipient refused the ETH.
    error StandardBridgeTransferFailed(address to, uint256 amountWei);

    /// @notice The twin stands for another token.
    error StandardBridgeWrongPair(address localToken, address remoteToken);

    /// @notice The bridge got another amount than was sent: the token takes a fee, or changes balances by itself.
    error StandardBridgeUnsupportedToken(address localToken, uint256 received, uint256 amount);

    /// @notice More would be released than is locked for the pair.
    error StandardBridgeInsufficientEscrow(address localToken, address remoteToken, uint256 locked, uint256 amount);

    /// @notice Brings `msg.value` to the caller's own address on the other chain.
    /// @dev Only an account with a key, or with delegated code: a contract's address may be another's there.
    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable;

    /// @notice Brings `msg.value` to an address on the other chain.
    /// @dev Anyone.
    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable;

    /// @notice Brings tokens to the caller's own address on the other chain.
    /// @dev As `bridgeETH`. The bridge needs an allowance for tokens of this chain.
    function bridgeERC20(
        address localToken,
        address remoteToken,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external;

    /// @notice Brings tokens to an address on the other chain.
    /// @dev Anyone.
    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external;

    /// @notice Pays out ETH that was sent on the other chain.
    /// @dev Only the other bridge, through the messenger.
    function finalizeBridgeETH(
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external payable;

    /// @notice Mints or releases tokens that were sent on the other chain.
    /// @dev Only the other bridge, through the messenger.
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external;

    /// @notice How much of a token of this chain is locked for its twin on the other.
    function deposits(address localToken, address remoteToken) external view returns (uint256);

    /// @notice What carries the messages.
    function messenger() external view returns (address);

    /// @notice The bridge on the other chain.
    function otherBridge() external view returns (address);
}
