// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title A constant-product pool of two tokens, fee 0.3 %
/// @notice For the tests and the benchmarks; no part of the rollup.
contract ExamplePool {
    using SafeERC20 for IERC20;

    IERC20 public tokenA;
    IERC20 public tokenB;
    uint128 public reserveA;
    uint128 public reserveB;

    event Swapped(address indexed trader, bool isAForB, uint256 amountIn, uint256 amountOut);

    error AmountTooLarge(uint256 amount);

    constructor(IERC20 tokenA_, IERC20 tokenB_) {
        tokenA = tokenA_;
        tokenB = tokenB_;
    }

    /// @notice Takes what the pool was sent as its reserves. Anyone may call it.
    function sync() external {
        reserveA = _fit(tokenA.balanceOf(address(this)));
        reserveB = _fit(tokenB.balanceOf(address(this)));
    }

    /// @notice Takes `amountIn` of one token from the caller, who has approved it, and gives the other.
    /// Anyone may call it.
    function swap(bool isAForB, uint256 amountIn) external returns (uint256 amountOut) {
        (uint256 reserveIn, uint256 reserveOut) = isAForB ? (reserveA, reserveB) : (reserveB, reserveA);
        uint256 amountInAfterFee = uint256(_fit(amountIn)) * 997;
        amountOut = (amountInAfterFee * reserveOut) / (reserveIn * 1000 + amountInAfterFee);
        (uint128 newIn, uint128 newOut) = (_fit(reserveIn + amountIn), _fit(reserveOut - amountOut));
        (reserveA, reserveB) = isAForB ? (newIn, newOut) : (newOut, newIn);
        emit Swapped(msg.sender, isAForB, amountIn, amountOut);
        (IERC20 tokenIn, IERC20 tokenOut) = isAForB ? (tokenA, tokenB) : (tokenB, tokenA);
        tokenIn.safeTransferFrom(msg.sender, address(this), amountIn);
        tokenOut.safeTransfer(msg.sender, amountOut);
    }

    function _fit(uint256 amount) private pure returns (uint128) {
        if (amount > type(uint128).max) revert AmountTooLarge(amount);
        return uint128(amount);
    }
}
