// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Where a kind of L2 fee gathers until it is paid out
/// @notice OP Stack's interface. Recipient, least amount and network are set by the genesis state and have no setter.
interface IFeeVault {
    /// @notice Where the recipient is. OP Stack's numbers.
    enum WithdrawalNetwork {
        L1,
        L2
    }

    /// @notice Fees were paid out.
    event Withdrawal(uint256 value, address to, address from, WithdrawalNetwork withdrawalNetwork);

    /// @notice Too little has gathered.
    error FeeVaultBelowMinimum(uint256 balanceWei, uint256 minimumWei);

    /// @notice The genesis state names no recipient.
    error FeeVaultNoRecipient();

    /// @notice The recipient refused the payment.
    error FeeVaultTransferFailed(address recipient, uint256 amountWei);

    /// @notice Pays all that has gathered to the recipient, by an L2 call or a withdrawal to L1.
    /// @dev Anyone, once `MIN_WITHDRAWAL_AMOUNT` has gathered.
    function withdraw() external;

    /// @notice Who gets the fees.
    // solhint-disable-next-line func-name-mixedcase
    function RECIPIENT() external view returns (address);

    /// @notice Least amount that is paid out, in wei.
    // solhint-disable-next-line func-name-mixedcase
    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256);

    /// @notice Where the recipient is.
    // solhint-disable-next-line func-name-mixedcase
    function WITHDRAWAL_NETWORK() external view returns (WithdrawalNetwork);

    /// @notice All that was ever paid out, in wei.
    function totalProcessed() external view returns (uint256);
}
