// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What the registry asks of an L1 module
/// @notice Code that is to stand behind a module's proxy has both functions; the first version of a module need not.
/// Both are called through the proxy, within `ModuleCall`'s gas bounds, and must not depend on the caller.
interface IModule {
    /// @notice Whether this code can work on the storage that it finds. Called in the transaction that put it behind
    /// the proxy, after its migration; anything but its own selector as the answer undoes the swap.
    /// @return magic `IModule.selfTest.selector`.
    function selfTest() external view returns (bytes4 magic);

    /// @notice Whether the module works now. During a canary anything but `true` is evidence for a roll-back.
    function healthCheck() external view returns (bool healthy);
}
