// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title L1FeeVault
/// @notice Where L2's L1 data fees gather. At 0x420000000000000000000000000000000000001A.
// solhint-disable-next-line no-empty-blocks
contract L1FeeVault is FeeVault {}
