// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {GovernanceToken} from "../governance/GovernanceToken.sol";
import {TributaryGovernor} from "../governance/TributaryGovernor.sol";

/// @title Borrows tokens, votes or proposes, and gives them back in one transaction
/// @notice For tests only: the lender is whoever approved it.
contract FlashVoter {
    GovernanceToken private immutable _token;
    TributaryGovernor private immutable _governor;

    constructor(GovernanceToken token, TributaryGovernor governor) {
        _token = token;
        _governor = governor;
        token.delegate(address(this));
    }

    function vote(address lender, uint256 proposalId) external {
        uint256 amount = _token.balanceOf(lender);
        _token.transferFrom(lender, address(this), amount);
        _governor.castVote(proposalId, 1);
        _token.transfer(lender, amount);
    }

    function propose(address lender, address target, bytes calldata data) external {
        uint256 amount = _token.balanceOf(lender);
        _token.transferFrom(lender, address(this), amount);
        address[] memory targets = new address[](1);
        targets[0] = target;
        bytes[] memory payloads = new bytes[](1);
        payloads[0] = data;
        _governor.propose(targets, new uint256[](1), payloads, "borrowed");
        _token.transfer(lender, amount);
    }
}
