import { createHash } from 'node:crypto';
import { blake2f } from './blake2f';
import { blsG1Add, blsG1Msm, blsG2Add, blsG2Msm, blsMapFp2ToG2, blsMapFpToG1, blsPairing } from './bls12381';
import { bn254Add, bn254Multiply, bn254Pairing } from './bn254';
import { ecrecover } from './ecrecover';
import { modexp } from './modexp';
import { p256Verify } from './p256verify';
import { pointEvaluation } from './pointEvaluation';

type Precompile = (input: Uint8Array) => Uint8Array | undefined;

/** By address; identity (0x04) is in the kernel. */
const PRECOMPILES = new Map<number, Precompile>([
  [0x01, ecrecover],
  [0x02, (input) => createHash('sha256').update(input).digest()],
  [0x03, ripemd160],
  [0x05, modexp],
  [0x06, bn254Add],
  [0x07, bn254Multiply],
  [0x08, bn254Pairing],
  [0x09, blake2f],
  [0x0a, pointEvaluation],
  [0x0b, blsG1Add],
  [0x0c, blsG1Msm],
  [0x0d, blsG2Add],
  [0x0e, blsG2Msm],
  [0x0f, blsPairing],
  [0x10, blsMapFpToG1],
  [0x11, blsMapFp2ToG2],
  [0x100, p256Verify],
]);

/** Slow ones, whose results are worth keeping: the same proof is often checked by a simulation, the block and a verifier. */
const REMEMBERED = new Set([0x07, 0x08, 0x0a, 0x0c, 0x0e, 0x0f, 0x10, 0x11, 0x100]);
const REMEMBERED_COUNT_MAX = 1024;
const REMEMBERED_INPUT_SIZE_BYTES_MAX = 4096;
const remembered = new Map<string, Uint8Array | undefined>();

/**
 * Computes the precompile at address `id`. Deterministic and total: `undefined` where the contract fails on this input. The kernel has
 * charged the gas, which bounds the input's size.
 */
export function runPrecompile(id: number, input: Uint8Array): Uint8Array | undefined {
  const precompile = PRECOMPILES.get(id);
  if (!precompile) return undefined;
  if (!REMEMBERED.has(id) || input.length > REMEMBERED_INPUT_SIZE_BYTES_MAX) return precompile(input);
  const key = `${id}:${Buffer.from(input).toString('latin1')}`;
  if (remembered.has(key)) return remembered.get(key);
  const output = precompile(input);
  // The oldest goes: a Map keeps the order of insertion.
  if (remembered.size === REMEMBERED_COUNT_MAX) remembered.delete(remembered.keys().next().value as string);
  remembered.set(key, output);
  return output;
}

/** The 20-byte hash in 32 bytes. */
function ripemd160(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(32);
  output.set(createHash('ripemd160').update(input).digest(), 12);
  return output;
}
