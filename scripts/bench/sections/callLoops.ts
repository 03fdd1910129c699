import { fromHex, toFixedBytes, toHex } from '../../../src/core/bytes';
import { keccak256 } from '../../../src/core/keccak';
import { readArtifact } from '../artifact';
import { Load } from '../load';
import { interleaved, log } from '../measure';
import { startPeer } from '../peers';
import { compare, type Section } from '../section';

const LOOPS = [
  { work: 'fibonacci, 200,000 iterations', method: 'fibonacci', count: 200_000, atLeast: 3 },
  { work: 'shell sort of 1,500 words', method: 'shellSort', count: 1_500, atLeast: 2 },
  { work: 'mul, add, shift, mod, 40,000 iterations', method: 'mulMod', count: 40_000, atLeast: 2 },
  { work: 'mulmod, addmod, 20,000 iterations', method: 'wideMulMod', count: 20_000, atLeast: 1.3 },
  { work: 'keccak-256 of 32 bytes, 20,000 times', method: 'keccak', count: 20_000, atLeast: 1 },
];
const FLOOR = 'nothing';
const GAS_LIMIT = '0x2625a00'; // 40 million
const WARM_UP_ROUNDS = 3;
/** A call takes milliseconds: many repetitions cost little. */
const ROUNDS_PER_ROUND = 7;

export const callLoops: Section = {
  title: 'eth_call: loops',
  about:
    'One call at a time through JSON-RPC, on both in turn; from both the time of a call that does nothing is taken off. Equal results are ' +
    'asserted.',

  async measure({ rounds }) {
    const [tributary, anvil] = await Promise.all([startPeer('tributary'), startPeer('anvil')]);
    const loads = { tributary: new Load(tributary.url), anvil: new Load(anvil.url) };
    try {
      const contracts = { tributary: '', anvil: '' };
      for (const name of ['tributary', 'anvil'] as const) {
        await loads[name].start();
        contracts[name] = await loads[name].deploy(readArtifact('BenchLoops').creationCode);
      }
      const call = async (name: 'tributary' | 'anvil', method: string, count: number) => {
        const data = toHex(Buffer.concat([selector(method), toFixedBytes(count, 32)]));
        const startedMs = performance.now();
        const output = await loads[name].client.call('eth_call', [
          { to: contracts[name], data, gas: GAS_LIMIT },
          'latest',
        ]);
        return { ms: performance.now() - startedMs, output };
      };
      const measureBoth = async (method: string, count: number) => {
        const [own, peer] = [await call('tributary', method, count), await call('anvil', method, count)];
        if (own.output !== peer.output || fromHex(String(own.output)).length !== 32) {
          throw new Error(`${method}: tributary returns ${own.output}, anvil ${peer.output}`);
        }
        return interleaved(
          {
            tributary: async () => (await call('tributary', method, count)).ms,
            anvil: async () => (await call('anvil', method, count)).ms,
          },
          rounds * ROUNDS_PER_ROUND,
          WARM_UP_ROUNDS,
        );
      };
      const rows = [];
      const floor = await measureBoth(FLOOR, 1);
      for (const { work, method, count, atLeast } of LOOPS) {
        log(`eth_call: ${work}`);
        const total = await measureBoth(method, count);
        const peer = { name: 'anvil', value: total.anvil - floor.anvil };
        rows.push(compare(work, 'ms', total.tributary - floor.tributary, peer, { atLeast }));
      }
      return {
        rows,
        memoryMebibytes: { tributary: tributary.peakMebibytes(), anvil: anvil.peakMebibytes() },
        versions: { tributary: tributary.version, anvil: anvil.version },
        notes: [`Taken off: ${floor.tributary.toFixed(2)} ms (tributary), ${floor.anvil.toFixed(2)} ms (anvil).`],
      };
    } finally {
      for (const load of Object.values(loads)) load.close();
      await Promise.all([tributary.stop(), anvil.stop()]);
    }
  },
};

function selector(method: string): Uint8Array {
  return keccak256(Buffer.from(`${method}(uint256)`)).slice(0, 4);
}
