import { Load, type LoadResult } from '../load';
import { log } from '../measure';
import { type Peer, type PeerName, startPeer } from '../peers';
import { compare, type Row, type Section, type SectionResult } from '../section';

/** Sent to each peer before its time is taken, of either kind: long enough for compilers that work while a program runs. */
const WARM_UP_SHARE = 0.4;
const PEERS: PeerName[] = ['tributary', 'anvil', 'hardhat'];
/** Hardhat is ten times slower than the others. */
const HARDHAT_SHARE = 0.2;

interface Runs {
  transfers: LoadResult;
  tokenTransfers: LoadResult;
  /** Of all its processes, in both runs together. */
  processorMs: number;
}

export const endToEnd: Section = {
  title: 'End to end through JSON-RPC',
  about:
    'Pre-signed transactions in batches of 50 over 4 connections, 200 senders, fresh recipients, from the first byte sent to the last ' +
    'receipt seen, after two fifths as many to warm up; the client runs on the same machine. `tributary` is all of `tributary dev`: L1, batcher, proposer and verifier work ' +
    'on the same cores.',

  async measure({ transactionCount }) {
    const runs = new Map<PeerName, Runs>();
    const result: SectionResult = { rows: [], memoryMebibytes: {}, versions: {}, notes: [] };
    for (const name of PEERS) {
      log(`end to end: ${name}`);
      const count = name === 'hardhat' ? Math.ceil(transactionCount * HARDHAT_SHARE) : transactionCount;
      const peer = await startPeer(name);
      try {
        const measured = await measurePeer(peer, count);
        runs.set(name, measured);
        result.versions[name] = peer.version;
        result.memoryMebibytes[name] = peer.peakMebibytes();
        const { transfers, tokenTransfers, processorMs } = measured;
        result.notes.push(
          `${name}: ${count} transfers in ${transfers.blockCount} blocks, ${count} ERC-20 transfers in ${tokenTransfers.blockCount}; ` +
            `${((1000 * processorMs) / (2 * count)).toFixed(0)} µs of processor time a transaction.`,
        );
      } finally {
        await peer.stop();
      }
    }
    for (const name of PEERS) {
      if (name === 'tributary') continue;
      result.rows.push(rowOf('transfers', name, runs), rowOf('tokenTransfers', name, runs));
    }
    return result;
  },
};

function rowOf(kind: 'transfers' | 'tokenTransfers', name: PeerName, runs: Map<PeerName, Runs>): Row {
  const work = kind === 'transfers' ? 'transfers' : 'ERC-20 transfers';
  const own = runs.get('tributary')?.[kind].perSecond ?? 0;
  const value = runs.get(name)?.[kind].perSecond ?? 0;
  return compare(work, '/s', own, { name, value }, name === 'anvil' ? { atLeast: 1.5 } : undefined);
}

async function measurePeer(peer: Peer, count: number): Promise<Runs> {
  const load = new Load(peer.url);
  try {
    await load.start();
    const token = await load.deployToken();
    const warmUpCount = Math.ceil(count * WARM_UP_SHARE);
    await load.run(load.signTransfers(warmUpCount));
    let processorMs = -peer.processorMs();
    const transfers = await load.run(load.signTransfers(count));
    processorMs += peer.processorMs();
    await load.run(load.signTokenTransfers(warmUpCount, token));
    processorMs -= peer.processorMs();
    const tokenTransfers = await load.run(load.signTokenTransfers(count, token));
    return { transfers, tokenTransfers, processorMs: processorMs + peer.processorMs() };
  } finally {
    load.close();
  }
}
