// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AddressAlias} from "../libraries/AddressAlias.sol";

/// @title AddressAlias from outside
/// @notice For tests only, never deployed with the system.
contract AddressAliasHarness {
    function l2SenderOf(address l1Sender) external view returns (address) {
        return AddressAlias.l2SenderOf(l1Sender);
    }

    function applyAlias(address l1Address) external pure returns (address) {
        return AddressAlias.applyAlias(l1Address);
    }

    function undoAlias(address l2Address) external pure returns (address) {
        return AddressAlias.undoAlias(l2Address);
    }
}
