// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Predeploys} from "../libraries/Predeploys.sol";
import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";

/// @title OptimismMintableERC20Factory
/// @notice Makes twins of L1 tokens. OP Stack's interface.
/// @dev At 0x4200000000000000000000000000000000000012.
contract OptimismMintableERC20Factory {
    uint8 private constant DEFAULT_DECIMALS = 18;

    /// @notice L1 token of each twin made here; zero for what was not.
    mapping(address localToken => address remoteToken) public deployments;

    /// @notice A twin was made; OP Stack's older event.
    event StandardL2TokenCreated(address indexed remoteToken, address indexed localToken);

    /// @notice A twin was made.
    event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);

    /// @notice A twin stands for no token.
    error FactoryNoRemoteToken();

    /// @notice Makes a twin with 18 decimals.
    /// @dev Anyone. Fails if the same was made before.
    function createOptimismMintableERC20(
        address remoteToken,
        string calldata name,
        string calldata symbol
    ) external returns (address) {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, DEFAULT_DECIMALS);
    }

    /// @notice OP Stack's older name of `createOptimismMintableERC20`.
    function createStandardL2Token(
        address remoteToken,
        string calldata name,
        string calldata symbol
    ) external returns (address) {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, DEFAULT_DECIMALS);
    }

    /// @notice The bridge that mints and burns.
    function bridge() external pure returns (address) {
        return Predeploys.L2_STANDARD_BRIDGE;
    }

    /// @notice Makes a twin. Its address follows from the arguments.
    /// @dev Anyone. Fails if the same was made before.
    function createOptimismMintableERC20WithDecimals(
        address remoteToken,
        string calldata name,
        string calldata symbol,
        uint8 decimals
    ) public returns (address localToken) {
        if (remoteToken == address(0)) revert FactoryNoRemoteToken();
        bytes32 salt = keccak256(abi.encode(remoteToken, name, symbol, decimals));
        localToken = address(
            new OptimismMintableERC20{salt: salt}(Predeploys.L2_STANDARD_BRIDGE, remoteToken, name, symbol, decimals)
        );
        deployments[localToken] = remoteToken;
        emit StandardL2TokenCreated(remoteToken, localToken);
        emit OptimismMintableERC20Created(localToken, remoteToken, msg.sender);
    }
}
