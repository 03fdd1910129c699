/**
 * Rounds of BLAKE2b's compression function (RFC 7693 §3.2) in WebAssembly, which unlike JavaScript has numbers of 64 bits: ten times as
 * fast. The code is short and regular enough to be written down here byte by byte.
 */

/** RFC 7693 §2.7, one permutation a row. */
// biome-ignore format: a table
const SIGMA = [
  [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
  [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
  [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
  [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
  [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
  [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
  [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
  [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
  [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];
/** The eight mixes of a round: indices into the working vector. */
// biome-ignore format: columns, then diagonals
const MIXES = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
const WORDS = Array.from({ length: 16 }, (_, i) => i);

// The instructions in use (WebAssembly core specification, §5.4).
const VOID = 0x40;
const I32 = 0x7f;
const I64 = 0x7e;
const block = [0x02, VOID];
const loop = [0x03, VOID];
const end = [0x0b];
const branch = (depth: number) => [0x0c, depth];
const branchIf = (depth: number) => [0x0d, depth];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
/** Of the 64-bit word at this byte of the memory. */
const load = (offset: number) => [0x41, 0, 0x29, 3, ...unsigned(offset)];
const store = (offset: number, value: number[]) => [0x41, 0, ...value, 0x37, 3, ...unsigned(offset)];
const i32Const = (value: number) => [0x41, value];
const i32IsZero = [0x45];
const i32Subtract = [0x6b];
const i64Add = [0x7c];
const i64Xor = [0x85];
const i64RotateRight = (bits: 16 | 24 | 32 | 63) => [0x42, bits, 0x8a];

/** Locals: the rounds left, then the working vector. */
const ROUNDS = 0;
const vector = (index: number) => 1 + index;
const MESSAGE_OFFSET_BYTES = 128;

export interface Blake2Rounds {
  /** The working vector, 16 words of 64 bits as (low, high) pairs of 32. */
  readonly vector: Uint32Array;
  /** The message block, likewise. */
  readonly message: Uint32Array;
  /** Mixes the message into the vector, `rounds` (32 bits) times. */
  run(rounds: number): void;
}

/** About a millisecond. */
export function assembleBlake2Rounds(): Blake2Rounds {
  const { memory, run } = new WebAssembly.Instance(new WebAssembly.Module(assemble())).exports as {
    memory: WebAssembly.Memory;
    run: (rounds: number) => void;
  };
  return {
    vector: new Uint32Array(memory.buffer, 0, 32),
    message: new Uint32Array(memory.buffer, MESSAGE_OFFSET_BYTES, 32),
    run,
  };
}

function assemble(): Uint8Array<ArrayBuffer> {
  const code = [
    ...WORDS.flatMap((i) => [...load(8 * i), ...set(vector(i))]),
    ...block,
    ...loop,
    ...SIGMA.flatMap((row) => [...leaveWhenDone, ...round(row)]),
    ...branch(0),
    ...end,
    ...end,
    ...WORDS.flatMap((i) => store(8 * i, get(vector(i)))),
    ...end,
  ];
  const body = [1, WORDS.length, I64, ...code];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]), // one type: takes the rounds, gives nothing
    ...section(3, [1, 0]), // one function of it
    ...section(5, [1, 0, 1]), // one memory of a page
    ...section(7, [2, ...name('memory'), 2, 0, ...name('run'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

/** Counts the round that follows. */
const leaveWhenDone = [
  ...[...get(ROUNDS), ...i32IsZero, ...branchIf(1)],
  ...[...get(ROUNDS), ...i32Const(1), ...i32Subtract, ...set(ROUNDS)],
];

function round(sigma: number[]): number[] {
  return MIXES.flatMap((mix, i) => [...half(mix, sigma[2 * i], 32, 24), ...half(mix, sigma[2 * i + 1], 16, 63)]);
}

/** Half of G of RFC 7693 §3.1: a += b + m[word]; d = (d ^ a) >>> first; c += d; b = (b ^ c) >>> second. */
function half(mix: number[], word: number, first: 16 | 32, second: 24 | 63): number[] {
  const [a, b, c, d] = mix.map(vector);
  return [
    ...[...get(a), ...get(b), ...i64Add, ...load(MESSAGE_OFFSET_BYTES + 8 * word), ...i64Add, ...tee(a)],
    ...[...get(d), ...i64Xor, ...i64RotateRight(first), ...tee(d)],
    ...[...get(c), ...i64Add, ...tee(c)],
    ...[...get(b), ...i64Xor, ...i64RotateRight(second), ...set(b)],
  ];
}

function section(id: number, content: number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...Buffer.from(text, 'latin1')];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
