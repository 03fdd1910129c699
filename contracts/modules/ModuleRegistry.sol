// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IAttesterSet} from "../interfaces/IAttesterSet.sol";
import {IAnchorStateRegistry} from "../interfaces/IAnchorStateRegistry.sol";
import {IModuleExecutor} from "../interfaces/IModuleExecutor.sol";
import {IModuleRegistry} from "../interfaces/IModuleRegistry.sol";
import {ISystemConfig} from "../interfaces/ISystemConfig.sol";
import {RollBackEvidence} from "../libraries/RollBackEvidence.sol";

/// @title ModuleRegistry
/// @notice See {IModuleRegistry}.
contract ModuleRegistry is IModuleRegistry, Ownable2StepUpgradeable, ReentrancyGuard {
    /// @notice The contracts beside the registry.
    struct Neighbours {
        IModuleExecutor executor;
        IAttesterSet attesterSet;
        ISystemConfig systemConfig;
        IAnchorStateRegistry anchorStateRegistry;
        address inbox;
    }

    /// @dev What rules a kind, and where its proxy is.
    struct Module {
        address proxy;
        address proxyAdmin;
        bytes32 active;
        uint32 ratifiedCount;
    }

    /// @notice Most ranges that a shadow rule may ask for, so that `queue` fits a block.
    uint64 public constant SHADOW_RANGE_COUNT_MAX = 32;

    uint256 private constant KIND_COUNT = 5;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    Neighbours private _neighbours;
    Windows private _windows;
    ShadowRule private _shadowRule;
    mapping(ModuleKind kind => Module) private _modules;
    mapping(bytes32 versionId => ModuleVersion) private _versions;
    mapping(bytes32 versionId => bytes) private _migrations;
    bytes32[] private _versionIds;

    /// @dev The EXECUTION version that was activated last: the only one whose withdrawals can be held.
    bytes32 private _lastActivated;

    /// @inheritdoc IModuleRegistry
    bytes32 public startHash;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the owner (the timelock), the windows and what shadow asks for.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(
        address initialOwner,
        Windows calldata initialWindows,
        ShadowRule calldata initialShadowRule
    ) external initializer {
        __Ownable_init(initialOwner);
        _setWindows(initialWindows);
        _setShadowRule(initialShadowRule);
    }

    /// @notice Sets the contracts beside the registry and the versions that rule from genesis on.
    /// @dev Anyone, once, while the system is deployed: those contracts name the registry, so it can't name them when
    /// it is made. The deployment reads back what was set, and opens the Portal only after this.
    /// @param genesisModules By kind.
    function start(Neighbours calldata neighbours, GenesisModule[5] calldata genesisModules) external {
        if (_versionIds.length > 0) revert ModuleRegistryAlreadyStarted();
        _neighbours = neighbours;
        startHash = keccak256(abi.encode(neighbours, genesisModules));
        for (uint256 i = 0; i < KIND_COUNT; ++i) {
            _addGenesis(ModuleKind(i), genesisModules[i]);
        }
    }

    /// @inheritdoc IModuleRegistry
    function propose(Manifest calldata manifest) external returns (bytes32 versionId) {
        _checkManifest(manifest);
        bytes32 manifestHash = keccak256(abi.encode(manifest));
        versionId = keccak256(abi.encode(msg.sender, manifestHash));
        ModuleVersion storage version = _versions[versionId];
        if (version.stage != Stage.None) revert ModuleRegistryVersionExists(versionId);

        version.kind = manifest.kind;
        version.riskClass = riskClassOf(manifest.kind);
        version.abi_ = manifest.abi_;
        version.executionAbiMin = manifest.executionAbiMin;
        version.executionAbiMax = manifest.executionAbiMax;
        version.activationL2Block = manifest.activationL2Block;
        version.proposer = msg.sender;
        version.implementation = manifest.implementation;
        version.predecessor = manifest.predecessor;
        version.artifactHash = manifest.artifactHash;
        version.manifestHash = manifestHash;
        version.differencesHash = manifest.differencesHash;
        if (manifest.migration.length > 0) _migrations[versionId] = manifest.migration;
        _versionIds.push(versionId);
        emit VersionProposed(versionId, manifest.kind, msg.sender, manifestHash, manifest);
        _advance(versionId, version, Stage.Proposed);
    }

    /// @inheritdoc IModuleRegistry
    function ratify(bytes32 versionId, bytes32 manifestHash) external onlyOwner {
        ModuleVersion storage version = _inStage(versionId, Stage.Proposed);
        if (version.manifestHash != manifestHash) {
            revert ModuleRegistryManifestMismatch(versionId, version.manifestHash, manifestHash);
        }
        version.number = ++_modules[version.kind].ratifiedCount;
        _advance(versionId, version, Stage.Voted);
    }

    /// @inheritdoc IModuleRegistry
    function beginShadow(bytes32 versionId) external {
        _advance(versionId, _inStage(versionId, Stage.Voted), Stage.Shadow);
    }

    /// @inheritdoc IModuleRegistry
    function veto(bytes32 versionId) external {
        address guardian = _neighbours.systemConfig.guardian();
        if (msg.sender != guardian) revert ModuleRegistryUnauthorized(msg.sender, guardian);
        _advance(versionId, _inStage(versionId, Stage.Shadow), Stage.Rejected);
    }

    /// @inheritdoc IModuleRegistry
    function refuse(bytes32 versionId, uint64 fromL2Block) external {
        ModuleVersion storage version = _versions[versionId];
        if (version.stage != Stage.Queued) _inStage(versionId, Stage.Shadow);
        if (!_isUndeclared(_agreedOn(versionId, fromL2Block), version.differencesHash)) {
            revert ModuleRegistryNoUndeclaredDifference(versionId, fromL2Block);
        }
        _advance(versionId, version, Stage.Rejected);
    }

    /// @inheritdoc IModuleRegistry
    function queue(bytes32 versionId, uint64 fromL2Block) external {
        ModuleVersion storage version = _inStage(versionId, Stage.Shadow);
        _notBefore(versionId, version.stageSince + _windows.shadowSeconds);
        if (version.kind == ModuleKind.Execution) _checkShadow(versionId, version.differencesHash, fromL2Block);
        version.exitEndsAt = uint64(block.timestamp) + _windows.exitSeconds[uint256(version.riskClass)];
        _advance(versionId, version, Stage.Queued);
        emit ExitWindowStarted(versionId, version.riskClass, version.exitEndsAt);
    }

    /// @inheritdoc IModuleRegistry
    function activate(bytes32 versionId) external nonReentrant {
        ModuleVersion storage version = _inStage(versionId, Stage.Queued);
        _notBefore(versionId, version.exitEndsAt);
        uint256 readyUntil = version.exitEndsAt + _windows.lapseSeconds;
        if (block.timestamp > readyUntil) revert ModuleRegistryTooLate(versionId, readyUntil, block.timestamp);
        Module storage module = _modules[version.kind];
        if (version.predecessor != module.active) {
            revert ModuleRegistryPredecessorChanged(versionId, version.predecessor, module.active);
        }
        if (_versions[module.active].stage == Stage.Canary) {
            revert ModuleRegistryWrongStage(module.active, Stage.Active, Stage.Canary);
        }
        _checkCompatible(versionId, version);

        module.active = versionId;
        version.activatedAt = uint64(block.timestamp);
        version.canaryEndsAt = uint64(block.timestamp) + _windows.canarySeconds;
        _advance(versionId, version, Stage.Canary);
        if (version.kind == ModuleKind.Execution) _activateExecution(versionId, version);
        else _swap(versionId, versionId, _migrations[versionId], true);
    }

    /// @inheritdoc IModuleRegistry
    function confirm(bytes32 versionId) external {
        ModuleVersion storage version = _inStage(versionId, Stage.Canary);
        _notBefore(versionId, version.canaryEndsAt);
        if (version.kind == ModuleKind.Execution) version.holdEndsAt = uint64(block.timestamp);
        else if (!_isHealthy(version.kind)) revert ModuleRegistryUnhealthy(versionId);
        _advance(versionId, version, Stage.Active);
    }

    /// @inheritdoc IModuleRegistry
    function finalizeVersion(bytes32 versionId) external {
        ModuleVersion storage version = _inStage(versionId, Stage.Active);
        _notBefore(versionId, version.stageSince + _windows.finalitySeconds);
        _advance(versionId, version, Stage.Final);
    }

    /// @inheritdoc IModuleRegistry
    function rollBack(bytes32 versionId, EvidenceKind kind, bytes calldata evidence) external nonReentrant {
        ModuleVersion storage version = _inStage(versionId, Stage.Canary);
        if (!_isEvidence(versionId, version, kind, evidence)) {
            revert ModuleRegistryInsufficientEvidence(versionId, kind);
        }
        emit EvidenceAccepted(versionId, kind, evidence);
        bytes32 restored = version.predecessor;
        _modules[version.kind].active = restored;
        _advance(versionId, version, Stage.RolledBack);
        if (version.kind == ModuleKind.Execution) {
            version.holdEndsAt = uint64(block.timestamp) + _windows.rollBackHoldSeconds;
            emit ExecutionRolledBack(uint256(versionId), version.artifactHash, _versions[restored].artifactHash);
        } else {
            _swap(versionId, restored, "", false);
        }
    }

    /// @inheritdoc IModuleRegistry
    function lapse(bytes32 versionId) external {
        ModuleVersion storage version = _versions[versionId];
        Stage stage = version.stage;
        if (stage == Stage.None || stage > Stage.Queued) revert ModuleRegistryCannotLapse(versionId, stage);
        if (!_cannotRule(version.predecessor, version.kind)) {
            uint64 since = stage == Stage.Queued ? version.exitEndsAt : version.stageSince;
            // The second in which `activate` still works is not yet one in which this does.
            _notBefore(versionId, since + _windows.lapseSeconds + 1);
        }
        _advance(versionId, version, Stage.Rejected);
    }

    /// @inheritdoc IModuleRegistry
    function setWindows(Windows calldata newWindows) external onlyOwner {
        _setWindows(newWindows);
    }

    /// @inheritdoc IModuleRegistry
    function setShadowRule(ShadowRule calldata newRule) external onlyOwner {
        _setShadowRule(newRule);
    }

    /// @inheritdoc IModuleRegistry
    function versionOf(bytes32 versionId) external view returns (ModuleVersion memory) {
        return _versions[versionId];
    }

    /// @inheritdoc IModuleRegistry
    function migrationOf(bytes32 versionId) external view returns (bytes memory) {
        return _migrations[versionId];
    }

    /// @inheritdoc IModuleRegistry
    function activeVersion(ModuleKind kind) external view returns (bytes32) {
        return _modules[kind].active;
    }

    /// @inheritdoc IModuleRegistry
    function moduleOf(ModuleKind kind) external view returns (address proxy, address proxyAdmin) {
        return (_modules[kind].proxy, _modules[kind].proxyAdmin);
    }

    /// @inheritdoc IModuleRegistry
    function versionCount() external view returns (uint256) {
        return _versionIds.length;
    }

    /// @inheritdoc IModuleRegistry
    function versionAt(uint256 index) external view returns (bytes32) {
        return _versionIds[index];
    }

    /// @inheritdoc IModuleRegistry
    function exitClock(
        bytes32 versionId
    ) external view returns (uint64 startedAt, uint64 endsAt, uint64 remainingSeconds) {
        ModuleVersion storage version = _versions[versionId];
        if (version.stage != Stage.Queued) return (0, version.exitEndsAt, 0);
        startedAt = version.stageSince;
        endsAt = version.exitEndsAt;
        if (block.timestamp < endsAt) remainingSeconds = endsAt - uint64(block.timestamp);
    }

    /// @inheritdoc IModuleRegistry
    function isWithdrawalHeld(uint256 l2Block, uint64 claimedAt) external view returns (bool) {
        return l2Block >= withdrawalsHeldFrom() && claimedAt >= _versions[_lastActivated].activatedAt;
    }

    /// @inheritdoc IModuleRegistry
    function windows() external view returns (Windows memory) {
        return _windows;
    }

    /// @inheritdoc IModuleRegistry
    function shadowRule() external view returns (ShadowRule memory) {
        return _shadowRule;
    }

    /// @inheritdoc IModuleRegistry
    function executor() external view returns (address) {
        return address(_neighbours.executor);
    }

    /// @inheritdoc IModuleRegistry
    function systemConfig() external view returns (address) {
        return address(_neighbours.systemConfig);
    }

    /// @inheritdoc IModuleRegistry
    function anchorStateRegistry() external view returns (address) {
        return address(_neighbours.anchorStateRegistry);
    }

    /// @inheritdoc IModuleRegistry
    function inbox() external view returns (address) {
        return _neighbours.inbox;
    }

    /// @inheritdoc IModuleRegistry
    function attesterSet() external view returns (address) {
        return address(_neighbours.attesterSet);
    }

    /// @inheritdoc IModuleRegistry
    function withdrawalsHeldFrom() public view returns (uint64) {
        ModuleVersion storage version = _versions[_lastActivated];
        return block.timestamp < version.holdEndsAt ? version.activationL2Block : type(uint64).max;
    }

    /// @inheritdoc IModuleRegistry
    function riskClassOf(ModuleKind kind) public pure returns (RiskClass) {
        if (kind == ModuleKind.Settlement) return RiskClass.Governance;
        return kind == ModuleKind.Fees ? RiskClass.Parameter : RiskClass.Module;
    }

    function _activateExecution(bytes32 versionId, ModuleVersion storage version) private {
        // Two holds at a time would need two first blocks.
        _notBefore(versionId, _versions[_lastActivated].holdEndsAt);
        version.holdEndsAt = version.canaryEndsAt;
        _lastActivated = versionId;
        emit ExecutionActivated(
            uint256(versionId),
            version.artifactHash,
            version.activationL2Block,
            _versions[version.predecessor].artifactHash
        );
    }

    /// @dev Puts the code of `source` behind the proxy of the kind of `versionId`.
    function _swap(bytes32 versionId, bytes32 source, bytes memory migration, bool isTested) private {
        ModuleKind kind = _versions[versionId].kind;
        Module storage module = _modules[kind];
        address implementation = _versions[source].implementation;
        emit ModuleSwapped(source, kind, module.proxy, implementation);
        _neighbours.executor.swap(module.proxyAdmin, module.proxy, implementation, migration, isTested);
    }

    function _advance(bytes32 versionId, ModuleVersion storage version, Stage to) private {
        emit StageChanged(versionId, version.kind, version.stage, to);
        version.stage = to;
        version.stageSince = uint64(block.timestamp);
    }

    function _addGenesis(ModuleKind kind, GenesisModule calldata genesis) private {
        if (genesis.proxy == address(0) && kind != ModuleKind.Execution) return;
        bytes32 versionId = keccak256(abi.encode("genesis", kind));
        ModuleVersion storage version = _versions[versionId];
        version.kind = kind;
        version.riskClass = riskClassOf(kind);
        version.number = 1;
        version.abi_ = genesis.abi_;
        version.executionAbiMax = type(uint32).max;
        version.implementation = genesis.implementation;
        version.artifactHash = genesis.artifactHash;
        _modules[kind] = Module(genesis.proxy, genesis.proxyAdmin, versionId, 1);
        _versionIds.push(versionId);
        _advance(versionId, version, Stage.Final);
    }

    function _setWindows(Windows calldata newWindows) private {
        uint64[3] calldata exitSeconds = newWindows.exitSeconds;
        if (exitSeconds[0] > exitSeconds[1] || exitSeconds[1] > exitSeconds[2]) {
            revert ModuleRegistryInvalidConfiguration("exitSeconds");
        }
        if (newWindows.canarySeconds == 0) revert ModuleRegistryInvalidConfiguration("canarySeconds");
        if (newWindows.livenessGapSeconds == 0) revert ModuleRegistryInvalidConfiguration("livenessGapSeconds");
        if (newWindows.lapseSeconds == 0) revert ModuleRegistryInvalidConfiguration("lapseSeconds");
        _windows = newWindows;
        emit WindowsUpdated(newWindows);
    }

    function _setShadowRule(ShadowRule calldata newRule) private {
        if (newRule.rangeBlocks == 0) revert ModuleRegistryInvalidConfiguration("rangeBlocks");
        if (newRule.rangeCount == 0 || newRule.rangeCount > SHADOW_RANGE_COUNT_MAX) {
            revert ModuleRegistryInvalidConfiguration("rangeCount");
        }
        _shadowRule = newRule;
        emit ShadowRuleUpdated(newRule);
    }

    function _isEvidence(
        bytes32 versionId,
        ModuleVersion storage version,
        EvidenceKind kind,
        bytes calldata evidence
    ) private view returns (bool) {
        if (kind == EvidenceKind.AttesterFaults) {
            return _neighbours.attesterSet.agreedFault(versionId).l2BlockHash != 0;
        }
        if (kind == EvidenceKind.LivenessGap) {
            return
                RollBackEvidence.isSilent(_neighbours.inbox, version.activatedAt, _windows.livenessGapSeconds);
        }
        if (kind == EvidenceKind.FailedHealthCheck) {
            return version.kind != ModuleKind.Execution && !_isHealthy(version.kind);
        }
        return
            RollBackEvidence.isContradiction(
                _neighbours.anchorStateRegistry,
                version.activatedAt,
                version.activationL2Block,
                evidence
            );
    }

    function _isHealthy(ModuleKind kind) private view returns (bool) {
        return _neighbours.executor.isHealthy(_modules[kind].proxy);
    }

    /// @dev Whether a version can never rule (again): a version that follows it can't be activated.
    function _cannotRule(bytes32 versionId, ModuleKind kind) private view returns (bool) {
        Stage stage = _versions[versionId].stage;
        if (stage == Stage.RolledBack || stage == Stage.Rejected) return true;
        return stage >= Stage.Canary && _modules[kind].active != versionId && !_isRestorable(versionId, kind);
    }

    /// @dev Whether a roll-back of the canary would make this version rule.
    function _isRestorable(bytes32 versionId, ModuleKind kind) private view returns (bool) {
        ModuleVersion storage active = _versions[_modules[kind].active];
        return active.stage == Stage.Canary && active.predecessor == versionId;
    }

    function _checkShadow(bytes32 versionId, bytes32 declaredHash, uint64 fromL2Block) private view {
        ShadowRule memory rule = _shadowRule;
        for (uint64 i = 0; i < rule.rangeCount; ++i) {
            uint64 from = fromL2Block + i * rule.rangeBlocks;
            bytes32 seenHash = _agreedOn(versionId, from);
            if (_isUndeclared(seenHash, declaredHash)) {
                revert ModuleRegistryUndeclaredDifference(versionId, from, declaredHash, seenHash);
            }
        }
    }

    /// @dev What a quorum saw in a range.
    function _agreedOn(bytes32 versionId, uint64 fromL2Block) private view returns (bytes32 differencesHash) {
        IAttesterSet.Statement memory agreed = _neighbours.attesterSet.agreedStatement(versionId, fromL2Block);
        if (agreed.resultHash == 0) revert ModuleRegistryNotAttested(versionId, fromL2Block);
        return agreed.differencesHash;
    }

    /// @dev A new kernel must suit its predecessor and every L1 module; a new L1 module must suit the kernel.
    function _checkCompatible(bytes32 versionId, ModuleVersion storage version) private view {
        uint32 rulingAbi = _versions[_modules[ModuleKind.Execution].active].abi_;
        _checkAbi(versionId, version, rulingAbi);
        if (version.kind != ModuleKind.Execution) return;
        for (uint256 i = 1; i < KIND_COUNT; ++i) {
            bytes32 active = _modules[ModuleKind(i)].active;
            if (active != 0) _checkAbi(active, _versions[active], version.abi_);
        }
    }

    function _inStage(bytes32 versionId, Stage expected) private view returns (ModuleVersion storage version) {
        version = _versions[versionId];
        if (version.stage != expected) revert ModuleRegistryWrongStage(versionId, expected, version.stage);
    }

    function _notBefore(bytes32 versionId, uint256 readyAt) private view {
        if (block.timestamp < readyAt) revert ModuleRegistryTooEarly(versionId, readyAt, block.timestamp);
    }

    function _checkAbi(bytes32 versionId, ModuleVersion storage version, uint32 executionAbi) private view {
        if (executionAbi < version.executionAbiMin || executionAbi > version.executionAbiMax) {
            revert ModuleRegistryIncompatible(
                versionId,
                executionAbi,
                version.executionAbiMin,
                version.executionAbiMax
            );
        }
    }

    function _checkManifest(Manifest calldata manifest) private view {
        ModuleVersion storage predecessor = _versions[manifest.predecessor];
        if (predecessor.stage == Stage.None || predecessor.kind != manifest.kind) {
            if (_modules[manifest.kind].active == 0) revert ModuleRegistryNoModule(manifest.kind);
            revert ModuleRegistryInvalidManifest("predecessor");
        }
        if (manifest.executionAbiMin > manifest.executionAbiMax) {
            revert ModuleRegistryInvalidManifest("executionAbiMin");
        }
        if (manifest.kind == ModuleKind.Execution) {
            if (manifest.artifactHash == 0) revert ModuleRegistryInvalidManifest("artifactHash");
            if (manifest.implementation != address(0)) revert ModuleRegistryInvalidManifest("implementation");
            if (manifest.migration.length > 0) revert ModuleRegistryInvalidManifest("migration");
        } else {
            _checkL1Manifest(manifest);
        }
    }

    function _checkL1Manifest(Manifest calldata manifest) private view {
        if (manifest.artifactHash != 0) revert ModuleRegistryInvalidManifest("artifactHash");
        // Contracts keep their code. An account with a key can delegate to other code, again after the vote (EIP-7702):
        // then its code begins with 0xef, which no contract's does (EIP-3541).
        bytes memory code = manifest.implementation.code;
        if (code.length == 0 || code[0] == 0xef) revert ModuleRegistryInvalidManifest("implementation");
        if (manifest.activationL2Block > 0) revert ModuleRegistryInvalidManifest("activationL2Block");
    }

    function _isUndeclared(bytes32 seenHash, bytes32 declaredHash) private pure returns (bool) {
        return seenHash != 0 && seenHash != declaredHash;
    }
}
