/**
 * The interpreter: one loop over predecoded operations (see predecode), for all call depths.
 *
 * What every instruction uses is in locals: `pc` (address of the operation), `sp` (address of the stack's top word; `floor`
 * where it is empty), `gasLeft`, `frame`. Instructions that charge gas of their own do so through the shared counter in
 * gas.ts. A case either continues the loop, or breaks: the frame then ends with `status`, an exceptional halt unless the
 * case says otherwise.
 */
import * as division from '../division';
import { blobhash } from '../transactionContext';
import * as u256 from '../u256';
import {
  callInstruction,
  createInstruction,
  currentFrame,
  Entered,
  leaveFrame,
  refreshCode,
  selfdestruct,
  setOutput,
} from './calls';
import { pushEnvironment } from './environment';
import {
  addressOf,
  calldatacopy,
  calldataload,
  codecopy,
  keccak,
  mcopy,
  returndatacopy,
  touch,
  touchWords,
} from './evmMemory';
import {
  F_CODE_SIZE,
  F_FLOOR,
  F_JUMPS,
  F_MEMORY,
  F_MEMORY_SIZE,
  F_PC,
  F_SP,
} from './frame';
import { charge, EXP_BYTE, gas, setGas } from './gas';
import { Op } from './opcodes';
import { OP_SIZE, PUSH_WIDE_SIZE } from './fuse';
import {
  balance,
  blockhash,
  extcodecopy,
  extcodehash,
  extcodesize,
  log,
  sload,
  sloadToAdd,
  sstore,
  tload,
  tstore,
} from './stateOps';
import { addScaled, addUnder, carryInto, rotate, swap } from './stackWords';
import { haltAt, noteBlock, noteOutOfGas } from './haltReason';
import { Status } from './status';

/** Memory offsets of more bits are left to `touch`. */
const OFFSET_FAST_BITS: u64 = 31;

/** Whether the 32 bytes at the memory offset `word` exist already. */
@inline
function isInMemory(frame: usize, word: usize): bool {
  const offset = load<u64>(word);
  const upper = load<u64>(word, 8) | load<u64>(word, 16) | load<u64>(word, 24) | (offset >> OFFSET_FAST_BITS);
  // Not `&&`, of which the compiler makes a branch for each side and one for both.
  return <bool>(i32(upper == 0) & i32(<u32>offset + 32 <= load<u32>(frame, F_MEMORY_SIZE)));
}

/** The operation that a jump to the word at `sp` lands on, 0 where that is no JUMPDEST. */
@inline
function jumpTarget(frame: usize, sp: usize): usize {
  const to = load<u64>(sp);
  if (!u256.fitsU64(sp) || to >= <u64>load<u32>(frame, F_CODE_SIZE)) return 0;
  return <usize>load<u32>(<usize>load<u32>(frame, F_JUMPS) + (<usize>to << 2));
}

