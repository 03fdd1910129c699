import solc from 'solc';
import type { Abi, Hex } from 'viem';

const SOURCE = `
// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

contract Tide {
    event Risen(address indexed by, uint256 indexed mark, uint256 height);
    error TooHigh(uint256 height, uint256 max);

    uint256 public height;
    mapping(uint256 => uint256) public marks;

    function rise(uint256 by) external { height += by; emit Risen(msg.sender, height, by); }
    function riseOften(uint256 count) external { for (uint256 i = 0; i < count; i++) emit Risen(msg.sender, i, i); }
    function mark(uint256 from, uint256 to) external { for (uint256 i = from; i < to; i++) marks[i] = i + 1; }
    function clear(uint256 from, uint256 to) external { for (uint256 i = from; i < to; i++) delete marks[i]; }
    function deep(uint256 depth) external { height++; if (depth > 0) this.deep(depth - 1); }
    function failPlain() external pure { revert(); }
    function failReason() external pure { require(false, "the tide is out"); }
    function failPanic(uint256 by) external pure returns (uint256) { return by / (by - by); }
    function failCustom() external view { revert TooHigh(height, 7); }
    function failInvalid() external pure { assembly { invalid() } }
    function failForever() external { while (true) height++; }
    function who() external view returns (address, uint256, uint256) { return (msg.sender, tx.gasprice, block.number); }
    function pay() external payable {}
}`;

interface Compiled {
  abi: Abi;
  bytecode: Hex;
}

let compiled: Compiled | undefined;

/** A contract with an event, every way to fail, and gas that is hard to estimate. Compiled once. */
export function tide(): Compiled {
  compiled ??= compile();
  return compiled;
}

function compile(): Compiled {
  const input = {
    language: 'Solidity',
    sources: { 'Tide.sol': { content: SOURCE } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as {
    contracts: { 'Tide.sol': { Tide: { abi: Abi; evm: { bytecode: { object: string } } } } };
  };
  const { abi, evm } = output.contracts['Tide.sol'].Tide;
  return { abi, bytecode: `0x${evm.bytecode.object}` };
}
