import {
  FP_SIZE_BYTES,
  FR_SIZE_BYTES,
  G1_SIZE_BYTES,
  G2_SIZE_BYTES,
  GT_SIZE_BYTES,
  instantiateMcl,
  type MclExports,
} from './mcl';

/** What a pairing-friendly curve's precompiles differ in. */
export interface PairingCurveFormat {
  /** mcl's number of the curve. */
  readonly id: number;
  /** Bytes of a field element, and how many of them, in front, are zero in every canonical one. */
  readonly elementSizeBytes: number;
  readonly elementPaddingBytes: number;
  /** Whether the imaginary part of an element of the quadratic field comes first. */
  readonly imaginaryFirst: boolean;
  /** Whether mcl reads and writes field elements with the highest byte first: only where Ethereum's serialization exists. */
  readonly ethereumSerialization: boolean;
  /** Whether every point of G1's curve is in the group: then there is nothing to check. */
  readonly isG1Whole: boolean;
}

/** Pairs that are multiplied or paired at a time: bounds the memory whatever the input; a larger batch is hardly faster. */
const BATCH_COUNT_MAX = 128;
/** MCL_MAP_TO_MODE_HASH_TO_CURVE_07: RFC 9380, as EIP-2537 maps. */
const MAP_TO_MODE = 5;

/** The two groups have the same operations on points of different sizes. */
interface Group {
  /** Of a point in the input and the output. */
  readonly wireSizeBytes: number;
  readonly pointSizeBytes: number;
  readonly coordinateElements: 1 | 2;
  readonly clear: (out: number) => void;
  readonly isZero: (a: number) => number;
  readonly isOnCurve: (a: number) => number;
  readonly isInSubgroup: (a: number) => boolean;
  readonly normalize: (out: number, a: number) => void;
  readonly add: (out: number, a: number, b: number) => void;
  readonly multiplyMany: (out: number, points: number, scalars: number, count: number) => void;
  /** Where the batch's points are. */
  readonly batch: number;
}

/**
 * One pairing-friendly curve's operations from precompile input to precompile output, by mcl. Numbers named `at` are offsets into the
 * input; other numbers are addresses in mcl's memory, all within one block taken at the start. Not reentrant; nothing outlives a call.
 */
export class PairingCurve {
  readonly c: MclExports;
  readonly g1: Group;
  readonly g2: Group;
  /** Free to use within a call, 1 KiB, behind what the operations here use themselves. */
  readonly scratch: number;

  /** A point or a value of the target group: the sum or product so far. */
  readonly total: number;

  private readonly format: PairingCurveFormat;
  private readonly memory: () => Uint8Array;
  /** Bytes on their way in or out. */
  private readonly wire: number;
  private readonly scalars: number;
  /** A batch's sum or product. */
  private readonly part: number;

  constructor(format: PairingCurveFormat) {
    this.format = format;
    const { c, bytes } = instantiateMcl(format.id);
    this.c = c;
    this.memory = bytes;
    c.mclBn_setETHserialization(format.ethereumSerialization ? 1 : 0);
    if (format.ethereumSerialization) c.mclBn_setMapToMode(MAP_TO_MODE);
    // Validity then is being on the curve; the order is checked where a precompile's rules say so.
    c.mclBn_verifyOrderG1(0);
    c.mclBn_verifyOrderG2(0);
    let end = c.malloc(
      64 + 2 * GT_SIZE_BYTES + BATCH_COUNT_MAX * (G1_SIZE_BYTES + G2_SIZE_BYTES + FR_SIZE_BYTES) + 1024,
    );
    const take = (size: number) => {
      end += size;
      return end - size;
    };
    this.wire = take(64);
    this.total = take(GT_SIZE_BYTES);
    this.part = take(GT_SIZE_BYTES);
    this.scalars = take(BATCH_COUNT_MAX * FR_SIZE_BYTES);
    this.g1 = {
      wireSizeBytes: 2 * format.elementSizeBytes,
      pointSizeBytes: G1_SIZE_BYTES,
      coordinateElements: 1,
      clear: c.mclBnG1_clear,
      isZero: c.mclBnG1_isZero,
      isOnCurve: c.mclBnG1_isValid,
      isInSubgroup: (a) => format.isG1Whole || c.mclBnG1_isValidOrder(a) === 1,
      normalize: c.mclBnG1_normalize,
      add: c.mclBnG1_add,
      multiplyMany: c.mclBnG1_mulVec,
      batch: take(BATCH_COUNT_MAX * G1_SIZE_BYTES),
    };
    this.g2 = {
      wireSizeBytes: 4 * format.elementSizeBytes,
      pointSizeBytes: G2_SIZE_BYTES,
      coordinateElements: 2,
      clear: c.mclBnG2_clear,
      isZero: c.mclBnG2_isZero,
      isOnCurve: c.mclBnG2_isValid,
      isInSubgroup: (a) => c.mclBnG2_isValidOrder(a) === 1,
      normalize: c.mclBnG2_normalize,
      add: c.mclBnG2_add,
      multiplyMany: c.mclBnG2_mulVec,
      batch: take(BATCH_COUNT_MAX * G2_SIZE_BYTES),
    };
    this.scratch = take(1024);
  }

