// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDisputeGame} from "../interfaces/IDisputeGame.sol";

/// @title A contract that says what a real game says, without the factory having made it
/// @notice For tests only, never deployed with the system.
contract ImpostorGame {
    IDisputeGame private immutable _game;

    constructor(IDisputeGame game) {
        _game = game;
    }

    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return _game.gameData();
    }
}
