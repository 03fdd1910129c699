import { RLP } from '@ethereumjs/rlp';
import type { Log } from '../../codec/receipt';
import { EMPTY_BYTES, type Hash, toHex } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import { Kernel } from '../kernel';
import type { BackendAccount, StateBackend } from '../stateBackend';
import type { StateTestExecutor, StateTestResult } from './runStateTests';
import { stateRootOf, storageRootOf } from './stateRoot';
import type { StateTestAccount, StateTestCase } from './stateTestCase';

/** Runs state tests on the kernel; one kernel serves all of them, its account cache forgotten in between. */
export function createKernelStateTestExecutor(): StateTestExecutor {
  const backend = new TestBackend();
  // Some tests call 1,024 deep with a megabyte of memory each; what is not written takes no pages.
  const kernel = new Kernel(backend, { accountBits: 14, slotBits: 17, evmMemorySizeBytes: 1200 * 2 ** 20 });
  return {
    name: 'kernel',
    execute(test) {
      backend.load(test);
      kernel.discard();
      kernel.beginBlock(test.block);
      const outcome = test.transaction ? kernel.execute(test.transaction) : undefined;
      const rejection = outcome ? outcome.rejection : 'a field is out of bounds';
      return {
        rejection,
        logsHash: logsHashOf(outcome?.logs ?? []),
        stateRoot: stateRootOf(backend.after(kernel).values()),
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

  /** The state with what the kernel changed. */
  after(kernel: Kernel): Map<string, StateTestAccount> {
    const after = new Map(this.accounts);
    for (const change of kernel.changes()) {
      const key = toHex(change.address);
      const before = this.accounts.get(key);
      if (!change.exists) {
        after.delete(key);
        continue;
      }
      const storage = new Map((before?.storage ?? []).map((entry) => [toHex(entry.slot), entry]));
      for (const { slot, value } of change.slots) {
        if (value.every((byte) => byte === 0)) storage.delete(toHex(slot));
        else storage.set(toHex(slot), { slot, value });
      }
      after.set(key, {
        address: change.address,
        nonce: change.nonce,
        balance: change.balance,
        code: change.code ?? before?.code ?? EMPTY_BYTES,
        storage: [...storage.values()],
      });
    }
    return after;
  }
}
