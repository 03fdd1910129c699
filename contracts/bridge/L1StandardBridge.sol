// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {StandardBridge} from "./StandardBridge.sol";

/// @title L1StandardBridge
/// @notice The bridge's L1 side, with OP Stack's older names for depositing.
contract L1StandardBridge is StandardBridge, Initializable {
    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    address private _messenger;

    constructor() {
        _disableInitializers();
    }

    /// @notice Sets the messenger.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(address initialMessenger) external initializer {
        _messenger = initialMessenger;
    }

    /// @notice `bridgeETH`.
    function depositETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyOwnAddress {
        _bridgeETH(msg.sender, minGasLimit, extraData);
    }

    /// @notice `bridgeETHTo`.
    function depositETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        _bridgeETH(to, minGasLimit, extraData);
    }

    /// @notice `bridgeERC20`.
    function depositERC20(
        address l1Token,
        address l2Token,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyOwnAddress {
        _bridgeERC20(l1Token, l2Token, msg.sender, amount, minGasLimit, extraData);
    }

    /// @notice `bridgeERC20To`.
    function depositERC20To(
        address l1Token,
        address l2Token,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        _bridgeERC20(l1Token, l2Token, to, amount, minGasLimit, extraData);
    }

    /// @inheritdoc StandardBridge
    function messenger() public view override returns (address) {
        return _messenger;
    }

    /// @inheritdoc StandardBridge
    function otherBridge() public pure override returns (address) {
        return Predeploys.L2_STANDARD_BRIDGE;
    }
}
