// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title SequencerFeeVault
/// @notice Where L2's priority fees, as the block's coinbase, gather. At 0x4200000000000000000000000000000000000011.
// solhint-disable-next-line no-empty-blocks
contract SequencerFeeVault is FeeVault {}