/** Runs the current frame and all that it calls; the outcome is as `leaveFrame` leaves it. */
export function interpret(): void {
  let frame = currentFrame();
  let pc = <usize>load<u32>(frame, F_PC);
  let sp = <usize>load<u32>(frame, F_SP);
  let floor = <usize>load<u32>(frame, F_FLOOR);
  let gasLeft = gas();
  while (true) {
    let status: i32 = Status.Failed;
    let next: usize = 0;
    // Not kept in a local: it would be written to the machine's stack at every operation, for the few that ask again.
    switch (load<u32>(pc)) {
      case Op.BLOCK: {
        next = pc;
        break;
      }
      case Op.PUSH: {
        sp += 32;
        u256.setU64(sp, load<u64>(pc, 8));
        pc += OP_SIZE;
        continue;
      }
      case Op.PUSH_WIDE: {
        sp += 32;
        u256.copy(pc + OP_SIZE, sp);
        pc += PUSH_WIDE_SIZE;
        continue;
      }
      case Op.DUP: {
        const from = sp - <usize>load<u32>(pc, 4);
        sp += 32;
        u256.copy(from, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.SWAP: {
        swap(sp, sp - <usize>load<u32>(pc, 4));
        pc += OP_SIZE;
        continue;
      }
      case Op.POP: {
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.ADD: {
        u256.add(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.MUL: {
        u256.mul(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SUB: {
        u256.sub(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.DIV: {
        division.div(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SDIV: {
        division.sdiv(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.MOD: {
        division.mod(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SMOD: {
        division.smod(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.ADDMOD: {
        division.addmod(sp, sp - 32, sp - 64, sp - 64);
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.MULMOD: {
        division.mulmod(sp, sp - 32, sp - 64, sp - 64);
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.EXP: {
        setGas(gasLeft);
        if (!charge(<u64>u256.byteLength(sp - 32) * EXP_BYTE)) break;
        gasLeft = gas();
        u256.exp(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SIGNEXTEND: {
        u256.signextend(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.BYTE: {
        u256.byte(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SHL: {
        u256.shl(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SHR: {
        u256.shr(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SAR: {
        u256.sar(sp, sp - 32, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.LT: {
        const holds = u256.lessThan(sp, sp - 32);
        sp -= 32;
        u256.setU64(sp, u64(holds));
        pc += OP_SIZE;
        continue;
      }
      case Op.GT: {
        const holds = u256.lessThan(sp - 32, sp);
        sp -= 32;
        u256.setU64(sp, u64(holds));
        pc += OP_SIZE;
        continue;
      }
      case Op.SLT: {
        const holds = u256.signedLessThan(sp, sp - 32);
        sp -= 32;
        u256.setU64(sp, u64(holds));
        pc += OP_SIZE;
        continue;
      }
      case Op.SGT: {
        const holds = u256.signedLessThan(sp - 32, sp);
        sp -= 32;
        u256.setU64(sp, u64(holds));
        pc += OP_SIZE;
        continue;
      }
      case Op.EQ: {
        const holds = u256.equals(sp, sp - 32);
        sp -= 32;
        u256.setU64(sp, u64(holds));
        pc += OP_SIZE;
        continue;
      }
      case Op.ISZERO: {
        u256.setU64(sp, u64(u256.isZero(sp)));
        pc += OP_SIZE;
        continue;
      }
      case Op.AND: {
        const other = sp - 32;
        store<u64>(other, load<u64>(other) & load<u64>(sp));
        store<u64>(other, load<u64>(other, 8) & load<u64>(sp, 8), 8);
        store<u64>(other, load<u64>(other, 16) & load<u64>(sp, 16), 16);
        store<u64>(other, load<u64>(other, 24) & load<u64>(sp, 24), 24);
        sp = other;
        pc += OP_SIZE;
        continue;
      }
      case Op.OR: {
        const other = sp - 32;
        store<u64>(other, load<u64>(other) | load<u64>(sp));
        store<u64>(other, load<u64>(other, 8) | load<u64>(sp, 8), 8);
        store<u64>(other, load<u64>(other, 16) | load<u64>(sp, 16), 16);
        store<u64>(other, load<u64>(other, 24) | load<u64>(sp, 24), 24);
        sp = other;
        pc += OP_SIZE;
        continue;
      }
      case Op.XOR: {
        const other = sp - 32;
        store<u64>(other, load<u64>(other) ^ load<u64>(sp));
        store<u64>(other, load<u64>(other, 8) ^ load<u64>(sp, 8), 8);
        store<u64>(other, load<u64>(other, 16) ^ load<u64>(sp, 16), 16);
        store<u64>(other, load<u64>(other, 24) ^ load<u64>(sp, 24), 24);
        sp = other;
        pc += OP_SIZE;
        continue;
      }
      case Op.NOT: {
        store<u64>(sp, ~load<u64>(sp));
        store<u64>(sp, ~load<u64>(sp, 8), 8);
        store<u64>(sp, ~load<u64>(sp, 16), 16);
        store<u64>(sp, ~load<u64>(sp, 24), 24);
        pc += OP_SIZE;
        continue;
      }
      case Op.CLZ: {
        u256.setU64(sp, 256 - <u64>u256.bitLength(sp));
        pc += OP_SIZE;
        continue;
      }
      case Op.KECCAK256: {
        setGas(gasLeft);
        if (!keccak(frame, sp)) break;
        gasLeft = gas();
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.ADDRESS:
      case Op.ORIGIN:
      case Op.CALLER:
      case Op.CALLVALUE:
      case Op.CALLDATASIZE:
      case Op.CODESIZE:
      case Op.GASPRICE:
      case Op.RETURNDATASIZE:
      case Op.COINBASE:
      case Op.TIMESTAMP:
      case Op.NUMBER:
      case Op.GASLIMIT:
      case Op.CHAINID:
      case Op.PREVRANDAO:
      case Op.BASEFEE:
      case Op.BLOBBASEFEE:
      case Op.SELFBALANCE:
      case Op.MSIZE: {
        sp += 32;
        pushEnvironment(load<u32>(pc), frame, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.BALANCE: {
        setGas(gasLeft);
        if (!balance(sp)) break;
        gasLeft = gas();
        pc += OP_SIZE;
        continue;
      }
      case Op.CALLDATALOAD: {
        calldataload(frame, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.CALLDATACOPY: {
        setGas(gasLeft);
        if (!calldatacopy(frame, sp)) break;
        gasLeft = gas();
        sp -= 96;
        pc += OP_SIZE;
        continue;
      }
      case Op.CODECOPY: {
        setGas(gasLeft);
        if (!codecopy(frame, sp)) break;
        gasLeft = gas();
        sp -= 96;
        pc += OP_SIZE;
        continue;
      }
      case Op.EXTCODESIZE: {
        store<u32>(frame, <u32>(pc + OP_SIZE), F_PC);
        setGas(gasLeft);
        if (!extcodesize(sp)) {
          noteOutOfGas();
          break;
        }
        gasLeft = gas();
        // Loading code may have thrown out what is running.
        refreshCode(frame);
        pc = <usize>load<u32>(frame, F_PC);
        continue;
      }
      case Op.EXTCODECOPY: {
        store<u32>(frame, <u32>(pc + OP_SIZE), F_PC);
        setGas(gasLeft);
        if (!extcodecopy(frame, sp)) {
          noteOutOfGas();
          break;
        }
        gasLeft = gas();
        sp -= 128;
        // Loading code may have thrown out what is running.
        refreshCode(frame);
        pc = <usize>load<u32>(frame, F_PC);
        continue;
      }
      case Op.RETURNDATACOPY: {
        setGas(gasLeft);
        if (!returndatacopy(frame, sp)) break;
        gasLeft = gas();
        sp -= 96;
        pc += OP_SIZE;
        continue;
      }
      case Op.EXTCODEHASH: {
        setGas(gasLeft);
        if (!extcodehash(sp)) break;
        gasLeft = gas();
        pc += OP_SIZE;
        continue;
      }
      case Op.BLOCKHASH: {
        blockhash(sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.BLOBHASH: {
        blobhash(sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.MLOAD: {
        if (!isInMemory(frame, sp)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(sp), 32)) break;
          gasLeft = gas();
        }
        u256.fromBigEndian(addressOf(frame, sp), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.MSTORE: {
        if (!isInMemory(frame, sp)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(sp), 32)) break;
          gasLeft = gas();
        }
        u256.toBigEndian(sp - 32, addressOf(frame, sp));
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.MSTORE8: {
        setGas(gasLeft);
        if (!touch(frame, u256.toU64Saturated(sp), 1)) break;
        gasLeft = gas();
        store<u8>(addressOf(frame, sp), load<u8>(sp - 32));
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.SLOAD: {
        setGas(gasLeft);
        if (!sload(frame, sp)) break;
        gasLeft = gas();
        pc += OP_SIZE;
        continue;
      }
      case Op.SLOAD_TO_ADD: {
        setGas(gasLeft);
        if (!sloadToAdd(frame, sp)) break;
        gasLeft = gas();
        pc += OP_SIZE;
        continue;
      }
      case Op.SSTORE: {
        setGas(gasLeft);
        if (!sstore(frame, sp)) break;
        gasLeft = gas();
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.JUMP: {
        next = jumpTarget(frame, sp);
        sp -= 32;
        break;
      }
      case Op.JUMPI: {
        next = u256.isZero(sp - 32) ? pc + OP_SIZE : jumpTarget(frame, sp);
        sp -= 64;
        break;
      }
      case Op.JUMP_TO: {
        next = <usize>load<u32>(pc, 4);
        break;
      }
      case Op.JUMP_IF: {
        next = !u256.isZero(sp) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 32;
        break;
      }
      case Op.JUMP_UNLESS: {
        next = u256.isZero(sp) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 32;
        break;
      }
      case Op.JUMP_IF_TOP_IS: {
        next = (u256.fitsU64(sp) && load<u64>(sp) == load<u64>(pc, 8)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.JUMP_IF_LT: {
        next = u256.isLess(sp, sp - 32) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_UNLESS_LT: {
        next = !u256.isLess(sp, sp - 32) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_IF_GT: {
        next = u256.isLess(sp - 32, sp) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_UNLESS_GT: {
        next = !u256.isLess(sp - 32, sp) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_IF_EQ: {
        next = u256.equals(sp, sp - 32) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_UNLESS_EQ: {
        next = !u256.equals(sp, sp - 32) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 64;
        break;
      }
      case Op.JUMP_IF_LT_AT: {
        next = u256.isLess(sp - <usize>load<u32>(pc, 12), sp - <usize>load<u32>(pc, 8)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.JUMP_UNLESS_LT_AT: {
        next = !u256.isLess(sp - <usize>load<u32>(pc, 12), sp - <usize>load<u32>(pc, 8)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.JUMP_IF_DUP_LT: {
        next = u256.isLess(sp - <usize>load<u32>(pc, 8), sp) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        sp -= 32;
        break;
      }
      case Op.JUMP_IF_AT: {
        next = !u256.isZero(sp - <usize>load<u32>(pc, 8)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.JUMP_UNLESS_AT: {
        next = u256.isZero(sp - <usize>load<u32>(pc, 8)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.JUMP_IF_IN_ARRAY: {
        const array = sp - <usize>load<u32>(pc, 8);
        if (!isInMemory(frame, array)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(array), 32)) break;
          gasLeft = gas();
        }
        next = u256.isLessThanBytes(sp - <usize>load<u32>(pc, 12), addressOf(frame, array)) ? <usize>load<u32>(pc, 4) : pc + OP_SIZE;
        break;
      }
      case Op.ADD_JUMP_TO: {
        const x = load<u64>(sp);
        const sum = x + load<u64>(pc, 8);
        store<u64>(sp, sum);
        if (sum < x) carryInto(sp);
        next = <usize>load<u32>(pc, 4);
        break;
      }
      case Op.MUL_IMMEDIATE: {
        u256.mulU64(sp, load<u64>(pc, 8), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.ADD_WIDE: {
        u256.add(pc + OP_SIZE, sp, sp);
        pc += PUSH_WIDE_SIZE;
        continue;
      }
      case Op.ADD_SCALED: {
        addScaled(sp, <u64>load<u32>(pc, 4), load<u64>(pc, 8));
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.MLOAD_SCALED: {
        addScaled(sp, <u64>load<u32>(pc, 4), load<u64>(pc, 8));
        sp -= 32;
        if (!isInMemory(frame, sp)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(sp), 32)) break;
          gasLeft = gas();
        }
        u256.fromBigEndian(addressOf(frame, sp), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.SCALE_UNDER: {
        u256.shiftLeft(<u64>load<u32>(pc, 4), sp, sp + 32);
        u256.setU64(sp, load<u64>(pc, 8));
        sp += 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SUB_DUP: {
        u256.sub(sp, sp - <usize>load<u32>(pc, 4), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.DUP_MSTORE: {
        const word = sp - <usize>load<u32>(pc, 4);
        if (!isInMemory(frame, word)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(word), 32)) break;
          gasLeft = gas();
        }
        u256.toBigEndian(sp, addressOf(frame, word));
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.PUSH_SWAP: {
        sp += 32;
        const other = sp - <usize>load<u32>(pc, 4);
        u256.copy(other, sp);
        u256.setU64(other, load<u64>(pc, 8));
        pc += OP_SIZE;
        continue;
      }
      case Op.ADD_IMMEDIATE: {
        const x = load<u64>(sp);
        const sum = x + load<u64>(pc, 8);
        store<u64>(sp, sum);
        if (sum < x) carryInto(sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.AND_IMMEDIATE: {
        u256.setU64(sp, load<u64>(sp) & load<u64>(pc, 8));
        pc += OP_SIZE;
        continue;
      }
      case Op.AND_ADDRESS: {
        store<u64>(sp, load<u64>(sp, 16) & 0xffffffff, 16);
        store<u64>(sp, 0, 24);
        pc += OP_SIZE;
        continue;
      }
      case Op.EQ_IMMEDIATE: {
        u256.setU64(sp, u64(u256.fitsU64(sp) && load<u64>(sp) == load<u64>(pc, 8)));
        pc += OP_SIZE;
        continue;
      }
      case Op.LT_IMMEDIATE: {
        u256.setU64(sp, u64(!u256.fitsU64(sp) || load<u64>(sp) > load<u64>(pc, 8)));
        pc += OP_SIZE;
        continue;
      }
      case Op.GT_IMMEDIATE: {
        u256.setU64(sp, u64(u256.fitsU64(sp) && load<u64>(sp) < load<u64>(pc, 8)));
        pc += OP_SIZE;
        continue;
      }
      case Op.SHL_IMMEDIATE: {
        u256.shiftLeft(load<u64>(pc, 8), sp, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.SHR_IMMEDIATE: {
        u256.shiftRight(load<u64>(pc, 8), sp, sp, 0);
        pc += OP_SIZE;
        continue;
      }
      case Op.MLOAD_IMMEDIATE: {
        const offset = <u32>load<u64>(pc, 8);
        if (offset + 32 > load<u32>(frame, F_MEMORY_SIZE)) {
          setGas(gasLeft);
          if (!touch(frame, offset, 32)) break;
          gasLeft = gas();
        }
        sp += 32;
        u256.fromBigEndian(<usize>load<u32>(frame, F_MEMORY) + <usize>offset, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.MSTORE_IMMEDIATE: {
        const offset = <u32>load<u64>(pc, 8);
        if (offset + 32 > load<u32>(frame, F_MEMORY_SIZE)) {
          setGas(gasLeft);
          if (!touch(frame, offset, 32)) break;
          gasLeft = gas();
        }
        u256.toBigEndian(sp, <usize>load<u32>(frame, F_MEMORY) + <usize>offset);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.SWAP_POP: {
        u256.copy(sp, sp - <usize>load<u32>(pc, 4));
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.POP_MANY: {
        sp -= <usize>load<u32>(pc, 4);
        pc += OP_SIZE;
        continue;
      }
      case Op.DUP_DUP: {
        u256.copy(sp - <usize>load<u32>(pc, 4), sp + 32);
        sp += 64;
        u256.copy(sp - 32 - <usize>load<u32>(pc, 8), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.PUSH_DUP: {
        u256.setU64(sp + 32, load<u64>(pc, 8));
        sp += 64;
        u256.copy(sp - 32 - <usize>load<u32>(pc, 4), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.DUP_ADD: {
        u256.add(sp - <usize>load<u32>(pc, 4), sp, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.DUP_ADD_SWAP: {
        addUnder(sp, sp - <usize>load<u32>(pc, 4));
        pc += OP_SIZE;
        continue;
      }
      case Op.SUB_TURNED: {
        u256.sub(sp - 32, sp, sp - 32);
        sp -= 32;
        pc += OP_SIZE;
        continue;
      }
      case Op.MSTORE_TURNED: {
        const word = sp - 32;
        if (!isInMemory(frame, word)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(word), 32)) break;
          gasLeft = gas();
        }
        u256.toBigEndian(sp, addressOf(frame, word));
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.DUP_MLOAD: {
        const word = sp - <usize>load<u32>(pc, 4);
        if (!isInMemory(frame, word)) {
          setGas(gasLeft);
          if (!touch(frame, u256.toU64Saturated(word), 32)) break;
          gasLeft = gas();
        }
        sp += 32;
        u256.fromBigEndian(addressOf(frame, word), sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.SWAP_SWAP: {
        rotate(sp, sp - <usize>load<u32>(pc, 4), sp - <usize>load<u32>(pc, 8));
        pc += OP_SIZE;
        continue;
      }
      case Op.GAS: {
        sp += 32;
        u256.setU64(sp, gasLeft);
        pc += OP_SIZE;
        continue;
      }
      case Op.TLOAD: {
        tload(frame, sp);
        pc += OP_SIZE;
        continue;
      }
      case Op.TSTORE: {
        if (!tstore(frame, sp)) break;
        sp -= 64;
        pc += OP_SIZE;
        continue;
      }
      case Op.MCOPY: {
        setGas(gasLeft);
        if (!mcopy(frame, sp)) break;
        gasLeft = gas();
        sp -= 96;
        pc += OP_SIZE;
        continue;
      }
      case Op.LOG: {
        const topics = load<u32>(pc, 4);
        setGas(gasLeft);
        if (!log(frame, sp, topics)) break;
        gasLeft = gas();
        sp -= 64 + (<usize>topics << 5);
        pc += OP_SIZE;
        continue;
      }
      case Op.CREATE:
      case Op.CREATE2: {
        store<u32>(frame, <u32>(pc + OP_SIZE), F_PC);
        setGas(gasLeft);
        if (createInstruction(frame, sp, load<u32>(pc) == Op.CREATE2) == Entered.Halt) {
          noteOutOfGas();
          break;
        }
        frame = currentFrame();
        pc = <usize>load<u32>(frame, F_PC);
        sp = <usize>load<u32>(frame, F_SP);
        floor = <usize>load<u32>(frame, F_FLOOR);
        gasLeft = gas();
        continue;
      }
      case Op.CALL:
      case Op.CALLCODE:
      case Op.DELEGATECALL:
      case Op.STATICCALL: {
        store<u32>(frame, <u32>(pc + OP_SIZE), F_PC);
        setGas(gasLeft);
        if (callInstruction(frame, sp, load<u32>(pc)) == Entered.Halt) {
          noteOutOfGas();
          break;
        }
        frame = currentFrame();
        pc = <usize>load<u32>(frame, F_PC);
        sp = <usize>load<u32>(frame, F_SP);
        floor = <usize>load<u32>(frame, F_FLOOR);
        gasLeft = gas();
        continue;
      }
      case Op.STOP: {
        setOutput(0, 0);
        status = Status.Success;
        break;
      }
      case Op.RETURN:
      case Op.REVERT: {
        setGas(gasLeft);
        if (!touchWords(frame, sp, sp - 32)) break;
        gasLeft = gas();
        setOutput(u256.isZero(sp - 32) ? 0 : addressOf(frame, sp), load<u32>(sp - 32));
        status = load<u32>(pc) == Op.RETURN ? Status.Success : Status.Reverted;
        break;
      }
      case Op.SELFDESTRUCT: {
        setGas(gasLeft);
        if (!selfdestruct(frame, sp)) break;
        gasLeft = gas();
        setOutput(0, 0);
        status = Status.Success;
        break;
      }
      // INVALID, and whatever the fork does not know.
      default:
        break;
    }
    if (next != 0) {
      const used = <u32>(sp - floor);
      const cost = <u64>load<u32>(next, 4);
      // One comparison with nothing in between: the compiler makes a branch of each.
      if (used - load<u32>(next, 8) <= load<u32>(next, 12)) {
        if (gasLeft >= cost) {
          gasLeft -= cost;
          pc = next + OP_SIZE;
          continue;
        }
      }
      noteBlock(used, load<u32>(next, 8), load<u32>(next, 12));
    }
    setGas(gasLeft);
    if (status == Status.Failed) haltAt(load<u32>(pc));
    if (!leaveFrame(status)) return;
    frame = currentFrame();
    pc = <usize>load<u32>(frame, F_PC);
    sp = <usize>load<u32>(frame, F_SP);
    floor = <usize>load<u32>(frame, F_FLOOR);
    gasLeft = gas();
  }
}
