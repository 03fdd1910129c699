// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {ITransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {IModule} from "../interfaces/IModule.sol";
import {IModuleExecutor} from "../interfaces/IModuleExecutor.sol";
import {ModuleCall} from "../libraries/ModuleCall.sol";

/// @title ModuleExecutor
/// @notice See {IModuleExecutor}.
/// @dev Has no owner and no storage. Who wants another executor has to replace the registry's code, which waits in the
/// timelock as a change of governance.
contract ModuleExecutor is IModuleExecutor {
    /// @notice Gas that `selfTest()` may use.
    uint256 public constant SELF_TEST_GAS = 2_000_000;

    /// @notice Gas that `healthCheck()` may use.
    uint256 public constant HEALTH_CHECK_GAS = 500_000;

    /// @inheritdoc IModuleExecutor
    address public immutable registry;

    /// @param registry_ The registry's proxy.
    constructor(address registry_) {
        registry = registry_;
    }

    /// @inheritdoc IModuleExecutor
    function swap(
        address proxyAdmin,
        address proxy,
        address implementation,
        bytes calldata migration,
        bool isTested
    ) external {
        if (msg.sender != registry) revert ModuleExecutorUnauthorized(msg.sender, registry);
        ProxyAdmin(proxyAdmin).upgradeAndCall(ITransparentUpgradeableProxy(proxy), implementation, migration);
        if (!isTested) return;
        (bool success, uint256 answer) = ModuleCall.ask(proxy, abi.encodeCall(IModule.selfTest, ()), SELF_TEST_GAS);
        if (!success || bytes32(answer) != bytes32(IModule.selfTest.selector)) {
            revert ModuleExecutorSelfTestFailed(proxy, implementation);
        }
    }

    /// @inheritdoc IModuleExecutor
    function isHealthy(address proxy) external view returns (bool) {
        (bool success, uint256 answer) = ModuleCall.ask(
            proxy,
            abi.encodeCall(IModule.healthCheck, ()),
            HEALTH_CHECK_GAS
        );
        return success && answer == 1;
    }
}
