// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IL2ToL1MessagePasser} from "../interfaces/IL2ToL1MessagePasser.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title FeeVault
/// @notice See {IFeeVault}.
/// @dev The genesis state writes slots 0 and 1 (src/chain/predeploys/feeVaults.ts); nothing here does.
abstract contract FeeVault is IFeeVault {
    /// @notice Least L1 gas of the call that pays a recipient on L1.
    uint256 internal constant L1_CALL_GAS_LIMIT = 400_000;

    address private _recipient; // slot 0, bytes 0 to 19 from the right

    WithdrawalNetwork private _withdrawalNetwork; // slot 0, byte 20 from the right

    uint256 private _minWithdrawalAmount; // slot 1

    /// @inheritdoc IFeeVault
    uint256 public totalProcessed; // slot 2

    /// @notice Takes ETH from anyone.
    receive() external payable {}

    /// @inheritdoc IFeeVault
    function withdraw() external {
        address recipient = _recipient;
        if (recipient == address(0)) revert FeeVaultNoRecipient();
        uint256 amount = address(this).balance;
        if (amount < _minWithdrawalAmount) revert FeeVaultBelowMinimum(amount, _minWithdrawalAmount);

        totalProcessed += amount;
        emit Withdrawal(amount, recipient, msg.sender, _withdrawalNetwork);

        if (_withdrawalNetwork == WithdrawalNetwork.L2) {
            (bool success, ) = recipient.call{value: amount}("");
            if (!success) revert FeeVaultTransferFailed(recipient, amount);
        } else {
            IL2ToL1MessagePasser(Predeploys.L2_TO_L1_MESSAGE_PASSER).initiateWithdrawal{value: amount}(
                recipient,
                L1_CALL_GAS_LIMIT,
                ""
            );
        }
    }

    /// @inheritdoc IFeeVault
    // solhint-disable-next-line func-name-mixedcase
    function RECIPIENT() external view returns (address) {
        return _recipient;
    }

    /// @inheritdoc IFeeVault
    // solhint-disable-next-line func-name-mixedcase
    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256) {
        return _minWithdrawalAmount;
    }

    /// @inheritdoc IFeeVault
    // solhint-disable-next-line func-name-mixedcase
    function WITHDRAWAL_NETWORK() external view returns (WithdrawalNetwork) {
        return _withdrawalNetwork;
    }
}
