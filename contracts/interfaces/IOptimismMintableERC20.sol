// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title The twin of a token on the other chain
/// @notice OP Stack's interface: what the bridge knows a twin by.
interface IOptimismMintableERC20 is IERC165 {
    /// @notice Makes tokens.
    /// @dev Only the bridge.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys tokens.
    /// @dev Only the bridge.
    function burn(address from, uint256 amount) external;

    /// @notice The token that this one stands for.
    function remoteToken() external view returns (address);

    /// @notice The bridge that mints and burns.
    function bridge() external view returns (address);
}
