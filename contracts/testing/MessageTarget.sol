// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ICrossDomainMessenger} from "../interfaces/ICrossDomainMessenger.sol";

/// @title A target of cross-domain messages that fails or calls back as it is told
/// @notice For tests only, never deployed with the system.
contract MessageTarget {
    ICrossDomainMessenger private immutable _messenger;
    bool public refuses;
    address public senderSeen;
    uint256 public gasSeen;
    uint256 public calls;
    bytes public reentryResult;
    bytes private _reentry;

    error MessageTargetRefused();

    constructor(ICrossDomainMessenger messenger) {
        _messenger = messenger;
    }

    function prepare(bool newRefuses, bytes calldata reentry) external {
        refuses = newRefuses;
        _reentry = reentry;
    }

    function receiveMessage() external payable {
        gasSeen = gasleft();
        if (refuses) revert MessageTargetRefused();
        ++calls;
        senderSeen = _messenger.xDomainMessageSender();
        if (_reentry.length > 0) {
            // solhint-disable-next-line avoid-low-level-calls
            (, reentryResult) = address(_messenger).call(_reentry);
        }
    }
}
