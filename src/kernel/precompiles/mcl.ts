import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { assert } from '../../core/assert';

/**
 * Elliptic curves by the library mcl, in WebAssembly out of the package mcl-wasm: some twenty times as fast as in JavaScript, and the
 * same bits on every machine. The package's own way in is asynchronous and holds one curve a process; here each curve has an instance
 * of its own, made at once when it is first needed (about 15 ms), so that a host import can wait for it.
 */

/** What the package numbers its curves by. */
export const CurveId = { bn254: 4, bls12381: 5, p256: 107 } as const;

/** Sizes of what the C functions read and write: limbs in Montgomery form, points in Jacobian coordinates. */
export const FP_SIZE_BYTES = 48;
export const FR_SIZE_BYTES = 32;
export const G1_SIZE_BYTES = 3 * FP_SIZE_BYTES;
export const G2_SIZE_BYTES = 6 * FP_SIZE_BYTES;
export const GT_SIZE_BYTES = 12 * FP_SIZE_BYTES;

type Unary = (out: number, a: number) => void;
type Binary = (out: number, a: number, b: number) => void;
type Predicate = (a: number) => number;
/** Takes `size` bytes from `buffer`; how many it took, 0 where they are not canonical. */
type Deserialize = (out: number, buffer: number, size: number) => number;
/** Takes `size` bytes from `buffer`, whatever they are, modulo the field's order. */
type SetModulo = (out: number, buffer: number, size: number) => number;
type Serialize = (buffer: number, capacity: number, a: number) => number;
type MultiplyMany = (out: number, points: number, scalars: number, count: number) => void;

/** The C functions in use, all on addresses in the instance's memory (mcl's bn.h). */
export interface MclExports {
  __wasm_call_ctors(): void;
  malloc(size: number): number;
  mclBn_init(curve: number, compiledTimeVar: number): number;
  mclBn_setETHserialization(enable: number): void;
  mclBn_setMapToMode(mode: number): number;
  mclBn_verifyOrderG1(check: number): void;
  mclBn_verifyOrderG2(check: number): void;
  mclBnFp_deserialize: Deserialize;
  mclBnFp_serialize: Serialize;
  mclBnFp_setInt32(out: number, value: number): void;
  mclBnFr_setBigEndianMod: SetModulo;
  mclBnFr_inv: Unary;
  mclBnFr_mul: Binary;
  mclBnFr_neg: Unary;
  mclBnG1_deserialize: Deserialize;
  /** The generator where the curve has no pairing; elsewhere infinity. */
  mclBnG1_getBasePoint(out: number): void;
  mclBnG1_clear(out: number): void;
  mclBnG2_clear(out: number): void;
  mclBnG1_isZero: Predicate;
  mclBnG2_isZero: Predicate;
  /** Whether it is on the curve (the check of its order is switched off). */
  mclBnG1_isValid: Predicate;
  mclBnG2_isValid: Predicate;
  mclBnG1_isValidOrder: Predicate;
  mclBnG2_isValidOrder: Predicate;
  mclBnG1_normalize: Unary;
  mclBnG2_normalize: Unary;
  mclBnG1_add: Binary;
  mclBnG2_add: Binary;
  mclBnG1_mul: Binary;
  mclBnG1_mulVec: MultiplyMany;
  mclBnG2_mulVec: MultiplyMany;
  mclBnFp_mapToG1: (out: number, element: number) => number;
  mclBnFp2_mapToG2: (out: number, element: number) => number;
  mclBn_millerLoopVec(out: number, g1s: number, g2s: number, count: number): void;
  /** How many words of 64 bits `mclBn_precomputeG2` writes. */
  mclBn_getUint64NumToPrecompute(): number;
  mclBn_precomputeG2(out: number, g2: number): void;
  mclBn_precomputedMillerLoop2(out: number, g1: number, lines: number, otherG1: number, otherLines: number): void;
  mclBn_finalExp: Unary;
  mclBnGT_setInt32(out: number, value: number): void;
  mclBnGT_mul: Binary;
  mclBnGT_isOne: Predicate;
}

export interface MclInstance {
  readonly c: MclExports;
  /** The instance's memory; to be asked for again after each call, which may have grown it. */
  bytes(): Uint8Array;
}

/** mcl-wasm 2.4.1. What blocks contain depends on this code: another must be chosen, not slip in. */
const WASM_SHA256 = '99e25601f2eed784d994aa5c8c1733989350255f78bbbd18571e8df8b65b8f60';
/** As the package was compiled (MCLBN_COMPILED_TIME_VAR): ten times the 64-bit words of a scalar, and those of a field element. */
const COMPILED_TIME_VAR = 46;
const MEMORY_INITIAL_PAGES = 32;

let compiled: WebAssembly.Module | undefined;

/** A new instance of the library, set to the curve. */
export function instantiateMcl(curve: number): MclInstance {
  compiled ??= new WebAssembly.Module(readWasm());
  const memory = new WebAssembly.Memory({ initial: MEMORY_INITIAL_PAGES });
  const c = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as MclExports;
  c.__wasm_call_ctors();
  assert(c.mclBn_init(curve, COMPILED_TIME_VAR) === 0, `mcl must know curve ${curve}`);
  let view = new Uint8Array(memory.buffer);
  return {
    c,
    bytes: () => {
      // Growing detaches the buffer, and its views become empty.
      if (view.length === 0) view = new Uint8Array(memory.buffer);
      return view;
    },
  };
}

/** The package carries its WebAssembly as base64 within its script. */
function readWasm(): Uint8Array<ArrayBuffer> {
  const script = readFileSync(require.resolve('mcl-wasm/dist/mcl_c.js'), 'latin1');
  const base64 = /const wasmBase64 = '([A-Za-z0-9+/=]+)'/.exec(script)?.[1];
  const wasm = new Uint8Array(Buffer.from(base64 ?? '', 'base64'));
  const hash = createHash('sha256').update(wasm).digest('hex');
  assert(
    hash === WASM_SHA256,
    `mcl-wasm must be the version that the chain's rules were tested with, sha256 ${WASM_SHA256}, got ${hash}`,
  );
  return wasm;
}
