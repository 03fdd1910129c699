// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IResourceMetering} from "../interfaces/IResourceMetering.sol";

/// @title ResourceMetering
/// @notice See {IResourceMetering}.
/// @dev Per L1 block: target = limit / ELASTICITY. The base fee grows by at most 1/DENOMINATOR of itself for each
/// ELASTICITY - 1 targets bought above the target, and decays by 1/DENOMINATOR for every empty block.
abstract contract ResourceMetering is IResourceMetering, Initializable {
    struct ResourceParams {
        uint128 prevBaseFee;
        uint64 prevBoughtGas;
        uint64 prevBlockNum;
    }

    /// @notice limit ÷ target.
    uint256 internal constant ELASTICITY_MULTIPLIER = 10;

    /// @notice Bounds how fast the base fee moves.
    uint256 internal constant BASE_FEE_MAX_CHANGE_DENOMINATOR = 8;

    /// @notice Least base fee of L2 gas, in wei; also the least L1 gas price assumed when it is turned into L1 gas.
    uint256 internal constant BASE_FEE_MIN_WEI = 1 gwei;

    /// @notice Greatest base fee of L2 gas, in wei.
    uint256 internal constant BASE_FEE_MAX_WEI = type(uint128).max;

    /// @dev Empty blocks after which any base fee has surely decayed to the least one: (7/8)^512 < 2^-98.
    uint256 private constant DECAY_BLOCKS_MAX = 512;

    /// @inheritdoc IResourceMetering
    ResourceParams public params;

    /// @dev Room for this base contract to grow without moving the storage of those that inherit it.
    uint256[49] private __gap;

    /// @dev Charges for `gasLimit` of L2 gas, then runs the function, then burns what its own L1 gas did not cover.
    modifier metered(uint64 gasLimit) {
        uint256 initialGas = gasleft();
        _;
        _meter(gasLimit, initialGas);
    }

    // solhint-disable-next-line func-name-mixedcase
    function __ResourceMetering_init() internal onlyInitializing {
        params = ResourceParams({
            prevBaseFee: uint128(BASE_FEE_MIN_WEI),
            prevBoughtGas: 0,
            prevBlockNum: uint64(block.number)
        });
    }

    /// @dev L2 gas that may be bought in one L1 block.
    function _resourceLimit() internal view virtual returns (uint64);

    function _meter(uint64 gasLimit, uint256 initialGas) private {
        ResourceParams memory market = params;
        uint256 limit = _resourceLimit();
        if (market.prevBlockNum != block.number) {
            market.prevBaseFee = uint128(_nextBaseFee(market, limit));
            market.prevBoughtGas = 0;
            market.prevBlockNum = uint64(block.number);
        }
        uint256 boughtGas = uint256(market.prevBoughtGas) + gasLimit;
        if (boughtGas > limit) revert ResourceMeteringLimitExceeded(boughtGas, limit);
        market.prevBoughtGas = uint64(boughtGas);
        params = market;

        // The L2 gas has a price in ETH, which is paid in L1 gas at this block's price.
        uint256 costWei = uint256(gasLimit) * market.prevBaseFee;
        uint256 costGas = costWei / Math.max(block.basefee, BASE_FEE_MIN_WEI);
        // Nothing else to do but to use gas up.
        // solhint-disable-next-line no-empty-blocks
        while (initialGas - gasleft() < costGas) {}
    }

    function _nextBaseFee(ResourceParams memory market, uint256 limit) private view returns (uint256 baseFee) {
        uint256 target = limit / ELASTICITY_MULTIPLIER;
        baseFee = market.prevBaseFee;
        uint256 bought = market.prevBoughtGas;
        if (bought >= target) {
            baseFee += Math.mulDiv(baseFee, bought - target, target * BASE_FEE_MAX_CHANGE_DENOMINATOR);
        } else {
            baseFee -= Math.mulDiv(baseFee, target - bought, target * BASE_FEE_MAX_CHANGE_DENOMINATOR);
        }
        // Blocks since without any deposit lower it further, each by 1/DENOMINATOR.
        uint256 emptyBlocks = Math.min(block.number - market.prevBlockNum - 1, DECAY_BLOCKS_MAX);
        for (uint256 i = 0; i < emptyBlocks && baseFee > BASE_FEE_MIN_WEI; ++i) {
            baseFee -= baseFee / BASE_FEE_MAX_CHANGE_DENOMINATOR;
        }
        baseFee = Math.min(Math.max(baseFee, BASE_FEE_MIN_WEI), BASE_FEE_MAX_WEI);
    }
}
