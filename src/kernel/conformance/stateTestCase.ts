/**
 * State tests in Ethereum's format: reading files, and turning what they hold into cases.
 *
 * A file is either the JSON of ethereum/tests, `{ name: { env, pre, transaction, post } }`, or (`.jsonl`, `.jsonl.gz`) one test
 * a line with its name in `test`. A test has a post-condition per fork and per combination of data, gas and value.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import secp256k1 from 'secp256k1';
import type { Fork } from '../../chain/forks';
import { type Address, fromHex, type Hash, padLeft } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import type { KernelTransaction } from '../encodeTransaction';
import type { KernelBlock } from '../kernel';

export interface StateTestAccount {
  address: Address;
  nonce: bigint;
  balance: bigint;
  code: Uint8Array;
  /** Without slots that are zero. */
  storage: { slot: Hash; value: Uint8Array }[];
}

export interface StateTestCase {
  file: string;
  test: string;
  fork: Fork;
  /** `d0g0v0`: which of the test's data, gas limits and values it uses. */
  variant: string;
  block: KernelBlock;
  pre: StateTestAccount[];
  /** Undefined where a field is out of all bounds: no such transaction can be encoded, it counts as rejected. */
  transaction: KernelTransaction | undefined;
  expected: {
    stateRoot: Hash;
    logsHash: Hash;
    /** Set: the transaction must be rejected and the state stay as it was. */
    exception: string | undefined;
  };
}

interface RawAccount {
  nonce: string;
  balance: string;
  code: string;
  storage: Record<string, string>;
}

interface RawAuthorization {
  chainId: string;
  address: string;
  nonce: string;
  v: string;
  yParity?: string;
  r: string;
  s: string;
}

interface RawTransaction {
  nonce: string;
  gasPrice?: string;
  maxFeePerGas?: string;
  maxPriorityFeePerGas?: string;
  maxFeePerBlobGas?: string;
  blobVersionedHashes?: string[];
  gasLimit: string[];
  to: string;
  value: string[];
  data: string[];
  accessLists?: ({ address: string; storageKeys: string[] }[] | null)[];
  authorizationList?: RawAuthorization[];
  sender?: string;
  secretKey?: string;
}

interface RawPost {
  hash: string;
  logs: string;
  indexes: { data: number; gas: number; value: number };
  expectException?: string;
}

interface RawTest {
  file?: string;
  test?: string;
  env: Record<string, string>;
  pre: Record<string, RawAccount>;
  transaction: RawTransaction;
  config?: {
    chainid?: string;
    blobSchedule?: Record<string, { max: string; baseFeeUpdateFraction: string } | undefined>;
  };
  post: Record<string, RawPost[] | undefined>;
}

const FORK_NAMES: Record<string, Fork | undefined> = { Cancun: 'cancun', Prague: 'prague', Osaka: 'osaka' };
/** Where a test names no schedule: EIP-4844's and EIP-7691's. */
const BLOB_SCHEDULES: Record<Fork, { max: number; fraction: bigint }> = {
  cancun: { max: 6, fraction: 3_338_477n },
  prague: { max: 9, fraction: 5_007_716n },
  osaka: { max: 9, fraction: 5_007_716n },
};
const UINT64_MAX = 2n ** 64n - 1n;
const UINT256_MAX = 2n ** 256n - 1n;

/**
 * The cases in a file, or in all `.json`, `.jsonl` and `.jsonl.gz` files below a folder in the order of their names.
 * @param fork only of this fork; forks before Cancun are always left out
 * @throws Conformance.InvalidTest naming the file, Conformance.NoFile
 */
export function* readStateTests(path: string, fork?: Fork): Generator<StateTestCase> {
  if (!existsSync(path)) throw new TributaryError('Conformance.NoFile', `expected a file or a folder, got ${path}`);
  for (const file of testFiles(path)) {
    for (const test of readTests(file)) {
      for (const [forkName, posts] of Object.entries(test.post)) {
        const testFork = FORK_NAMES[forkName];
        if (!testFork || !posts || (fork && fork !== testFork)) continue;
        for (const post of posts) yield toCase(test, file, testFork, forkName, post);
      }
    }
  }
}

function testFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = join(path, entry.name);
      if (entry.isDirectory()) return testFiles(child);
      return /\.(json|jsonl|jsonl\.gz)$/.test(entry.name) ? [child] : [];
    });
}

function* readTests(file: string): Generator<RawTest> {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  if (!file.endsWith('.json')) {
    for (const line of text.split('\n')) if (line !== '') yield parse(file, line) as RawTest;
    return;
  }
  for (const [test, body] of Object.entries(parse(file, text) as Record<string, RawTest>)) {
    // Other kinds of test share the layout; what has no post-state by fork is none of ours.
    if (body?.post && body.transaction) yield { ...body, test };
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('Conformance.InvalidTest', `expected JSON in ${file}`, { cause });
  }
}

function toCase(test: RawTest, file: string, fork: Fork, forkName: string, post: RawPost): StateTestCase {
  const { data, gas, value } = post.indexes;
  try {
    return {
      file: test.file ?? file,
      test: test.test ?? '',
      fork,
      variant: `d${data}g${gas}v${value}`,
      block: toBlock(test, fork, forkName),
      pre: Object.entries(test.pre).map(([address, account]) => toAccount(address, account)),
      transaction: toTransaction(test, post),
      expected: { stateRoot: fromHex(post.hash), logsHash: fromHex(post.logs), exception: post.expectException },
    };
  } catch (cause) {
    throw new TributaryError('Conformance.InvalidTest', `can't read test ${test.test} in ${file}`, { cause });
  }
}

