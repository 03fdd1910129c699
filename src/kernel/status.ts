/** How a transaction ended; assembly/evm/status.ts. */
export const Status = {
  success: 0,
  reverted: 1,
  failed: 2,
  regionFull: 64,
} as const;

/** From here on the transaction was not included and changed nothing. */
const FIRST_REJECTION = 16;

const REJECTIONS = new Map<number, string>([
  [16, 'nonce too low'],
  [17, 'nonce too high'],
  [18, 'nonce has max value'],
  [19, 'insufficient funds for gas * price + value'],
  [20, 'intrinsic gas too low'],
  [21, 'max fee per gas less than block base fee'],
  [22, 'max priority fee per gas higher than max fee per gas'],
  [23, 'sender not an eoa'],
  [24, 'gas limit reached'],
  [25, 'transaction gas limit too high'],
  [26, 'max initcode size exceeded'],
  [27, 'max fee per blob gas less than block blob gas fee'],
  [28, 'blob transaction missing blob hashes'],
  [29, 'too many blobs'],
  [30, 'blob hash version mismatch'],
  [31, 'transaction type needs a recipient'],
  [32, 'set-code transaction with empty authorization list'],
  [33, 'transaction type not supported'],
  [34, 'invalid chain id for signer'],
  [35, 'cost overflows'],
  [36, 'not a transaction'],
  [64, 'the kernel ran out of memory for this transaction'],
]);

/** Why a transaction was not included, in geth's words; undefined where it was. */
export function rejectionOf(status: number): string | undefined {
  return status < FIRST_REJECTION ? undefined : (REJECTIONS.get(status) ?? `status ${status}`);
}

/** By number, assembly/evm/haltReason.ts; geth's words, or the reference's where geth has none. */
const HALTS = [
  'execution halted',
  'out of gas',
  'stack underflow',
  'stack overflow',
  'invalid jump destination',
  'invalid opcode',
  'write protection',
  'return data out of bounds',
  'contract address collision',
  'max code size exceeded',
  'invalid code: must not begin with 0xef',
  'max initcode size exceeded',
  'precompile failed',
];

/** Why a frame halted. */
export function haltReasonOf(reason: number): string {
  return HALTS[reason] ?? HALTS[0];
}
