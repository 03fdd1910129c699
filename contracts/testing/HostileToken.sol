// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IStandardBridge} from "../interfaces/IStandardBridge.sol";

/// @title A token that misbehaves as it is told
/// @notice For tests only, never deployed with the system.
contract HostileToken is ERC20 {
    /// @notice What it does when it is transferred.
    enum Mode {
        HONEST,
        TAKE_FEE,
        REENTER,
        REFUSE
    }

    Mode public mode;
    bool public isTwin;
    address public remoteToken;

    error HostileTokenRefused();

    constructor() ERC20("Hostile", "BAD") {
        _mint(msg.sender, 1_000_000);
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    /// @notice Says it is a twin of `newRemoteToken`, whose burning does nothing.
    function pretendToBeTwinOf(address newRemoteToken) external {
        isTwin = true;
        remoteToken = newRemoteToken;
    }

    function mint(address to, uint256 amount) external {
        emit Transfer(address(0), to, amount);
    }

    function burn(address from, uint256 amount) external {
        emit Transfer(from, address(0), amount);
    }

    function supportsInterface(bytes4 interfaceId) external view returns (bool) {
        return isTwin && interfaceId != 0xffffffff;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (mode == Mode.REFUSE) revert HostileTokenRefused();
        if (mode == Mode.REENTER) {
            mode = Mode.HONEST;
            IStandardBridge(msg.sender).bridgeERC20To(address(this), address(this), from, 1, 0, "");
        }
        super._update(from, to, value);
        if (mode == Mode.TAKE_FEE && value > 0) super._update(to, address(0xfee), 1);
    }
}
