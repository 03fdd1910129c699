import { RLP } from '@ethereumjs/rlp';
import type { Log } from '../../codec/receipt';
import { type Hash, toBigInt, toHex } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import { Kernel } from '../kernel';
import type { BackendAccount, StateBackend } from '../stateBackend';
import type { TrieAccountUpdate, TrieSlotUpdate } from '../trie';
import type { StateTestExecutor, StateTestResult } from './runStateTests';
import { storageRootOf } from './stateRoot';
import type { StateTestAccount, StateTestCase } from './stateTestCase';

/** Runs state tests on the kernel; one kernel serves all of them, its account cache forgotten in between. */
export function createKernelStateTestExecutor(): StateTestExecutor {
  const backend = new TestBackend();
  // Some tests call 1,024 deep with a megabyte of memory each; what is not written takes no pages.
  const kernel = new Kernel(backend, {
    accountBits: 14,
    slotBits: 17,
    evmMemorySizeBytes: 1200 * 2 ** 20,
    trieBucketCount: 2 ** 8,
  });
  return {
    name: 'kernel',
    execute(test) {
      backend.load(test);
      kernel.discard();
      kernel.trie.reset();
      kernel.trie.apply(backend.accountUpdates(), backend.slotUpdates());
      kernel.beginBlock(test.block);
      const outcome = test.transaction ? kernel.execute(test.transaction) : undefined;
      const rejection = outcome ? outcome.rejection : 'a field is out of bounds';
      return {
        rejection,
        logsHash: logsHashOf(outcome?.logs ?? []),
        stateRoot: kernel.stateRoot(),
        detail: outcome ? `status ${outcome.status}, gas used ${outcome.gasUsed}` : '',
      } satisfies StateTestResult;
    },
  };
}

/** keccak256(rlp(logs)). */
export function logsHashOf(logs: Log[]): Hash {
  return keccak256(RLP.encode(logs.map(({ address, topics, data }) => [address, topics, data])));
}

class TestBackend implements StateBackend {
  private accounts = new Map<string, StateTestAccount>();
  private codes = new Map<string, Uint8Array>();

  load(test: StateTestCase): void {
    this.accounts = new Map(test.pre.map((account) => [toHex(account.address), account]));
    this.codes = new Map();
  }

  loadAccount(address: Uint8Array): BackendAccount | undefined {
    const account = this.accounts.get(toHex(address));
    if (!account) return undefined;
    const codeHash = keccak256(account.code);
    this.codes.set(toHex(codeHash), account.code);
    return { nonce: account.nonce, balance: account.balance, codeHash, storageRoot: storageRootOf(account) };
  }

  loadSlot(address: Uint8Array, slot: Uint8Array): Uint8Array | undefined {
    const wanted = toHex(slot);
    return this.accounts.get(toHex(address))?.storage.find((entry) => toHex(entry.slot) === wanted)?.value;
  }

  loadCode(codeHash: Uint8Array): Uint8Array | undefined {
    return this.codes.get(toHex(codeHash));
  }

  /** As the tests' generators have it. */
  blockHash(blockNumber: number): Hash {
    return keccak256(Buffer.from(String(blockNumber)));
  }

  loadTrieNode(): undefined {
    // Every trie is built whole in memory.
    return undefined;
  }

  accountUpdates(): TrieAccountUpdate[] {
    return [...this.accounts.values()].map(({ nonce, balance, code, address }) => {
      return { hashedAddress: hashOf(address), action: 'write', nonce, balance, codeHash: keccak256(code) };
    });
  }

  slotUpdates(): TrieSlotUpdate[] {
    return [...this.accounts.values()].flatMap(({ address, storage }) =>
      storage.map(({ slot, value }) => {
        return { hashedAddress: hashOf(address), hashedSlot: hashOf(slot), value: toBigInt(value) };
      }),
    );
  }
}

const HASHES_KEPT_MAX = 100_000;
const hashes = new Map<string, Hash>();

/** keccak256, remembered: tests use the same addresses and slots over and over. */
function hashOf(key: Uint8Array): Hash {
  const hex = toHex(key);
  const known = hashes.get(hex);
  if (known) return known;
  if (hashes.size === HASHES_KEPT_MAX) hashes.clear();
  const hash = keccak256(key);
  hashes.set(hex, hash);
  return hash;
}
