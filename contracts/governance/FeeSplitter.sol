// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IFeeSplitter} from "../interfaces/IFeeSplitter.sol";

/// @title FeeSplitter
/// @notice See {IFeeSplitter}.
contract FeeSplitter is IFeeSplitter, Ownable2StepUpgradeable {
    /// @inheritdoc IFeeSplitter
    uint256 public constant SHARE_COUNT_MAX = 16;

    uint256 private constant BASIS_POINTS = 10_000;

    // Storage: append only (docs/adr/0101-contract-storage-and-upgrades.md).

    Share[] private _shares;

    /// @inheritdoc IFeeSplitter
    uint256 public totalCreditedWei;

    mapping(address recipient => uint256 creditWei) private _creditWei;

    constructor() {
        _disableInitializers();
    }

    /// @notice Takes ETH from anyone: the vaults' withdrawals come from the portal.
    receive() external payable {
        emit Received(msg.sender, msg.value);
    }

    /// @notice Sets the owner (the timelock) and the first shares.
    /// @dev Anyone, once: the proxy's constructor calls it.
    function initialize(address initialOwner, Share[] calldata initialShares) external initializer {
        __Ownable_init(initialOwner);
        _setShares(initialShares);
    }

    /// @inheritdoc IFeeSplitter
    function withdraw(address payable recipient) external {
        distribute();
        uint256 amount = _creditWei[recipient];
        if (amount == 0) revert FeeSplitterNothingDue(recipient);
        _creditWei[recipient] = 0;
        totalCreditedWei -= amount;
        emit Paid(recipient, amount);
        (bool success, ) = recipient.call{value: amount}("");
        if (!success) revert FeeSplitterTransferFailed(recipient, amount);
    }

    /// @inheritdoc IFeeSplitter
    function setShares(Share[] calldata newShares) external onlyOwner {
        distribute();
        _setShares(newShares);
    }

    /// @inheritdoc IFeeSplitter
    function shares() external view returns (Share[] memory) {
        return _shares;
    }

    /// @inheritdoc IFeeSplitter
    function dueWei(address recipient) external view returns (uint256 due) {
        due = _creditWei[recipient];
        uint256 amount = address(this).balance - totalCreditedWei;
        uint256 left = amount;
        uint256 count = _shares.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = _partOf(amount, left, i, count);
            left -= part;
            if (_shares[i].recipient == recipient) due += part;
        }
    }

    /// @inheritdoc IFeeSplitter
    function distribute() public {
        uint256 amount = address(this).balance - totalCreditedWei;
        if (amount == 0) return;
        totalCreditedWei += amount;
        uint256 left = amount;
        uint256 count = _shares.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 part = _partOf(amount, left, i, count);
            left -= part;
            _creditWei[_shares[i].recipient] += part;
        }
        emit Distributed(amount);
    }

    function _setShares(Share[] calldata newShares) private {
        uint256 count = newShares.length;
        if (count == 0 || count > SHARE_COUNT_MAX) revert FeeSplitterInvalidShareCount(count, SHARE_COUNT_MAX);
        uint256 sum = 0;
        delete _shares;
        for (uint256 i = 0; i < count; ++i) {
            Share calldata share = newShares[i];
            if (share.recipient == address(0) || share.recipient == address(this) || share.basisPoints == 0) {
                revert FeeSplitterInvalidShare(share.recipient, share.basisPoints);
            }
            sum += share.basisPoints;
            _shares.push(share);
        }
        if (sum != BASIS_POINTS) revert FeeSplitterInvalidSum(sum, BASIS_POINTS);
        emit SharesSet(newShares);
    }

    /// @dev Of `amount`, by share `index`; the last one takes all that is left.
    function _partOf(uint256 amount, uint256 left, uint256 index, uint256 count) private view returns (uint256) {
        return index + 1 == count ? left : (amount * _shares[index].basisPoints) / BASIS_POINTS;
    }
}
