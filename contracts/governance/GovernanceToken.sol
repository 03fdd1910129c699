// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title The token that votes
/// @notice All of it is made here, once: there is no owner, and nothing can mint. Its clock is the timestamp
/// (ERC-6372). Votes count for whom they are delegated to; those who get tokens here begin as their own delegates.
contract GovernanceToken is ERC20, ERC20Permit, ERC20Votes {
    /// @notice Who gets how much, in the token's smallest unit.
    struct Allocation {
        address account;
        uint256 amount;
    }

    /// @notice Most that can ever be made, in the smallest unit: 10^27.
    uint256 public constant SUPPLY_CAP = 1_000_000_000 ether;

    /// @param name_ Name of the token; also EIP-712's domain.
    /// @param symbol_ Symbol of the token.
    /// @param allocations The whole supply, at most SUPPLY_CAP.
    constructor(
        string memory name_,
        string memory symbol_,
        Allocation[] memory allocations
    ) ERC20(name_, symbol_) ERC20Permit(name_) {
        for (uint256 i = 0; i < allocations.length; ++i) {
            _mint(allocations[i].account, allocations[i].amount);
            _delegate(allocations[i].account, allocations[i].account);
        }
    }

    /// @notice Now, in seconds.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    /// @notice Nonce of `permit` and `delegateBySig`.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    /// @notice ERC-6372's name of the clock.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }

    function _maxSupply() internal pure override returns (uint256) {
        return SUPPLY_CAP;
    }
}
