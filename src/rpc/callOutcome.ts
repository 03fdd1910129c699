import { toBigInt, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { CallResult } from '../execution/executor';

/** Selector of Solidity's `Error(string)`. */
const ERROR_SELECTOR = '0x08c379a0';
/** Selector of Solidity's `Panic(uint256)`. */
const PANIC_SELECTOR = '0x4e487b71';
const REASON_LENGTH_MAX = 1024;

/** Solidity's panic codes in anvil's words. */
const panicReasons: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic/unspecified error'],
  [0x01n, 'assertion failed'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'failed to convert value into enum type'],
  [0x22n, 'storage byte array incorrectly encoded'],
  [0x31n, 'called `.pop()` on an empty array'],
  [0x32n, 'array out-of-bounds access'],
  [0x41n, 'memory allocation error'],
  [0x51n, 'called an invalid internal function'],
]);

/**
 * What a call returned.
 * @throws Rpc.ExecutionReverted with the revert data, Rpc.ExecutionFailed
 */
export function requireSuccess(result: CallResult): CallResult {
  if (result.outcome === 'success') return result;
  if (result.outcome === 'halt') {
    throw new TributaryError('Rpc.ExecutionFailed', result.haltReason ?? 'execution failed');
  }
  const reason = revertReason(result.output);
  throw new TributaryError('Rpc.ExecutionReverted', reason ? `execution reverted: ${reason}` : 'execution reverted', {
    details: { data: toHex(result.output) },
  });
}

/** Revert data in words, as anvil says them; undefined when there is none. */
export function revertReason(output: Uint8Array): string | undefined {
  if (output.length < 4) return undefined;
  const selector = toHex(output.subarray(0, 4));
  const body = output.subarray(4);
  if (selector === ERROR_SELECTOR) return decodeString(body) ?? `custom error ${selector}`;
  if (selector === PANIC_SELECTOR && body.length >= 32) {
    const code = toBigInt(body.subarray(0, 32));
    return `panic: ${panicReasons.get(code) ?? 'unknown code'} (0x${code.toString(16).padStart(2, '0')})`;
  }
  return `custom error ${selector}`;
}

/** ABI decoding of one string; undefined when it is not one. Revert data is anyone's bytes: nothing in it is trusted. */
function decodeString(body: Uint8Array): string | undefined {
  if (body.length < 64 || toBigInt(body.subarray(0, 32)) !== 32n) return undefined;
  const length = toBigInt(body.subarray(32, 64));
  if (length > BigInt(body.length - 64)) return undefined;
  const text = Buffer.from(body.subarray(64, 64 + Number(length))).toString('utf8');
  return text.length > REASON_LENGTH_MAX ? `${text.slice(0, REASON_LENGTH_MAX)}…` : text;
}