  /** The sum of the input's two points, which need not be in the subgroup. */
  add(group: Group, input: Uint8Array): Uint8Array | undefined {
    const [a, b] = [group.batch, group.batch + group.pointSizeBytes];
    if (!this.readPoint(group, input, 0, a) || !this.readPoint(group, input, group.wireSizeBytes, b)) return undefined;
    group.add(a, a, b);
    return this.writePoint(group, a);
  }

  /** The sum of points times scalars (32 bytes, modulo the order), one behind the other; undefined where one is not in the subgroup. */
  multiplyAndSum(group: Group, input: Uint8Array): Uint8Array | undefined {
    const pairSize = group.wireSizeBytes + 32;
    group.clear(this.total);
    let count = 0;
    for (let at = 0; at < input.length; at += pairSize) {
      const point = group.batch + count * group.pointSizeBytes;
      if (!this.readPoint(group, input, at, point) || !group.isInSubgroup(point)) return undefined;
      if (group.isZero(point) === 1) continue;
      this.readScalar(input, at + group.wireSizeBytes, this.scalars + count * FR_SIZE_BYTES);
      if (++count === BATCH_COUNT_MAX) {
        this.addBatch(group, count);
        count = 0;
      }
    }
    if (count > 0) this.addBatch(group, count);
    return this.writePoint(group, this.total);
  }

  /** Whether the product of the pairings of the input's pairs is one; undefined where a point is not in its subgroup. */
  isPairingProductOne(input: Uint8Array): boolean | undefined {
    const { c, g1, g2 } = this;
    c.mclBnGT_setInt32(this.total, 1);
    let count = 0;
    for (let at = 0; at < input.length; at += g1.wireSizeBytes + g2.wireSizeBytes) {
      const [a, b] = [g1.batch + count * G1_SIZE_BYTES, g2.batch + count * G2_SIZE_BYTES];
      if (!this.readPoint(g1, input, at, a) || !g1.isInSubgroup(a)) return undefined;
      if (!this.readPoint(g2, input, at + g1.wireSizeBytes, b) || !g2.isInSubgroup(b)) return undefined;
      // A pairing with infinity is one.
      if (g1.isZero(a) === 1 || g2.isZero(b) === 1) continue;
      if (++count === BATCH_COUNT_MAX) {
        this.multiplyByBatch(count);
        count = 0;
      }
    }
    if (count > 0) this.multiplyByBatch(count);
    c.mclBn_finalExp(this.total, this.total);
    return c.mclBnGT_isOne(this.total) === 1;
  }

  /** A field element; false where it is not canonical. */
  readElement(input: Uint8Array, at: number, out: number): boolean {
    const { elementSizeBytes, elementPaddingBytes, ethereumSerialization } = this.format;
    const from = at + elementPaddingBytes;
    const size = elementSizeBytes - elementPaddingBytes;
    for (let i = at; i < from; i++) if (input[i] !== 0) return false;
    const memory = this.memory();
    for (let i = 0; i < size; i++) memory[this.wire + (ethereumSerialization ? i : size - 1 - i)] = input[from + i];
    return this.c.mclBnFp_deserialize(out, this.wire, size) === size;
  }

