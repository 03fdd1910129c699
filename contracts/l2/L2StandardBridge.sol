// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {StandardBridge} from "../bridge/StandardBridge.sol";
import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title L2StandardBridge
/// @notice The bridge's L2 side, with OP Stack's older names for withdrawing.
/// @dev At 0x4200000000000000000000000000000000000010.
contract L2StandardBridge is StandardBridge {
    /// @dev What stands for ETH where a token is asked for.
    address private constant LEGACY_ETH = 0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000;

    /// @dev Slot 50, written by the genesis state (src/chain/predeploys/predeploys.ts) and by nothing else.
    address private _l1Bridge;

    /// @notice `bridgeERC20` of a twin, or `bridgeETH` for 0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000.
    function withdraw(
        address l2Token,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external payable onlyOwnAddress {
        _withdraw(l2Token, msg.sender, amount, minGasLimit, extraData);
    }

    /// @notice `bridgeERC20To` of a twin, or `bridgeETHTo` for 0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000.
    function withdrawTo(
        address l2Token,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external payable {
        _withdraw(l2Token, to, amount, minGasLimit, extraData);
    }

    /// @inheritdoc StandardBridge
    function otherBridge() public view override returns (address) {
        return _l1Bridge;
    }

    /// @inheritdoc StandardBridge
    function messenger() public pure override returns (address) {
        return Predeploys.L2_CROSS_DOMAIN_MESSENGER;
    }

    function _withdraw(
        address l2Token,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) private {
        uint256 expectedWei = l2Token == LEGACY_ETH ? amount : 0;
        if (msg.value != expectedWei) revert StandardBridgeWrongValue(msg.value, expectedWei);
        if (l2Token == LEGACY_ETH) {
            _bridgeETH(to, minGasLimit, extraData);
        } else {
            address l1Token = IOptimismMintableERC20(l2Token).remoteToken();
            _bridgeERC20(l2Token, l1Token, to, amount, minGasLimit, extraData);
        }
    }
}
