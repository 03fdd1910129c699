// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IModule} from "../interfaces/IModule.sol";

/// @title Modules that fail in every way
/// @notice For tests only. What `selfTest` and `healthCheck` do follows from the constructor.
contract HostileModule is IModule {
    enum Behaviour {
        Honest,
        Reverting,
        BurningGas,
        WrongAnswer,
        LongAnswer,
        DirtyAnswer
    }

    Behaviour private immutable _behaviour;

    constructor(Behaviour behaviour) {
        _behaviour = behaviour;
    }

    /// @inheritdoc IModule
    function selfTest() external view returns (bytes4) {
        return bytes4(bytes32(_answer(uint256(bytes32(IModule.selfTest.selector)))));
    }

    /// @inheritdoc IModule
    function healthCheck() external view returns (bool) {
        return _answer(1) == 1;
    }

    function _answer(uint256 honest) private view returns (uint256) {
        if (_behaviour == Behaviour.Honest) return honest;
        if (_behaviour == Behaviour.WrongAnswer) return 0;
        bool isReverting = _behaviour == Behaviour.Reverting;
        uint256 size = _behaviour == Behaviour.LongAnswer ? 100_000 : 32;
        bool isBurning = _behaviour == Behaviour.BurningGas;
        assembly ("memory-safe") {
            if isBurning {
                invalid()
            }
            if isReverting {
                revert(0, 0)
            }
            mstore(0, 2)
            return(0, size)
        }
    }
}
