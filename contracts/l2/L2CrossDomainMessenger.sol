// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {CrossDomainMessenger} from "../bridge/CrossDomainMessenger.sol";
import {IL2ToL1MessagePasser} from "../interfaces/IL2ToL1MessagePasser.sol";
import {AddressAlias} from "../libraries/AddressAlias.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L2CrossDomainMessenger
/// @notice The messengers' L2 side: sends by withdrawal, receives by deposit.
/// @dev At 0x4200000000000000000000000000000000000007.
contract L2CrossDomainMessenger is CrossDomainMessenger {
    /// @dev Slot 50, written by the genesis state (src/chain/predeploys/predeploys.ts) and by nothing else.
    address private _l1Messenger;

    /// @inheritdoc CrossDomainMessenger
    function otherMessenger() public view override returns (address) {
        return _l1Messenger;
    }

    /// @inheritdoc CrossDomainMessenger
    function paused() public pure override returns (bool) {
        return false;
    }

    function _send(uint64 gasLimit, uint256 value, bytes memory relay) internal override {
        IL2ToL1MessagePasser(Predeploys.L2_TO_L1_MESSAGE_PASSER).initiateWithdrawal{value: value}(
            _l1Messenger,
            gasLimit,
            relay
        );
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return _l1Messenger != address(0) && AddressAlias.undoAlias(msg.sender) == _l1Messenger;
    }

    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == Predeploys.L2_TO_L1_MESSAGE_PASSER;
    }
}
