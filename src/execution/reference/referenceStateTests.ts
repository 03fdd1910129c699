import { Address as EvmAddress } from '@ethereumjs/util';
import { NO_L1_FEE } from '../../chain/l1Attributes';
import { EMPTY_CODE_HASH } from '../../codec/header';
import type { SignedTransaction } from '../../codec/transaction';
import { EMPTY_BYTES, type Hash, padLeft, toHex, ZERO_HASH } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import { logsHashOf } from '../../kernel/conformance/kernelStateTests';
import type { StateTestExecutor, StateTestResult } from '../../kernel/conformance/runStateTests';
import { storageRootOf } from '../../kernel/conformance/stateRoot';
import type { StateTestCase } from '../../kernel/conformance/stateTestCase';
import { emptyState } from '../../state/emptyState';
import { type AccountChange, applyStateChanges, type StateChanges } from '../../state/stateChanges';
import type { Account, StateReader } from '../../state/stateReader';
import { insufficientFunds } from '../transactionRules';
import { type EvmBlock, type EvmInstance, EvmPool } from './evmPool';
import { credit } from './runMessage';
import { runSignedTransaction } from './runTransaction';

const BLOB_GAS = 131_072n;
/** EIP-7594. */
const BLOBS_PER_TRANSACTION_MAX_OSAKA = 6;
const NONCE_MAX = 2n ** 64n - 1n;

/** Runs Ethereum's state tests on `@ethereumjs/evm` with our transaction rules and our trie: the reference's own check. */
export function createReferenceStateTestExecutor(): StateTestExecutor {
  const pools = new Map<bigint, EvmPool>();
  return {
    name: 'reference',
    execute(test) {
      const { chainId, fork } = test.block;
      const pool = pools.get(chainId) ?? new EvmPool(Number(chainId));
      pools.set(chainId, pool);
      const blockHash = (blockNumber: number) => keccak256(Buffer.from(String(blockNumber)));
      return pool.use(fork, new PreState(test), blockHash, (instance) => execute(instance, test));
    },
  };
}

async function execute(instance: EvmInstance, test: StateTestCase): Promise<StateTestResult> {
  let rejection: string | undefined;
  let logsHash = logsHashOf([]);
  try {
    logsHash = await run(instance, test);
  } catch (error) {
    if (!(error instanceof TributaryError) || error.recovery !== 'reject') throw error;
    rejection = error.message;
  }
  return { rejection, logsHash, stateRoot: stateRootAfter(test, rejection ? undefined : instance.state.changes()) };
}

async function run(instance: EvmInstance, test: StateTestCase): Promise<Hash> {
  const { block, transaction } = test;
  if (!transaction) throw invalid('a field is out of bounds');
  if ((transaction.nonce ?? 0n) >= NONCE_MAX) throw invalid('nonce has max value');
  const fields: SignedTransaction = {
    type: transaction.type === 3 ? 2 : (transaction.type as SignedTransaction['type']),
    hash: ZERO_HASH,
    raw: EMPTY_BYTES,
    from: transaction.from,
    chainId: transaction.chainId,
    nonce: transaction.nonce ?? 0n,
    gasLimit: transaction.gasLimit,
    maxFeePerGas: transaction.maxFeePerGas ?? 0n,
    maxPriorityFeePerGas: transaction.maxPriorityFeePerGas ?? 0n,
    to: transaction.to,
    value: transaction.value,
    data: transaction.data,
    accessList: transaction.accessList ?? [],
    authorizationList: transaction.authorizationList ?? [],
    v: 0n,
    r: 0n,
    s: 0n,
  };
  if (transaction.type === 4) checkDelegations(fields);
  if (transaction.type === 3) buyBlobs(instance, test, fields);
  const evmBlock: EvmBlock = {
    header: {
      number: BigInt(block.number),
      coinbase: new EvmAddress(block.coinbase),
      timestamp: BigInt(block.timestampSeconds),
      difficulty: 0n,
      prevRandao: block.prevRandao,
      gasLimit: block.gasLimit,
      baseFeePerGas: block.baseFeePerGas,
      getBlobGasPrice: () => block.blobBaseFee ?? 1n,
    },
  };
  const progress = {
    ...block,
    block: evmBlock,
    baseFeeRecipient: block.baseFeeRecipient,
    l1FeeParameters: NO_L1_FEE,
    gasUsed: 0n,
  };
  const receipt = await runSignedTransaction(instance, progress, fields, transaction.blobVersionedHashes);
  return logsHashOf(receipt.logs);
}

