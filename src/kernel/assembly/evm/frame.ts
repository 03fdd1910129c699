/**
 * A call frame: 256 bytes in the private region, one per call depth. The interpreter keeps what it uses at every
 * instruction in locals and writes it back here when it leaves the frame.
 */
import { FRAME_SIZE, FRAMES, privateBase } from '../memory';

/** First internal operation. */
export const F_OPS: usize = 0;
/** Next internal operation. */
export const F_PC: usize = 4;
/** Top of stack. */
export const F_SP: usize = 8;
/** Where sp is when the stack is empty: one word below the first. */
export const F_FLOOR: usize = 12;
export const F_MEMORY: usize = 16;
/** Bytes, a multiple of 32. */
export const F_MEMORY_SIZE: usize = 20;
export const F_INPUT: usize = 24;
export const F_INPUT_SIZE: usize = 28;
/** Overlay account whose storage and balance the frame works on. */
export const F_SELF: usize = 32;
/** 20 bytes. */
export const F_CALLER: usize = 36;
export const F_FLAGS: usize = 56;
/** Where the caller wants the output, an offset in its memory. */
export const F_RETURN_OFFSET: usize = 60;
export const F_RETURN_SIZE: usize = 64;
export const F_CODE: usize = 68;
export const F_CODE_SIZE: usize = 72;
export const F_JUMPS: usize = 76;
/** Checkpoints that a revert goes back to. */
export const F_JOURNAL_MARK: usize = 80;
export const F_LOGS_MARK: usize = 84;
export const F_LOG_COUNT_MARK: usize = 88;
/** Top of the initcode arena before this frame. */
export const F_INITCODE_MARK: usize = 92;
/** u64. */
export const F_GAS: usize = 96;
/** i64, the transaction's refund counter when the frame began. */
export const F_REFUND_MARK: usize = 104;
/** The value the frame sees (CALLVALUE), 32 bytes. */
export const F_VALUE: usize = 112;

/** Of a frame that runs an account's code: its hash, 32 bytes. */
export const F_CODE_HASH: usize = 144;
/** Generation of the arena (code cache or initcode) that the predecoded code lies in. */
export const F_CODE_GENERATION: usize = 176;
/** Generation of the initcode arena that F_INITCODE_MARK belongs to. */
export const F_INITCODE_GENERATION: usize = 180;

export const FLAG_STATIC: u32 = 1;
export const FLAG_CREATE: u32 = 2;

export const CALL_DEPTH_MAX: i32 = 1024;

@inline
export function frameAt(depth: i32): usize {
  return privateBase() + FRAMES + <usize>depth * FRAME_SIZE;
}
