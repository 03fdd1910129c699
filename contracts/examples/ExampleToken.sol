// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title OpenZeppelin's ERC-20 with a fixed supply
/// @notice For the walk-through, the end-to-end tests and the benchmarks; no part of the rollup.
contract ExampleToken is ERC20 {
    /// @param supply Minted to the deployer, in the smallest unit (18 decimals).
    constructor(uint256 supply) ERC20("Example", "EXA") {
        _mint(msg.sender, supply);
    }
}
