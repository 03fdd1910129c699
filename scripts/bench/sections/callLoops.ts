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
/**
 * Before each call. After a rest a call costs more before its first instruction than right after another one, on both sides: others have displaced
 * what they had in the processor's caches. While one side works the other rests, so calls that do nothing, in turn, would find both warmer than loops do.
 */
const REST_MS = 10;

export const callLoops: Section = {
  title: 'eth_call: loops',
  about:
    `One call at a time through JSON-RPC, on both in turn, each after a rest of ${REST_MS} ms; from both the time of a call that does nothing, ` +
    'made in turn with them, is taken off. Equal results are asserted.',

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
        await new Promise((resolve) => setTimeout(resolve, REST_MS));
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
            tributaryFloor: async () => (await call('tributary', FLOOR, 1)).ms,
            anvilFloor: async () => (await call('anvil', FLOOR, 1)).ms,
          },
          rounds * ROUNDS_PER_ROUND,
          WARM_UP_ROUNDS,
        );
      };
      const rows = [];
      const notes = [];
      for (const { work, method, count, atLeast } of LOOPS) {
        log(`eth_call: ${work}`);
        const { tributary: own, anvil: peer, tributaryFloor, anvilFloor } = await measureBoth(method, count);
        rows.push(compare(work, 'ms', own - tributaryFloor, { name: 'anvil', value: peer - anvilFloor }, { atLeast }));
        const sides = [`tributary ${differenceOf(own, tributaryFloor)}`, `anvil ${differenceOf(peer, anvilFloor)}`];
        notes.push(`${method}: ${sides.join(', ')}.`);
      }
      return {
        rows,
        memoryMebibytes: { tributary: tributary.peakMebibytes(), anvil: anvil.peakMebibytes() },
        versions: { tributary: tributary.version, anvil: anvil.version },
        notes,
      };
    } finally {
      for (const load of Object.values(loads)) load.close();
      await Promise.all([tributary.stop(), anvil.stop()]);
    }
  },
};

function differenceOf(wholeMs: number, floorMs: number): string {
  return `${wholeMs.toFixed(2)} - ${floorMs.toFixed(2)} ms`;
}

function selector(method: string): Uint8Array {
  return keccak256(Buffer.from(`${method}(uint256)`)).slice(0, 4);
}
