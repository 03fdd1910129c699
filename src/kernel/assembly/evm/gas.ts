/** Gas figures (with the EIP that set them) and the running counter that out-of-line instructions share. */

export const COLD_ACCOUNT: u64 = 2600; // EIP-2929
export const COLD_SLOT: u64 = 2100;
export const WARM: u64 = 100;
export const SSTORE_SENTRY: u64 = 2300; // EIP-2200
export const SSTORE_SET: u64 = 20000;
export const SSTORE_RESET: u64 = 2900; // 5000 - COLD_SLOT
export const SSTORE_CLEAR_REFUND: i64 = 4800; // EIP-3529
export const CALL_VALUE: u64 = 9000;
export const CALL_STIPEND: u64 = 2300;
export const NEW_ACCOUNT: u64 = 25000;
export const CREATE: u64 = 32000;
export const INITCODE_WORD: u64 = 2; // EIP-3860
export const CODE_DEPOSIT_BYTE: u64 = 200;
export const KECCAK_WORD: u64 = 6;
export const COPY_WORD: u64 = 3;
export const EXP_BYTE: u64 = 50;
export const LOG: u64 = 375;
export const LOG_TOPIC: u64 = 375;
export const LOG_BYTE: u64 = 8;
export const SELFDESTRUCT: u64 = 5000;

export const CODE_SIZE_MAX: u32 = 24576; // EIP-170
export const INITCODE_SIZE_MAX: u32 = 49152; // EIP-3860

/** Gas left in the current frame, while an instruction runs outside the interpreter's loop. */
let gasLeft: u64 = 0;
/** The transaction's refund counter; may be negative inside a frame. */
let refundCounter: i64 = 0;
/** Set when an area of the private or shared region ran out. */
let regionFull: bool = false;

@inline
export function gas(): u64 {
  return gasLeft;
}

@inline
export function setGas(value: u64): void {
  gasLeft = value;
}

/** Takes `amount`; false, and nothing taken, where less is left. */
@inline
export function charge(amount: u64): bool {
  if (gasLeft < amount) return false;
  gasLeft -= amount;
  return true;
}

@inline
export function refund(): i64 {
  return refundCounter;
}

@inline
export function setRefund(value: i64): void {
  refundCounter = value;
}

@inline
export function markRegionFull(): void {
  regionFull = true;
}

@inline
export function isRegionFull(): bool {
  return regionFull;
}

export function clearRegionFull(): void {
  regionFull = false;
}

/** Words of 32 bytes that `size` bytes fill. */
@inline
export function wordsOf(size: u64): u64 {
  return (size + 31) >> 5;
}
