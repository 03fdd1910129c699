// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The registry of module versions
/// @notice Five kinds of module, each replaced on its own by a vote. A version goes
///
///     Proposed → Voted → Shadow → Queued → Canary → Active → Final
///
/// and from the first four may end as Rejected (vetoed, or lapsed), from Canary as RolledBack. Only `ratify`,
/// `setWindows` and `setShadowRule` need a vote; everything else is done by anyone when the rules allow it.
/// docs/adr/0301-module-versions.md has the machine, docs/adr/0302-canary-and-withdrawals.md the hold.
interface IModuleRegistry {
    /// @notice What is replaced on its own. The numbers never change their meaning.
    enum ModuleKind {
        Execution,
        DataAvailability,
        Sequencing,
        Settlement,
        Fees
    }

    /// @notice Where a version is.
    enum Stage {
        None,
        Proposed,
        Voted,
        Shadow,
        Queued,
        Canary,
        Active,
        Final,
        RolledBack,
        Rejected
    }

    /// @notice What a change puts at risk: decides the quorum, the delay and the exit window.
    enum RiskClass {
        Parameter,
        Module,
        Governance
    }

    /// @notice What a roll-back can rest on. All of it is checked on chain.
    /// @param AttesterFaults A quorum of bonded attesters reported the same fault. Evidence: empty.
    /// @param LivenessGap The sequencer posted nothing for `livenessGapSeconds` of the canary. Evidence: empty.
    /// @param FailedHealthCheck The L1 module's `healthCheck()` fails now. Evidence: empty.
    /// @param ContradictingClaims Two games of the canary's time won two different roots for one L2 block. Evidence:
    /// abi.encode(uint256 firstGameIndex, uint256 secondGameIndex).
    enum EvidenceKind {
        AttesterFaults,
        LivenessGap,
        FailedHealthCheck,
        ContradictingClaims
    }

    /// @notice What is proposed, and what the vote is about: `manifestHash = keccak256(abi.encode(manifest))`.
    /// @param kind Which module.
    /// @param predecessor Version that must rule when this one takes over, and to which a roll-back returns.
    /// @param implementation L1 modules: code to put behind the proxy; zero for EXECUTION.
    /// @param artifactHash EXECUTION: keccak256 of the kernel's .wasm; zero for L1 modules.
    /// @param abi_ EXECUTION: number of the kernel's ABI. L1 modules: number of the module's interface.
    /// @param executionAbiMin Oldest kernel ABI that this version works with: for EXECUTION the predecessor's, for L1
    /// modules that of the kernel which rules.
    /// @param executionAbiMax Newest one.
    /// @param activationL2Block EXECUTION: first L2 block that this version may execute.
    /// @param differencesHash Declared differences to the predecessor, as shadow will see them; zero for none.
    /// @param metadataHash keccak256 of the document for readers (the manifest file).
    /// @param migration L1 modules: call made with the swap, through the proxy; empty for none.
    struct Manifest {
        ModuleKind kind;
        bytes32 predecessor;
        address implementation;
        bytes32 artifactHash;
        uint32 abi_;
        uint32 executionAbiMin;
        uint32 executionAbiMax;
        uint64 activationL2Block;
        bytes32 differencesHash;
        bytes32 metadataHash;
        bytes migration;
    }

