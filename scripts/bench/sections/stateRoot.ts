import { compileAssembly } from '../../../test/kernel/compileAssembly';
import { log, ownPeakMebibytes } from '../measure';
import type { Section } from '../section';
import { measureStateRoot } from '../stateRoot';

export const stateRoot: Section = {
  title: 'State root',
  about:
    '10,000 random account updates over 1,000,000 accounts, the trie in memory: applying them, RLP and hashing, beside keccak-256 of the nodes that ' +
    'changed and nothing else. One thread.',

  async measure() {
    log('state root: building a trie of a million accounts');
    // The kernel itself shows no hashing to its host: the same tries, as a module of their own that does.
    const tries = new WebAssembly.Module(compileAssembly('src/kernel/assembly/trie/entry.ts'));
    const measured = measureStateRoot(tries);
    return {
      rows: [
        {
          work: 'root after 10,000 updates over 1,000,000 accounts',
          unit: 'ms',
          own: measured.rootMs,
          peer: { name: 'hashing alone', value: measured.hashOnlyMs },
          ratio: measured.ratio,
          goal: { atMost: 3 },
        },
      ],
      memoryMebibytes: { 'this process': ownPeakMebibytes() },
      versions: {},
      notes: [
        `${measured.nodeCount} nodes changed; encoding them for the store takes another ${measured.exportMs.toFixed(1)} ms ` +
          `(${(measured.exportedBytes / 2 ** 20).toFixed(1)} MiB); ${Math.round(measured.bytesPerAccount)} bytes of memory per account.`,
      ],
    };
  },
};
