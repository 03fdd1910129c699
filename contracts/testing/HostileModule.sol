// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModule} from "../interfaces/IModule.sol";

/// @title Modules that fail in every way
/// @notice For tests only. What `selfTest`, `healthCheck` and every other question do follows from the constructor.
contract HostileModule is IModule {
    enum Behaviour {
        Honest,
        Reverting,
        BurningGas,
        WrongAnswer,
        LongAnswer,
        DirtyAnswer,
        RevertingLong,
        Reentering
    }

    Behaviour private immutable _behaviour;

    error HostileModuleReentryFailed();

    /// @notice A migration was let in where it must not be.
    error HostileModuleReentered();

    constructor(Behaviour behaviour) {
        _behaviour = behaviour;
    }

    /// @notice Any other question: honest is the asker itself.
    // solhint-disable-next-line no-complex-fallback
    fallback(bytes calldata) external returns (bytes memory) {
        return abi.encode(_answer(uint160(msg.sender)));
    }

    /// @notice A migration that calls back. Unlike a question, it may change state.
    function migrate(address target, bytes calldata data) external {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, ) = target.call(data);
        if (success) revert HostileModuleReentered();
    }

    /// @inheritdoc IModule
    function selfTest() external view virtual returns (bytes4) {
        return bytes4(bytes32(_answer(uint256(bytes32(IModule.selfTest.selector)))));
    }

    /// @inheritdoc IModule
    function healthCheck() external view returns (bool) {
        return _answer(1) == 1;
    }

    function _answer(uint256 honest) private view returns (uint256) {
        if (_behaviour == Behaviour.Honest) return honest;
        if (_behaviour == Behaviour.WrongAnswer) return 0;
        if (_behaviour == Behaviour.Reentering) return _reenter();
        bool isReverting = _behaviour == Behaviour.Reverting || _behaviour == Behaviour.RevertingLong;
        bool isLong = _behaviour == Behaviour.LongAnswer || _behaviour == Behaviour.RevertingLong;
        uint256 size = isLong ? 100_000 : 32;
        bool isBurning = _behaviour == Behaviour.BurningGas;
        assembly ("memory-safe") {
            if isBurning {
                invalid()
            }
            if isReverting {
                revert(0, size)
            }
            mstore(0, not(1))
            return(0, size)
        }
    }

    /// @dev Asks the asker the same question, and answers as that did: without end, if nobody stops it.
    function _reenter() private view returns (uint256 answer) {
        (bool success, bytes memory data) = msg.sender.staticcall(msg.data);
        if (!success || data.length != 32) revert HostileModuleReentryFailed();
        answer = uint256(bytes32(data));
    }
}