    /// @notice A version as the registry keeps it. Times in seconds, zero before they are known.
    /// @param kind See Manifest.
    /// @param stage Where it is.
    /// @param riskClass Follows from the kind.
    /// @param number Counts the ratified versions of a kind, from 1 (genesis); zero before the vote.
    /// @param abi_ See Manifest.
    /// @param executionAbiMin See Manifest.
    /// @param executionAbiMax See Manifest.
    /// @param stageSince When it came to its stage.
    /// @param exitEndsAt When it may be activated: fixed when it is queued.
    /// @param activatedAt When it was activated.
    /// @param canaryEndsAt When it may be confirmed: fixed when it is activated.
    /// @param holdEndsAt EXECUTION: until when withdrawals of its blocks are held.
    /// @param activationL2Block See Manifest.
    /// @param proposer Who proposed it.
    /// @param implementation See Manifest.
    /// @param predecessor See Manifest.
    /// @param artifactHash See Manifest.
    /// @param manifestHash keccak256(abi.encode(manifest)); zero for genesis versions.
    /// @param differencesHash See Manifest.
    struct ModuleVersion {
        ModuleKind kind;
        Stage stage;
        RiskClass riskClass;
        uint32 number;
        uint32 abi_;
        uint32 executionAbiMin;
        uint32 executionAbiMax;
        uint64 stageSince;
        uint64 exitEndsAt;
        uint64 activatedAt;
        uint64 canaryEndsAt;
        uint64 holdEndsAt;
        uint64 activationL2Block;
        address proposer;
        address implementation;
        bytes32 predecessor;
        bytes32 artifactHash;
        bytes32 manifestHash;
        bytes32 differencesHash;
    }

    /// @notice A kind's first version and, if it is on L1, where its proxy is. Without a proxy (and not EXECUTION) the
    /// kind can't be changed here.
    struct GenesisModule {
        address proxy;
        address proxyAdmin;
        address implementation;
        bytes32 artifactHash;
        uint32 abi_;
    }

    /// @notice How long things take, in seconds.
    /// @param exitSeconds Between Queued and Canary, by risk class: everybody who disagrees leaves in this time.
    /// @param shadowSeconds Least stay in Shadow: the guardian's time to veto.
    /// @param canarySeconds Between activation and confirmation.
    /// @param finalitySeconds Between confirmation and Final.
    /// @param rollBackHoldSeconds How long withdrawals stay held after a roll-back.
    /// @param livenessGapSeconds Silence of the sequencer that is evidence.
    /// @param lapseSeconds Stay in Proposed, Voted, Shadow, or in Queued after the exit window, after which anyone may
    /// end it.
    struct Windows {
        uint64[3] exitSeconds;
        uint64 shadowSeconds;
        uint64 canarySeconds;
        uint64 finalitySeconds;
        uint64 rollBackHoldSeconds;
        uint64 livenessGapSeconds;
        uint64 lapseSeconds;
    }

    /// @notice What attesters must have run before a version can be queued: `rangeCount` ranges in a row, each of
    /// `rangeBlocks` L2 blocks and beginning at a multiple of it.
    struct ShadowRule {
        uint64 rangeBlocks;
        uint64 rangeCount;
    }

    /// @notice A version was proposed.
    event VersionProposed(
        bytes32 indexed versionId,
        ModuleKind indexed kind,
        address indexed proposer,
        bytes32 manifestHash,
        Manifest manifest
    );

    /// @notice A version came to another stage.
    event StageChanged(bytes32 indexed versionId, ModuleKind indexed kind, Stage from, Stage to);

    /// @notice The exit window began.
    event ExitWindowStarted(bytes32 indexed versionId, RiskClass riskClass, uint64 endsAt);

    /// @notice EXECUTION: this artifact rules L2 blocks with `number >= activationL2Block` and an L1 origin at or after
    /// the block of this event.
    event ExecutionActivated(
        uint256 indexed versionId,
        bytes32 indexed artifactHash,
        uint64 activationL2Block,
        bytes32 predecessorHash
    );

    /// @notice EXECUTION: the restored artifact rules L2 blocks with an L1 origin at or after the block of this event.
    event ExecutionRolledBack(uint256 indexed versionId, bytes32 indexed artifactHash, bytes32 restoredHash);

    /// @notice Other code stands behind an L1 module's proxy.
    event ModuleSwapped(bytes32 indexed versionId, ModuleKind indexed kind, address proxy, address implementation);

    /// @notice What a roll-back rests on.
    event EvidenceAccepted(bytes32 indexed versionId, EvidenceKind kind, bytes evidence);

    /// @notice The windows changed. Clocks that run keep their end.
    event WindowsUpdated(Windows windows);

    /// @notice The shadow rule changed.
    event ShadowRuleUpdated(ShadowRule shadowRule);

    /// @notice The version is not in the stage that this step needs.
    error ModuleRegistryWrongStage(bytes32 versionId, Stage expected, Stage actual);

