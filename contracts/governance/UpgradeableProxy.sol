// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";

/// @title The proxy in front of every upgradeable L1 contract
/// @notice OpenZeppelin's transparent proxy under a name of ours, so that its artifact is built with the rest. Its
/// constructor makes a ProxyAdmin owned by `timelock`: only what the timelock executes can change the code.
/// @dev Has no function of its own, on purpose: it would hide the implementation's.
contract UpgradeableProxy is TransparentUpgradeableProxy {
    /// @param implementation First code.
    /// @param timelock Owner of the ProxyAdmin that is made here.
    /// @param initializeCall Calldata that initializes the proxy at once, so that nobody can do it first.
    constructor(
        address implementation,
        address timelock,
        bytes memory initializeCall
    ) TransparentUpgradeableProxy(implementation, timelock, initializeCall) {}
}
