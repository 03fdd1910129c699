import { TributaryError } from '../core/errors';
import { decodeStoredReceipt, encodeStoredReceipts, type Receipt } from './receipt';

/**
 * A block's receipts as the bytes that are stored of them (`encodeStoredReceipts`), each decoded when it is asked for: a block has thousands, and hardly
 * anyone asks for more than one. What was decoded is not kept.
 */
export class StoredReceipts implements Iterable<Receipt> {
  /** What `encodeStoredReceipts` made; not to be written to. */
  readonly bytes: Uint8Array;
  #index: ReceiptIndex | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  static of(receipts: Receipt[]): StoredReceipts {
    return new StoredReceipts(encodeStoredReceipts(receipts));
  }

  /** @throws Codec.InvalidRlp, as everything that reads does */
  get length(): number {
    return this.#indexed.starts.length - 1;
  }

  /** The receipt at `index`, counted from the end where it is negative. */
  at(index: number): Receipt | undefined {
    const { starts, cumulativeGas } = this.#indexed;
    const position = index < 0 ? index + this.length : index;
    if (!Number.isInteger(position) || position < 0 || position >= this.length) return undefined;
    return decodeStoredReceipt(this.bytes.subarray(starts[position], starts[position + 1]), cumulativeGas[position]);
  }

  /** The index within the block of the first log of the receipt at `index`: how many logs those before it have. Decodes nothing. */
  firstLogIndex(index: number): number {
    return this.#indexed.firstLogs[index];
  }

  map<Result>(callback: (receipt: Receipt, index: number) => Result): Result[] {
    return Array.from(this, callback);
  }

  *entries(): Generator<[index: number, receipt: Receipt]> {
    let index = 0;
    for (const receipt of this) yield [index++, receipt];
  }

  *[Symbol.iterator](): Generator<Receipt> {
    for (let index = 0; index < this.length; index++) {
      const receipt = this.at(index);
      if (receipt) yield receipt;
    }
  }

  get #indexed(): ReceiptIndex {
    this.#index ??= indexReceipts(this.bytes);
    return this.#index;
  }
}

interface ReceiptIndex {
  /** Where each begins, and where the last one ends. */
  starts: Uint32Array;
  /** Up to and with each. */
  cumulativeGas: BigUint64Array;
  /** Logs of all before each. */
  firstLogs: Uint32Array;
}

const FIRST_LIST = 0xc0;
const FIRST_LONG_LIST = 0xf8;

/** One pass over the headers. */
function indexReceipts(bytes: Uint8Array): ReceiptIndex {
  const [starts, firstLogs]: [number[], number[]] = [[], []];
  const gas: bigint[] = [];
  const list = listAt(bytes, 0, bytes.length);
  if (list.end !== bytes.length) throw invalid(`expected ${list.end} bytes, got ${bytes.length}`);
  let cumulativeGas = 0n;
  let logCount = 0;
  let at = list.payload;
  while (at < list.end) {
    const receipt = listAt(bytes, at, list.end);
    // Type and status are a byte each.
    const gasUsed = uintAt(bytes, receipt.payload + 2, receipt.end);
    cumulativeGas += gasUsed.value;
    starts.push(at);
    gas.push(cumulativeGas);
    firstLogs.push(logCount);
    const logs = listAt(bytes, gasUsed.end, receipt.end);
    for (let log = logs.payload; log < logs.end; logCount++) log = listAt(bytes, log, logs.end).end;
    at = receipt.end;
  }
  starts.push(at);
  return {
    starts: Uint32Array.from(starts),
    cumulativeGas: BigUint64Array.from(gas),
    firstLogs: Uint32Array.from(firstLogs),
  };
}

function listAt(bytes: Uint8Array, at: number, end: number): { payload: number; end: number } {
  const first = bytes[at] ?? 0;
  const lengthSize = first >= FIRST_LONG_LIST ? first - FIRST_LONG_LIST + 1 : 0;
  let length = first - FIRST_LIST;
  if (lengthSize > 0) {
    length = 0;
    for (let i = 1; i <= lengthSize; i++) length = length * 256 + (bytes[at + i] ?? 0);
  }
  const payload = at + 1 + lengthSize;
  if (first < FIRST_LIST || payload + length > end) throw invalid(`expected a list at byte ${at}`);
  return { payload, end: payload + length };
}

function uintAt(bytes: Uint8Array, at: number, end: number): { value: bigint; end: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { value: BigInt(first), end: at + 1 };
  const uintEnd = at + 1 + first - 0x80;
  if (first > 0x88 || uintEnd > end) throw invalid(`expected gas at byte ${at}`);
  let value = 0n;
  for (let i = at + 1; i < uintEnd; i++) value = (value << 8n) | BigInt(bytes[i]);
  return { value, end: uintEnd };
}

function invalid(problem: string): TributaryError {
  return new TributaryError('Codec.InvalidRlp', `receipts: ${problem}`);
}
