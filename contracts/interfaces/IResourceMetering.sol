// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title A market for the L2 gas that deposits use
/// @notice Deposits share a limit per L1 block and a base fee that moves as EIP-1559's does. The fee is paid by burning
/// L1 gas, because a deposit must work for senders that know nothing of L2 fees.
interface IResourceMetering {
    /// @notice Deposits would ask for more gas in this L1 block than the limit allows.
    error ResourceMeteringLimitExceeded(uint256 boughtGas, uint256 gasLimit);

    /// @notice State of the market after the last deposit.
    /// @return prevBaseFee Base fee of L2 gas, in wei of L1 ETH.
    /// @return prevBoughtGas L2 gas bought in `prevBlockNum`.
    /// @return prevBlockNum L1 block of the last deposit.
    function params() external view returns (uint128 prevBaseFee, uint64 prevBoughtGas, uint64 prevBlockNum);
}
