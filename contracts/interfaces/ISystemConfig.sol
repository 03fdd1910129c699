// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Parameters that several L1 contracts share
/// @notice One place for what the portal and the dispute games must agree on. Every change comes from the timelock.
interface ISystemConfig {
    /// @notice The guardian was replaced.
    event GuardianUpdated(address indexed previousGuardian, address indexed newGuardian);

    /// @notice Games created from now on are respected if they have this type.
    event RespectedGameTypeSet(uint32 indexed newGameType, uint64 indexed updatedAt);

    /// @notice The limit of deposit gas per L1 block changed.
    event MaxDepositGasPerL1BlockUpdated(uint64 previousGasLimit, uint64 newGasLimit);

    /// @notice The guardian may not be the zero address.
    error SystemConfigInvalidGuardian(address guardian);

    /// @notice The limit would close, or nearly close, the forced path.
    error SystemConfigDepositGasTooLow(uint64 gasLimit, uint64 gasLimitMin);

    /// @notice Replaces the guardian.
    /// @dev Only the owner, which is the timelock.
    function setGuardian(address newGuardian) external;

    /// @notice Changes which type of game withdrawals will be proven against. Games created before keep what they were.
    /// @dev Only the owner, which is the timelock.
    function setRespectedGameType(uint32 newGameType) external;

    /// @notice Changes how much L2 gas the deposits of one L1 block may ask for together.
    /// @dev Only the owner, which is the timelock. Keep it at or below the L2 block gas limit.
    /// @param newGasLimit At least `DEPOSIT_GAS_PER_L1_BLOCK_MIN`: governance can't close the forced path this way.
    function setMaxDepositGasPerL1Block(uint64 newGasLimit) external;

    /// @notice The account that may dispute output claims within their window, and nothing else.
    function guardian() external view returns (address);

    /// @notice Type of the games that count.
    function respectedGameType() external view returns (uint32);

    /// @notice When the respected type was set, in seconds.
    function respectedGameTypeUpdatedAt() external view returns (uint64);

    /// @notice How much L2 gas the deposits of one L1 block may ask for together.
    function maxDepositGasPerL1Block() external view returns (uint64);

    /// @notice Least value of `maxDepositGasPerL1Block`, in gas.
    // solhint-disable-next-line func-name-mixedcase
    function DEPOSIT_GAS_PER_L1_BLOCK_MIN() external view returns (uint64);
}
