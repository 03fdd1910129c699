/**
 * Why a frame halted exceptionally, for `eth_call` and its kin: nothing in a block depends on it. Worked out where a frame fails, so that no
 * instruction pays for it: whoever knows more than the instruction tells notes it before it fails.
 *
 * A basic block's gas and stack are checked at its start: of one that lacks both, the stack is named, whichever the block would come to first.
 */
import { FIRST_JUMP, LAST_JUMP, Op } from './opcodes';

/** src/kernel/status.ts has the words. */
export const enum Halt {
  None = 0,
  OutOfGas = 1,
  StackUnderflow = 2,
  StackOverflow = 3,
  BadJump = 4,
  InvalidOpcode = 5,
  WriteProtection = 6,
  ReturnDataOutOfBounds = 7,
  AddressCollision = 8,
  CodeTooLarge = 9,
  CodeBegins0xEF = 10,
  InitcodeTooLarge = 11,
  Precompile = 12,
}

/** Known of the failure that is under way. */
let noted: Halt = Halt.None;
/** Of the frame that failed last. */
let last: Halt = Halt.None;

/** Before returning that an instruction failed, where the instruction itself does not say why. Returns false. */
export function note(reason: Halt): bool {
  noted = reason;
  return false;
}

/** Of a failure behind which the operation can't be looked at: its code may have been thrown out. Where nothing was noted, the gas was short. */
export function noteOutOfGas(): void {
  if (noted == Halt.None) noted = Halt.OutOfGas;
}

/** Least bytes on the stack of a block that can't be entered with any. */
export const NO_STACK_FITS: u32 = u32.MAX_VALUE;

/** A basic block can't be entered for its gas or its stack, of which `used` bytes are taken: from `needed` on it can, and with `room` more at most. */
export function noteBlock(used: u32, needed: u32, room: u32): void {
  if (used < needed && needed != NO_STACK_FITS) noted = Halt.StackUnderflow;
  else if (used - needed > room) noted = Halt.StackOverflow;
  else noted = Halt.OutOfGas;
}

/** A frame fails at `operation`. */
export function haltAt(operation: u32): void {
  last = noted != Halt.None ? noted : byOperation(operation);
  noted = Halt.None;
}

/** A frame fails without having run an instruction, or after its last: for `reason`, where nothing was noted. */
export function haltWith(reason: Halt): void {
  last = noted != Halt.None ? noted : reason;
  noted = Halt.None;
}

/** Of the last transaction, where it failed. */
export function haltReason(): Halt {
  return last;
}

function byOperation(operation: u32): Halt {
  if (operation == Op.JUMP || operation == Op.JUMPI) return Halt.BadJump;
  if (operation >= FIRST_JUMP && operation <= LAST_JUMP) return Halt.BadJump;
  // Every instruction that no fork or not this one knows is predecoded as INVALID.
  return operation == Op.INVALID ? Halt.InvalidOpcode : Halt.OutOfGas;
}