  /** 32 bytes modulo the group's order. */
  readScalar(input: Uint8Array, at: number, out: number): void {
    this.memory().set(input.subarray(at, at + 32), this.wire);
    this.c.mclBnFr_setBigEndianMod(out, this.wire, 32);
  }

  /** A compressed point of the curve in G1, Ethereum's serialization, not necessarily of the subgroup; false where it is none. */
  readCompressedG1(bytes: Uint8Array, out: number): boolean {
    this.memory().set(bytes, this.wire);
    return this.c.mclBnG1_deserialize(out, this.wire, bytes.length) === bytes.length;
  }

  /** A point of the curve, not necessarily of the subgroup; false where it is none. All zeros is infinity. */
  readPoint(group: Group, input: Uint8Array, at: number, out: number): boolean {
    if (isZero(input, at, group.wireSizeBytes)) {
      group.clear(out);
      return true;
    }
    const { elementSizeBytes } = this.format;
    if (group.coordinateElements === 1) {
      if (!this.readElement(input, at, out)) return false;
      if (!this.readElement(input, at + elementSizeBytes, out + FP_SIZE_BYTES)) return false;
    } else {
      if (!this.readQuadratic(input, at, out)) return false;
      if (!this.readQuadratic(input, at + 2 * elementSizeBytes, out + 2 * FP_SIZE_BYTES)) return false;
    }
    // Z, whose imaginary part is zero.
    const z = out + 2 * group.coordinateElements * FP_SIZE_BYTES;
    this.c.mclBnFp_setInt32(z, 1);
    if (group.coordinateElements === 2) this.c.mclBnFp_setInt32(z + FP_SIZE_BYTES, 0);
    return group.isOnCurve(out) === 1;
  }

  /** An element of the quadratic field: real part first in memory. */
  readQuadratic(input: Uint8Array, at: number, out: number): boolean {
    const [real, imaginary] = this.format.imaginaryFirst ? [1, 0] : [0, 1];
    const size = this.format.elementSizeBytes;
    return (
      this.readElement(input, at + real * size, out) &&
      this.readElement(input, at + imaginary * size, out + FP_SIZE_BYTES)
    );
  }

  /** Normalizes the point in place. */
  writePoint(group: Group, point: number): Uint8Array {
    const output = new Uint8Array(group.wireSizeBytes);
    if (group.isZero(point) === 1) return output;
    group.normalize(point, point);
    const { elementSizeBytes, imaginaryFirst } = this.format;
    for (let i = 0; i < 2 * group.coordinateElements; i++) {
      const place = group.coordinateElements === 2 && imaginaryFirst ? i ^ 1 : i;
      this.writeElement(point + i * FP_SIZE_BYTES, output, place * elementSizeBytes);
    }
    return output;
  }

  private writeElement(element: number, output: Uint8Array, at: number): void {
    const { elementSizeBytes, elementPaddingBytes, ethereumSerialization } = this.format;
    const size = elementSizeBytes - elementPaddingBytes;
    this.c.mclBnFp_serialize(this.wire, 64, element);
    const memory = this.memory();
    const to = at + elementPaddingBytes;
    for (let i = 0; i < size; i++) output[to + i] = memory[this.wire + (ethereumSerialization ? i : size - 1 - i)];
  }

  private addBatch(group: Group, count: number): void {
    group.multiplyMany(this.part, group.batch, this.scalars, count);
    group.add(this.total, this.total, this.part);
  }

  private multiplyByBatch(count: number): void {
    this.c.mclBn_millerLoopVec(this.part, this.g1.batch, this.g2.batch, count);
    this.c.mclBnGT_mul(this.total, this.total, this.part);
  }
}

function isZero(bytes: Uint8Array, at: number, size: number): boolean {
  for (let i = at; i < at + size; i++) if (bytes[i] !== 0) return false;
  return true;
}
