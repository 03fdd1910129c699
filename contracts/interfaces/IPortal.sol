// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The portal: the way into L2 that the sequencer can't refuse
/// @notice OP Stack's deposit interface. Every deposit is an L2 transaction that derivation includes, whether the
/// sequencer posts batches or not; its L2 gas is paid for by burning gas here. The portal holds the ETH that was minted
/// on L2.
interface IPortal {
    /// @notice An L2 transaction was ordered.
    /// @param from Sender on L2: the caller, aliased if it is a contract.
    /// @param to Target on L2, zero for a creation.
    /// @param version Form of `opaqueData`; 0.
    /// @param opaqueData abi.encodePacked(uint256 mint, uint256 value, uint64 gasLimit, bool isCreation, bytes data).
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    /// @notice A creation has no target.
    error PortalBadTarget(address to);

    /// @notice The deposit asks for less gas than its data costs.
    error PortalGasLimitTooLow(uint64 gasLimit, uint64 gasLimitMin);

    /// @notice The data is larger than `DEPOSIT_DATA_SIZE_BYTES_MAX`.
    error PortalDataTooLarge(uint256 sizeBytes, uint256 sizeBytesMax);

    /// @notice Orders an L2 transaction; `msg.value` is minted to the sender on L2 first, and stays with it if the
    /// transaction then fails there.
    /// @dev Anyone, at any time; nobody can pause it. Fails with `ResourceMeteringLimitExceeded` while this L1 block's
    /// deposit gas is used up.
    /// @param to Target on L2; must be zero for a creation.
    /// @param value Wei to send along on L2, out of the sender's L2 balance; may differ from `msg.value`.
    /// @param gasLimit L2 gas limit, at least `minimumGasLimit(data.length)`.
    /// @param isCreation Whether `data` is init code.
    /// @param data Input or init code, at most `DEPOSIT_DATA_SIZE_BYTES_MAX` bytes.
    function depositTransaction(
        address to,
        uint256 value,
        uint64 gasLimit,
        bool isCreation,
        bytes calldata data
    ) external payable;

    /// @notice Where output claims are registered.
    function disputeGameFactory() external view returns (address);

    /// @notice Where the shared parameters are.
    function systemConfig() external view returns (address);

    /// @notice Where it is known whether an execution version is in its canary.
    function moduleRegistry() external view returns (address);

    /// @notice Whether withdrawals that were proven against this game wait for the end of a canary. If the registry
    /// does not answer they don't: no module can keep anybody's exit shut.
    function isWithdrawalHeld(address disputeGame) external view returns (bool);

    /// @notice Type of the games that count (SystemConfig's).
    function respectedGameType() external view returns (uint32);

    /// @notice When the respected type was set, in seconds (SystemConfig's).
    function respectedGameTypeUpdatedAt() external view returns (uint64);

    /// @notice SystemConfig's guardian.
    function guardian() external view returns (address);

    /// @notice Whether withdrawals are paused (SystemConfig's). Deposits never are.
    function paused() external view returns (bool);

    /// @notice Largest data of a deposit, in bytes.
    // solhint-disable-next-line func-name-mixedcase
    function DEPOSIT_DATA_SIZE_BYTES_MAX() external view returns (uint256);

    /// @notice Least L2 gas limit of a deposit with `byteCount` bytes of data.
    function minimumGasLimit(uint64 byteCount) external pure returns (uint64);

    /// @notice Version of OP Stack's portal interface that is spoken here: by its first number clients choose their
    /// calls, and 3 stands for dispute games.
    function version() external pure returns (string memory);
}
