// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What puts code behind the modules' proxies
/// @notice Owns the proxy admins of the L1 modules and obeys the registry alone: there is no other way to change what
/// stands behind them.
interface IModuleExecutor {
    /// @notice Only the registry may call.
    error ModuleExecutorUnauthorized(address caller, address registry);

    /// @notice The new code's `selfTest()` did not answer as it must.
    error ModuleExecutorSelfTestFailed(address proxy, address implementation);

    /// @notice Puts `implementation` behind the proxy, runs `migration` and, if asked, `selfTest()`: all or nothing.
    /// @dev Only the registry.
    /// @param isTested False only for the return to code that ruled before.
    function swap(
        address proxyAdmin,
        address proxy,
        address implementation,
        bytes calldata migration,
        bool isTested
    ) external;

    /// @notice Whether the module answers `healthCheck()` with true, within its gas bound. Fails for too little gas
    /// instead of calling a starved module ill.
    function isHealthy(address proxy) external view returns (bool);

    /// @notice The registry, once and for all.
    function registry() external view returns (address);
}