    /// @notice The version is in a stage that can't lapse.
    error ModuleRegistryCannotLapse(bytes32 versionId, Stage actual);

    /// @notice The step's time has not come.
    error ModuleRegistryTooEarly(bytes32 versionId, uint256 readyAt, uint256 timestamp);

    /// @notice The exit window ended so long ago that whoever came since was not warned.
    error ModuleRegistryTooLate(bytes32 versionId, uint256 readyUntil, uint256 timestamp);

    /// @notice The vote was about another manifest.
    error ModuleRegistryManifestMismatch(bytes32 versionId, bytes32 expected, bytes32 actual);

    /// @notice The same account proposed the same manifest before.
    error ModuleRegistryVersionExists(bytes32 versionId);

    /// @notice The manifest's field has a value that its kind does not allow.
    error ModuleRegistryInvalidManifest(string field);

    /// @notice The kind has no L1 proxy, so nothing can be swapped.
    error ModuleRegistryNoModule(ModuleKind kind);

    /// @notice Another version rules the kind than the one that this version follows.
    error ModuleRegistryPredecessorChanged(bytes32 versionId, bytes32 expected, bytes32 actual);

    /// @notice The kernel's ABI is outside of what a version works with.
    error ModuleRegistryIncompatible(bytes32 versionId, uint32 executionAbi, uint32 abiMin, uint32 abiMax);

    /// @notice No quorum of attesters agrees on a range.
    error ModuleRegistryNotAttested(bytes32 versionId, uint64 fromL2Block);

    /// @notice Shadow saw differences which the manifest does not declare.
    error ModuleRegistryUndeclaredDifference(
        bytes32 versionId,
        uint64 fromL2Block,
        bytes32 declaredHash,
        bytes32 actualHash
    );

    /// @notice What the attesters saw of this range is declared, or no difference at all.
    error ModuleRegistryNoUndeclaredDifference(bytes32 versionId, uint64 fromL2Block);

    /// @notice The evidence does not show what its kind asks for.
    error ModuleRegistryInsufficientEvidence(bytes32 versionId, EvidenceKind kind);

    /// @notice The module fails its `healthCheck()`: it can't be confirmed, but rolled back.
    error ModuleRegistryUnhealthy(bytes32 versionId);

    /// @notice Only the guardian may veto.
    error ModuleRegistryUnauthorized(address caller, address guardian);

    /// @notice The registry has its genesis versions.
    error ModuleRegistryAlreadyStarted();

    /// @notice A window or rule has a value that can't be.
    error ModuleRegistryInvalidConfiguration(string field);

    /// @notice Proposes a version. It belongs to the caller: who copies it makes another.
    /// @dev Anyone. Nothing follows from it without a vote.
    /// @return versionId keccak256(abi.encode(caller, keccak256(abi.encode(manifest)))).
    function propose(Manifest calldata manifest) external returns (bytes32 versionId);

    /// @notice Proposed → Voted.
    /// @dev Only the owner, which is the timelock: the vote names the hash of what it is about.
    function ratify(bytes32 versionId, bytes32 manifestHash) external;

    /// @notice Voted → Shadow: attesters run the candidate from now on.
    /// @dev Anyone.
    function beginShadow(bytes32 versionId) external;

    /// @notice Shadow → Rejected.
    /// @dev Only SystemConfig's guardian, only in Shadow. It can't be undone: the version has to be proposed again.
    function veto(bytes32 versionId) external;

    /// @notice Shadow, Queued → Rejected: a quorum of attesters agrees on the range from `fromL2Block` on, and saw a
    /// difference that is not declared. Ranges without one, before or after, do not make up for it.
    /// @dev Anyone. EXECUTION only, for others have no statements.
    function refuse(bytes32 versionId, uint64 fromL2Block) external;

    /// @notice Shadow → Queued: begins the exit window.
    /// @dev Anyone, `shadowSeconds` after Shadow began. EXECUTION: when a quorum of attesters agrees on each of the
    /// shadow rule's ranges from `fromL2Block` on, and saw no difference or exactly the declared ones.
    function queue(bytes32 versionId, uint64 fromL2Block) external;

