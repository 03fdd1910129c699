import { TributaryError } from '../core/errors';
import type { KernelImports } from './kernelModule';
import { LoadedAccountField } from './layout';
import { runPrecompile } from './precompiles/runPrecompile';
import type { StateBackend } from './stateBackend';
import { createLoadTrieNode } from './trie';
import { writeWord } from './words';

/** What a kernel instance over `memory` asks of its host, answered by `backend`. */
export function hostImports(memory: WebAssembly.Memory, backend: StateBackend): KernelImports {
  const bytes = new Uint8Array(memory.buffer);
  const view = new DataView(memory.buffer);
  const copy = (from: number, size: number) => bytes.slice(from, from + size);
  // Closures, not methods: the kernel calls them on every cache miss. Addresses above 2 GiB arrive negative.
  return {
    loadAccount: (addressAt, out) => {
      const from = addressAt >>> 0;
      const account = backend.loadAccount(copy(from, 20));
      if (!account) return 0;
      const to = out >>> 0;
      view.setBigUint64(to + LoadedAccountField.nonce, account.nonce, true);
      writeWord(view, to + LoadedAccountField.balance, account.balance);
      bytes.subarray(to + LoadedAccountField.balance, to + LoadedAccountField.balance + 32).reverse();
      bytes.set(account.codeHash, to + LoadedAccountField.codeHash);
      bytes.set(account.storageRoot, to + LoadedAccountField.storageRoot);
      return 1;
    },
    loadSlot: (addressAt, slotAt, out) => {
      const [address, slot, to] = [addressAt >>> 0, slotAt >>> 0, out >>> 0];
      const value = backend.loadSlot(copy(address, 20), copy(slot, 32));
      if (value) bytes.set(value, to);
      else bytes.fill(0, to, to + 32);
    },
    loadCode: (hashAt, out, capacity) => {
      const from = hashAt >>> 0;
      const hash = copy(from, 32);
      const code = backend.loadCode(hash);
      if (!code) {
        const message = `the state names code 0x${Buffer.from(hash).toString('hex')} but has none with that hash`;
        throw new TributaryError('Kernel.CodeMissing', message, { recovery: 'halt' });
      }
      if (code.length <= capacity) bytes.set(code, out >>> 0);
      return code.length;
    },
    precompile: (id, input, inputLength, out, capacity) => {
      const from = input >>> 0;
      const output = runPrecompile(id, copy(from, inputLength >>> 0));
      if (!output || output.length > capacity) return -1;
      bytes.set(output, out >>> 0);
      return output.length;
    },
    loadTrieNode: createLoadTrieNode(memory, (key) => backend.loadTrieNode(key)),
    blockHash: (blockNumber, out) => {
      bytes.set(backend.blockHash(Number(blockNumber)), out >>> 0);
    },
  };
}
