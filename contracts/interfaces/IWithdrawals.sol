// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The way out of L2
/// @notice OP Stack's withdrawal interface. A withdrawal is proven against an output claim, waits until the proof is
/// mature and the claim final, and is then carried out once. Nobody's permission is needed at any step.
interface IWithdrawals {
    /// @notice A message that L2ToL1MessagePasser recorded.
    /// @param nonce Number of the message, with the version in its two upper bytes.
    /// @param sender Who sent it on L2.
    /// @param target Whom to call on L1.
    /// @param value Wei to send along.
    /// @param gasLimit Least gas of the call.
    /// @param data Input of the call.
    struct WithdrawalTransaction {
        uint256 nonce;
        address sender;
        address target;
        uint256 value;
        uint256 gasLimit;
        bytes data;
    }

    /// @notice What an output root is the hash of.
    /// @param version Zero.
    /// @param stateRoot Of the L2 block.
    /// @param messagePasserStorageRoot Storage root of L2ToL1MessagePasser in that state.
    /// @param latestBlockhash Of the L2 block.
    struct OutputRootProof {
        bytes32 version;
        bytes32 stateRoot;
        bytes32 messagePasserStorageRoot;
        bytes32 latestBlockhash;
    }

    /// @notice A withdrawal was proven.
    event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);

    /// @notice A withdrawal was proven by this account: which proof to name when finalizing.
    event WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter);

    /// @notice A withdrawal was carried out; `success` says how its call ended.
    event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);

    /// @notice Withdrawals are paused.
    error OptimismPortal_CallPaused();

    /// @notice The target may not be called by the portal.
    error OptimismPortal_BadTarget();

    /// @notice The game can't be proven against: unregistered, blacklisted, retired or of a type not respected.
    error OptimismPortal_InvalidDisputeGame();

    /// @notice The output root proof does not hash to the game's claim.
    error OptimismPortal_InvalidOutputRootProof();

    /// @notice The withdrawal is not in L2ToL1MessagePasser's storage.
    error OptimismPortal_InvalidMerkleProof();

    /// @notice The withdrawal was carried out before.
    error OptimismPortal_AlreadyFinalized();

    /// @notice This account has not proven the withdrawal.
    error OptimismPortal_Unproven();

    /// @notice The proof is older than the game.
    error OptimismPortal_InvalidProofTimestamp();

    /// @notice The proof has not matured.
    error OptimismPortal_ProofNotOldEnough();

    /// @notice The game's claim does not count, or not yet.
    error OptimismPortal_InvalidRootClaim();

    /// @notice A withdrawal is being carried out.
    error OptimismPortal_NoReentrancy();

    /// @notice Less gas is left than the withdrawal asks for.
    error OptimismPortal_InsufficientGas(uint256 gasLeft, uint256 gasNeeded);

    /// @notice The portal holds less than the withdrawal is worth: it can be carried out when it holds enough.
    error OptimismPortal_InsufficientBalance(uint256 balanceWei, uint256 valueWei);

    /// @notice The call failed, in an estimation of gas: with more it may succeed.
    error OptimismPortal_GasEstimation();

    /// @notice Proves that a withdrawal was initiated. A second proof by the same account takes the place of its first.
    /// @dev Anyone, unless paused. Proofs of others are not touched.
    /// @param transaction The withdrawal.
    /// @param disputeGameIndex Position of a game in the factory's list whose claim covers the withdrawal.
    /// @param outputRootProof What the claim is the hash of.
    /// @param withdrawalProof Trie nodes from the storage root of L2ToL1MessagePasser to the withdrawal's slot.
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata transaction,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external;

    /// @notice Carries out a withdrawal that the caller proved.
    /// @dev Anyone, unless paused, when `checkWithdrawal` passes. The call gets at least `gasLimit`; it is made once,
    /// however it ends.
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata transaction) external;

    /// @notice Carries out a withdrawal that `proofSubmitter` proved.
    /// @dev As `finalizeWithdrawalTransaction`.
    function finalizeWithdrawalTransactionExternalProof(
        WithdrawalTransaction calldata transaction,
        address proofSubmitter
    ) external;

    /// @notice Fails unless a withdrawal can be carried out now with this account's proof.
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) external view;

    /// @notice Sender on L2 of the withdrawal that is being carried out; 0x…dEaD while none is.
    function l2Sender() external view returns (address);

    /// @notice Whether a withdrawal was carried out.
    function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool);

    /// @notice An account's proof of a withdrawal: the game, and when in seconds; zeros if there is none.
    function provenWithdrawals(
        bytes32 withdrawalHash,
        address proofSubmitter
    ) external view returns (address disputeGameProxy, uint64 timestamp);

    /// @notice Who proved a withdrawal, in order; whoever proved again is there again.
    function proofSubmitters(bytes32 withdrawalHash, uint256 index) external view returns (address);

    /// @notice Length of the list of `proofSubmitters`.
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256);

    /// @notice Seconds that must pass after a proof.
    function proofMaturityDelaySeconds() external view returns (uint256);

    /// @notice Seconds that must pass after a game's end.
    function disputeGameFinalityDelaySeconds() external view returns (uint256);

    /// @notice Whether a game was declared void.
    function disputeGameBlacklist(address game) external view returns (bool);

    /// @notice Which claims count.
    function anchorStateRegistry() external view returns (address);
}