function toBlock({ env, config }: RawTest, fork: Fork, forkName: string): KernelBlock {
  const schedule = config?.blobSchedule?.[forkName];
  const fraction = schedule ? BigInt(schedule.baseFeeUpdateFraction) : BLOB_SCHEDULES[fork].fraction;
  return {
    number: Number(env.currentNumber),
    timestampSeconds: Number(env.currentTimestamp),
    gasLimit: BigInt(env.currentGasLimit),
    chainId: BigInt(config?.chainid ?? 1),
    fork,
    baseFeePerGas: BigInt(env.currentBaseFee ?? 10),
    prevRandao: fixed(env.currentRandom ?? env.currentDifficulty ?? '0x00', 32),
    coinbase: fromHex(env.currentCoinbase),
    blobBaseFee: fakeExponential(BigInt(env.currentExcessBlobGas ?? 0), fraction),
    blobCountMax: schedule ? Number(schedule.max) : BLOB_SCHEDULES[fork].max,
  };
}

/** EIP-4844: 1 wei · e^(excess / fraction) by Taylor's series in integers. */
function fakeExponential(excess: bigint, fraction: bigint): bigint {
  let sum = 0n;
  let term = fraction;
  for (let i = 1n; term > 0n; i++) {
    sum += term;
    term = (term * excess) / (fraction * i);
  }
  return sum / fraction;
}

function toAccount(address: string, account: RawAccount): StateTestAccount {
  return {
    address: fromHex(address),
    nonce: BigInt(account.nonce),
    balance: BigInt(account.balance),
    code: fromHex(account.code),
    storage: Object.entries(account.storage)
      .filter(([, value]) => BigInt(value) !== 0n)
      .map(([slot, value]) => ({ slot: fixed(slot, 32), value: fixed(value, 32) })),
  };
}

function toTransaction(test: RawTest, post: RawPost): KernelTransaction | undefined {
  const raw = test.transaction;
  const { data, gas, value } = post.indexes;
  const accessList = raw.accessLists?.[data];
  const price = raw.gasPrice === undefined ? undefined : toNumber(raw.gasPrice);
  const transaction: KernelTransaction = {
    type: typeOf(raw, accessList),
    from: raw.sender ? fromHex(raw.sender) : addressOf(fromHex(raw.secretKey ?? '')),
    to: raw.to === '' ? undefined : fromHex(raw.to),
    value: toNumber(raw.value[value]),
    gasLimit: toNumber(raw.gasLimit[gas]),
    data: fromHex(raw.data[data]),
    nonce: toNumber(raw.nonce),
    chainId: BigInt(test.config?.chainid ?? 1),
    maxFeePerGas: price ?? toNumber(raw.maxFeePerGas ?? '0x0'),
    maxPriorityFeePerGas: price ?? toNumber(raw.maxPriorityFeePerGas ?? '0x0'),
    accessList: (accessList ?? []).map(({ address, storageKeys }) => ({
      address: fromHex(address),
      storageKeys: storageKeys.map((key) => fixed(key, 32)),
    })),
    authorizationList: (raw.authorizationList ?? []).map((authorization) => ({
      chainId: toNumber(authorization.chainId),
      address: fromHex(authorization.address),
      nonce: toNumber(authorization.nonce),
      yParity: Number(authorization.yParity ?? authorization.v),
      r: toNumber(authorization.r),
      s: toNumber(authorization.s),
    })),
    maxFeePerBlobGas: toNumber(raw.maxFeePerBlobGas ?? '0x0'),
    blobVersionedHashes: (raw.blobVersionedHashes ?? []).map((hash) => fromHex(hash)),
  };
  return canBeEncoded(transaction) ? transaction : undefined;
}

function typeOf(raw: RawTransaction, accessList: unknown): number {
  if (raw.authorizationList) return 4;
  if (raw.blobVersionedHashes || raw.maxFeePerBlobGas) return 3;
  if (raw.maxFeePerGas !== undefined) return 2;
  return accessList ? 1 : 0;
}

/** Whether all fields are within what the transaction's encoding allows. */
function canBeEncoded(transaction: KernelTransaction): boolean {
  const {
    nonce = 0n,
    gasLimit,
    value,
    maxFeePerGas = 0n,
    maxPriorityFeePerGas = 0n,
    maxFeePerBlobGas = 0n,
  } = transaction;
  const words = [value, maxFeePerGas, maxPriorityFeePerGas, maxFeePerBlobGas];
  if (nonce > UINT64_MAX || gasLimit > UINT64_MAX || words.some((word) => word > UINT256_MAX)) return false;
  return (transaction.authorizationList ?? []).every(
    ({ chainId, nonce: authorizationNonce, yParity, r, s }) =>
      chainId <= UINT256_MAX &&
      authorizationNonce <= UINT64_MAX &&
      yParity <= 255 &&
      r <= UINT256_MAX &&
      s <= UINT256_MAX,
  );
}

/** ethereum/tests marks numbers beyond 256 bits as `0x:bigint 0x…`. */
function toNumber(text: string): bigint {
  return BigInt(text.replace('0x:bigint ', ''));
}

function fixed(text: string, length: number): Uint8Array {
  const digits = text.slice(2);
  return padLeft(fromHex(digits.length % 2 === 0 ? digits : `0${digits}`), length);
}

function addressOf(secretKey: Uint8Array): Address {
  return keccak256(secp256k1.publicKeyCreate(secretKey, false).subarray(1)).subarray(12);
}