function checkDelegations(transaction: SignedTransaction): void {
  if (!transaction.to) throw invalid('EIP-7702 transaction cannot be used to create contract');
  if (transaction.authorizationList.length === 0) throw invalid('EIP-7702 transaction with empty auth list');
}

/** EIP-4844's rules, which the L2's own never meet. */
function buyBlobs(instance: EvmInstance, { block, transaction }: StateTestCase, fields: SignedTransaction): void {
  const hashes = transaction?.blobVersionedHashes ?? [];
  const price = block.blobBaseFee ?? 1n;
  const priceMax = transaction?.maxFeePerBlobGas ?? 0n;
  const countMax = Math.min(
    block.blobCountMax ?? 0,
    block.fork === 'osaka' ? BLOBS_PER_TRANSACTION_MAX_OSAKA : Number.POSITIVE_INFINITY,
  );
  if (!fields.to) throw invalid('blob transaction of type create');
  if (hashes.length === 0) throw invalid('blob transaction missing blob hashes');
  if (hashes.length > countMax) throw invalid('blob transaction has too many blobs');
  if (hashes.some((hash) => hash[0] !== 1)) throw invalid('blob has invalid hash version');
  if (priceMax < price) throw invalid('max fee per blob gas less than block blob gas fee');
  const gas = BLOB_GAS * BigInt(hashes.length);
  const balance = instance.state.account(fields.from)?.balance ?? 0n;
  const cost = gas * priceMax + fields.gasLimit * fields.maxFeePerGas + fields.value;
  if (balance < cost) throw insufficientFunds(balance, cost);
  credit(instance, fields.from, -gas * price);
}

/** The state that a test starts from. */
class PreState implements StateReader {
  readonly #accounts: Map<string, StateTestCase['pre'][number]>;
  readonly #codes = new Map<string, Uint8Array>();

  constructor(test: StateTestCase) {
    this.#accounts = new Map(test.pre.map((account) => [toHex(account.address), account]));
    for (const { code } of test.pre) this.#codes.set(toHex(keccak256(code)), code);
  }

  account(address: Uint8Array): Account | undefined {
    const account = this.#accounts.get(toHex(address));
    if (!account) return undefined;
    const { nonce, balance, code } = account;
    return { nonce, balance, codeHash: keccak256(code), storageRoot: storageRootOf(account) };
  }

  storage(address: Uint8Array, slot: Hash): Hash {
    const wanted = toHex(slot);
    const entry = this.#accounts.get(toHex(address))?.storage.find((other) => toHex(other.slot) === wanted);
    return entry ? padLeft(entry.value, 32) : ZERO_HASH;
  }

  code(codeHash: Hash): Uint8Array {
    return this.#codes.get(toHex(codeHash)) ?? emptyState.code(codeHash);
  }
}

/** The root of the whole state after the test, built anew by our trie. */
function stateRootAfter(test: StateTestCase, changes: StateChanges | undefined): Hash {
  const after = new Map<string, AccountChange>();
  for (const { address, nonce, balance, code, storage } of test.pre) {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
    const slots = storage.map(({ slot, value }): [Hash, Hash] => [slot, padLeft(value, 32)]);
    after.set(toHex(address), { address, account: { nonce, balance, codeHash }, storage: slots });
  }
  for (const change of changes?.accounts ?? []) {
    const before = after.get(toHex(change.address));
    if (change.account) {
      after.set(toHex(change.address), { ...change, storage: [...(before?.storage ?? []), ...change.storage] });
    } else {
      after.delete(toHex(change.address));
    }
  }
  return applyStateChanges(emptyState, { accounts: [...after.values()], codes: [] }).stateRoot;
}

function invalid(problem: string): TributaryError {
  return new TributaryError('Execution.InvalidTransaction', problem);
}
