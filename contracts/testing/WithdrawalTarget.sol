// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IWithdrawals} from "../interfaces/IWithdrawals.sol";

/// @title A withdrawal's target that misbehaves as it is told
/// @notice For tests only, never deployed with the system.
contract WithdrawalTarget {
    IWithdrawals public immutable portal;
    address public l2SenderSeen;
    uint256 public gasSeen;
    bytes public reentryResult;
    bytes private _reentry;

    error WithdrawalTargetRefused();

    constructor(IWithdrawals portal_) {
        portal = portal_;
    }

    /// @notice What to call the portal with when called back.
    function prepare(bytes calldata reentry) external {
        _reentry = reentry;
    }

    function record() external payable {
        gasSeen = gasleft();
        l2SenderSeen = portal.l2Sender();
    }

    function reenter() external payable {
        // solhint-disable-next-line avoid-low-level-calls
        (, reentryResult) = address(portal).call(_reentry);
    }

    function refuse() external payable {
        revert WithdrawalTargetRefused();
    }

    /// @notice Fails with a megabyte.
    function bomb() external payable {
        assembly {
            revert(0, 1000000)
        }
    }

    /// @notice Uses up all gas.
    function burn() external payable {
        assembly {
            invalid()
        }
    }
}
