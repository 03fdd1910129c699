// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IAnchorStateRegistry} from "../interfaces/IAnchorStateRegistry.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ModuleCall} from "./ModuleCall.sol";

/// @title What a roll-back can rest on, as far as other contracts know it
library RollBackEvidence {
    /// @dev Two storage reads behind a proxy.
    uint256 private constant INBOX_GAS = 100_000;

    /// @notice Whether the sequencer was silent for `gapSeconds` of the canary. An inbox that does not answer is no
    /// evidence: its own kind of module has the health check for that.
    function isSilent(address inbox, uint64 activatedAt, uint64 gapSeconds) internal view returns (bool) {
        (bool success, uint256 postedAt) = ModuleCall.ask(
            inbox,
            abi.encodeCall(IInbox.sequencerPostedAt, ()),
            INBOX_GAS
        );
        if (!success) return false;
        uint256 since = postedAt > activatedAt ? postedAt : activatedAt;
        return block.timestamp > since && block.timestamp - since > gapSeconds;
    }

    /// @notice Whether two games that began in the canary won two different roots for one of its blocks. One lost game
    /// shows nothing: anyone can make a wrong claim.
    /// @param evidence abi.encode(uint256 firstGameIndex, uint256 secondGameIndex).
    function isContradiction(
        IAnchorStateRegistry anchors,
        uint64 activatedAt,
        uint64 fromL2Block,
        bytes calldata evidence
    ) internal view returns (bool) {
        (uint256 firstIndex, uint256 secondIndex) = abi.decode(evidence, (uint256, uint256));
        IDisputeGameFactory factory = IDisputeGameFactory(anchors.disputeGameFactory());
        (, , address first) = factory.gameAtIndex(firstIndex);
        (, , address second) = factory.gameAtIndex(secondIndex);
        uint256 l2Block = IDisputeGame(first).l2SequenceNumber();
        return
            _won(anchors, first, activatedAt) &&
            _won(anchors, second, activatedAt) &&
            l2Block >= fromL2Block &&
            l2Block == IDisputeGame(second).l2SequenceNumber() &&
            IDisputeGame(first).rootClaim() != IDisputeGame(second).rootClaim();
    }

    function _won(IAnchorStateRegistry anchors, address game, uint64 activatedAt) private view returns (bool) {
        return
            anchors.isGameProper(game) &&
            anchors.isGameRespected(game) &&
            IDisputeGame(game).createdAt() >= activatedAt &&
            IDisputeGame(game).status() == IDisputeGame.GameStatus.DEFENDER_WINS;
    }
}
