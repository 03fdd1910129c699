// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Who gets what L2 earns
/// @notice L2's fee vaults pay here. What comes in is divided by the shares that the timelock sets, and waits until
/// somebody calls for it: a recipient that refuses its part keeps nobody else from theirs.
interface IFeeSplitter {
    /// @param recipient Account that is paid, on L1
    /// @param basisPoints Of what comes in; all shares together make 10,000
    struct Share {
        address payable recipient;
        uint16 basisPoints;
    }

    /// @notice ETH came in; it is divided with the next call of `distribute`.
    event Received(address indexed from, uint256 amount);

    /// @notice This much was divided by the shares that hold now.
    event Distributed(uint256 amount);

    /// @notice A recipient was paid.
    event Paid(address indexed recipient, uint256 amount);

    /// @notice From now on these hold.
    event SharesSet(Share[] shares);

    /// @notice There are none, or too many.
    error FeeSplitterInvalidShareCount(uint256 count, uint256 countMax);

    /// @notice A share is of nobody, of this contract, or of nothing.
    error FeeSplitterInvalidShare(address recipient, uint16 basisPoints);

    /// @notice The shares do not make a whole.
    error FeeSplitterInvalidSum(uint256 basisPoints, uint256 expected);

    /// @notice Nothing waits for this account.
    error FeeSplitterNothingDue(address recipient);

    /// @notice The recipient did not take its ETH.
    error FeeSplitterTransferFailed(address recipient, uint256 amount);

    /// @notice Divides what came in since the last time; the last recipient also gets what does not divide evenly.
    /// @dev Anyone, at any time. Sends nothing.
    function distribute() external;

    /// @notice Divides what came in and pays a recipient all that is due to it.
    /// @dev Anyone, for any recipient, at any time.
    function withdraw(address payable recipient) external;

    /// @notice Replaces all shares. What came in before is divided by the old ones; what is due stays due.
    /// @dev Only the owner, which is the timelock.
    /// @param newShares At most `SHARE_COUNT_MAX`
    function setShares(Share[] calldata newShares) external;

    /// @notice The shares, in order.
    function shares() external view returns (Share[] memory);

    /// @notice Wei that `withdraw` would pay this account now.
    function dueWei(address recipient) external view returns (uint256);

    /// @notice Wei divided and not yet paid. Never above the balance.
    function totalCreditedWei() external view returns (uint256);

    /// @notice Most shares there can be.
    // solhint-disable-next-line func-name-mixedcase
    function SHARE_COUNT_MAX() external view returns (uint256);
}
