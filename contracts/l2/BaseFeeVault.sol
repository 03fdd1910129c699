// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title BaseFeeVault
/// @notice Where L2's base fees gather. At 0x4200000000000000000000000000000000000019.
// solhint-disable-next-line no-empty-blocks
contract BaseFeeVault is FeeVault {}
