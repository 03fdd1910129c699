// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";

/// @title OptimismMintableERC20
/// @notice The twin of an L1 token. Only the bridge mints and burns it.
contract OptimismMintableERC20 is ERC20Permit, IOptimismMintableERC20 {
    /// @inheritdoc IOptimismMintableERC20
    address public immutable bridge;

    /// @inheritdoc IOptimismMintableERC20
    address public immutable remoteToken;

    uint8 private immutable _decimals;

    /// @notice Tokens were made.
    event Mint(address indexed account, uint256 amount);

    /// @notice Tokens were destroyed.
    event Burn(address indexed account, uint256 amount);

    /// @notice Only the bridge may.
    error MintableTokenUnauthorized(address caller, address bridge);

    modifier onlyBridge() {
        if (msg.sender != bridge) revert MintableTokenUnauthorized(msg.sender, bridge);
        _;
    }

    /// @param bridge_ What mints and burns.
    /// @param remoteToken_ The token on the other chain.
    /// @param name_ Its name.
    /// @param symbol_ Its symbol.
    /// @param decimals_ Its decimals.
    constructor(
        address bridge_,
        address remoteToken_,
        string memory name_,
        string memory symbol_,
        uint8 decimals_
    ) ERC20(name_, symbol_) ERC20Permit(name_) {
        bridge = bridge_;
        remoteToken = remoteToken_;
        _decimals = decimals_;
    }

    /// @inheritdoc IOptimismMintableERC20
    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
        emit Mint(to, amount);
    }

    /// @inheritdoc IOptimismMintableERC20
    function burn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
        emit Burn(from, amount);
    }

    /// @notice OP Stack's older name of `remoteToken`.
    function l1Token() external view returns (address) {
        return remoteToken;
    }

    /// @notice OP Stack's older name of `bridge`.
    function l2Bridge() external view returns (address) {
        return bridge;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IOptimismMintableERC20).interfaceId;
    }

    /// @notice Decimals, as the remote token's.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
