// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IOutputClaimGame} from "../interfaces/IOutputClaimGame.sol";

/// @title A claimant that asks for its bond again while it is being paid
/// @notice For tests only, never deployed with the system.
contract ReentrantClaimant {
    IOutputClaimGame public game;
    uint256 public reentries;

    /// @dev Called with the bond: tries to get it a second time, and takes the payment if that fails.
    receive() external payable {
        try game.claimCredit(address(this)) {
            ++reentries;
        } catch {
            return;
        }
    }

    function claim(IDisputeGameFactory factory, bytes32 rootClaim, bytes calldata extraData) external payable {
        game = IOutputClaimGame(factory.create{value: msg.value}(1000, rootClaim, extraData));
    }
}
