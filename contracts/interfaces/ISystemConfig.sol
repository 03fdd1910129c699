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

    /// @notice Withdrawals are paused until this time, in seconds.
    event Paused(address indexed guardian, uint64 until);

    /// @notice The guardian ended a pause early.
    event Unpaused(address indexed guardian);

    /// @notice The guardian may pause once more.
    event PauseRearmed();

    /// @notice The length of the next pause changed.
    event PauseDurationUpdated(uint64 previousSeconds, uint64 newSeconds);

    /// @notice L2's L1 data fee is computed with these in L2 blocks whose L1 origin is this block or a later one.
    event FeeScalarsUpdated(uint32 baseFeeScalar, uint32 blobBaseFeeScalar);

    /// @notice Only the guardian may pause.
    error SystemConfigUnauthorized(address caller, address guardian);

    /// @notice The pause was used: only the timelock can allow another.
    error SystemConfigPauseUsed();

    /// @notice Withdrawals are paused now.
    error SystemConfigPaused(uint64 until);

    /// @notice Withdrawals are not paused.
    error SystemConfigNotPaused();

    /// @notice The pause would be longer than governance may make it.
    error SystemConfigPauseTooLong(uint64 durationSeconds, uint64 durationSecondsMax);

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

    /// @notice Pauses withdrawals for `pauseDurationSeconds`. It ends by itself, and can't be done again until
    /// `rearmPause`.
    /// @dev Only the guardian. Deposits go on.
    function pause() external;

    /// @notice Ends a pause early. It stays used.
    /// @dev Only the guardian.
    function unpause() external;

    /// @notice Lets the guardian pause once more.
    /// @dev Only the owner, which is the timelock; not during a pause, which it would make longer.
    function rearmPause() external;

    /// @notice Sets how long the next pause lasts.
    /// @dev Only the owner, which is the timelock. A pause under way keeps its end.
    /// @param newSeconds At most `PAUSE_DURATION_SECONDS_MAX`; 0 takes the power to pause away.
    function setPauseDurationSeconds(uint64 newSeconds) external;

    /// @notice Sets how much this chain's fees count in the L1 data fee that transactions on L2 pay.
    /// @dev Only the owner, which is the timelock. No bound: deposits, the way that nobody can close, pay none.
    /// @param newBaseFeeScalar Weight of the base fee, in millionths
    /// @param newBlobBaseFeeScalar Weight of the blob base fee, in millionths; with both zero nothing is charged
    function setFeeScalars(uint32 newBaseFeeScalar, uint32 newBlobBaseFeeScalar) external;

    /// @notice Whether withdrawals are paused now.
    function paused() external view returns (bool);

    /// @notice End of the last pause, in seconds; zero if there was none.
    function pausedUntil() external view returns (uint64);

    /// @notice Whether the pause was used since it was last allowed.
    function pauseUsed() external view returns (bool);

    /// @notice How long a pause lasts.
    function pauseDurationSeconds() external view returns (uint64);

    /// @notice Longest pause that governance can set.
    // solhint-disable-next-line func-name-mixedcase
    function PAUSE_DURATION_SECONDS_MAX() external view returns (uint64);

    /// @notice The account that may dispute output claims within their window and pause withdrawals once, nothing else.
    function guardian() external view returns (address);

    /// @notice Type of the games that count.
    function respectedGameType() external view returns (uint32);

    /// @notice When the respected type was set, in seconds.
    function respectedGameTypeUpdatedAt() external view returns (uint64);

    /// @notice How much L2 gas the deposits of one L1 block may ask for together.
    function maxDepositGasPerL1Block() external view returns (uint64);

    /// @notice Weight of the base fee in the L1 data fee, in millionths.
    function baseFeeScalar() external view returns (uint32);

    /// @notice Weight of the blob base fee in the L1 data fee, in millionths.
    function blobBaseFeeScalar() external view returns (uint32);

    /// @notice Least value of `maxDepositGasPerL1Block`, in gas.
    // solhint-disable-next-line func-name-mixedcase
    function DEPOSIT_GAS_PER_L1_BLOCK_MIN() external view returns (uint64);
}