    /// @notice Queued → Canary: the version rules. EXECUTION: emits `ExecutionActivated`. L1 modules: swaps the proxy's
    /// code, runs the migration and `selfTest()`; if any of it fails nothing changes.
    /// @dev Anyone, when the exit window is over and for `lapseSeconds`, while the predecessor rules and is no canary
    /// itself. EXECUTION: not while withdrawals are held.
    function activate(bytes32 versionId) external;

    /// @notice Canary → Active. Withdrawals are no longer held.
    /// @dev Anyone, when the canary period is over and the L1 module, if it is one, is healthy.
    function confirm(bytes32 versionId) external;

    /// @notice Active → Final.
    /// @dev Anyone, `finalitySeconds` after the confirmation.
    function finalizeVersion(bytes32 versionId) external;

    /// @notice Canary → RolledBack: the predecessor rules again.
    /// @dev Anyone who has evidence, until the version is confirmed.
    function rollBack(bytes32 versionId, EvidenceKind kind, bytes calldata evidence) external;

    /// @notice Proposed, Voted, Shadow, Queued → Rejected.
    /// @dev Anyone, when the version stayed too long, or follows one that can't rule again.
    function lapse(bytes32 versionId) external;

    /// @notice Changes how long things take. Clocks that run keep their end.
    /// @dev Only the owner, which is the timelock; of the governance class, whose delay is as long as any exit window.
    function setWindows(Windows calldata newWindows) external;

    /// @notice Changes what shadow asks for.
    /// @dev Only the owner, which is the timelock.
    function setShadowRule(ShadowRule calldata newRule) external;

    /// @notice A version; all zero if there is none.
    function versionOf(bytes32 versionId) external view returns (ModuleVersion memory);

    /// @notice The call that goes with a version's swap.
    function migrationOf(bytes32 versionId) external view returns (bytes memory);

    /// @notice The version that rules a kind, canary or not.
    function activeVersion(ModuleKind kind) external view returns (bytes32 versionId);

    /// @notice The proxy of a kind's L1 module and the proxy's admin; zeros if there is none.
    function moduleOf(ModuleKind kind) external view returns (address proxy, address proxyAdmin);

    /// @notice How many versions were ever proposed, genesis included.
    function versionCount() external view returns (uint256);

    /// @notice The version at a position, in the order of proposal; genesis first.
    function versionAt(uint256 index) external view returns (bytes32 versionId);

    /// @notice The exit window's clock: when it began and ends, and how many seconds are left; zeros before Queued.
    function exitClock(
        bytes32 versionId
    ) external view returns (uint64 startedAt, uint64 endsAt, uint64 remainingSeconds);

    /// @notice First L2 block whose withdrawals are held now; the largest number if none is.
    function withdrawalsHeldFrom() external view returns (uint64 l2Block);

    /// @notice Whether a withdrawal that was proven against a claim about `l2Block`, made at `claimedAt`, is held now.
    /// Claims that were made before the canary began never are.
    function isWithdrawalHeld(uint256 l2Block, uint64 claimedAt) external view returns (bool);

    /// @notice How long things take.
    function windows() external view returns (Windows memory);

    /// @notice What shadow asks for.
    function shadowRule() external view returns (ShadowRule memory);

    /// @notice What puts code behind the modules' proxies.
    function executor() external view returns (address);

    /// @notice Whose guardian may veto.
    function systemConfig() external view returns (address);

    /// @notice Whose claims can be evidence.
    function anchorStateRegistry() external view returns (address);

    /// @notice Whose sequencer's silence can be evidence.
    function inbox() external view returns (address);

    /// @notice keccak256(abi.encode(neighbours, genesisModules)) of `start`; zero before.
    function startHash() external view returns (bytes32);

    /// @notice Who attests.
    function attesterSet() external view returns (address);

    /// @notice The risk class of a kind's versions: the escrow's judge counts as governance.
    function riskClassOf(ModuleKind kind) external pure returns (RiskClass);
}
