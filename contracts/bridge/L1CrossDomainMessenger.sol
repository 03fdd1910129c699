// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {IWithdrawals} from "../interfaces/IWithdrawals.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {CrossDomainMessenger} from "./CrossDomainMessenger.sol";

/// @title L1CrossDomainMessenger
/// @notice The messengers' L1 side: sends by deposit, receives by withdrawal.
contract L1CrossDomainMessenger is CrossDomainMessenger, Initializable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    /// @notice The way in and out.
    address public portal;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the portal.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(address initialPortal) external initializer {
        portal = initialPortal;
    }

    /// @inheritdoc CrossDomainMessenger
    function paused() public view override returns (bool) {
        return IPortal(portal).paused();
    }

    /// @inheritdoc CrossDomainMessenger
    function otherMessenger() public pure override returns (address) {
        return Predeploys.L2_CROSS_DOMAIN_MESSENGER;
    }

    function _send(uint64 gasLimit, uint256 value, bytes memory relay) internal override {
        IPortal(portal).depositTransaction{value: value}(otherMessenger(), value, gasLimit, false, relay);
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return msg.sender == portal && IWithdrawals(portal).l2Sender() == otherMessenger();
    }

    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == portal;
    }
}
