import { contractAddress, type SignedTransaction } from '../../../src/codec/transaction';
import { concatBytes, toFixedBytes, toHex } from '../../../src/core/bytes';
import type { ExecutorChoice } from '../../../src/execution/createExecutor';
import { readArtifact } from '../artifact';
import { BenchChain, CHAIN_ID, type SealTimes } from '../benchChain';
import { JsonRpcClient, sendBodies } from '../jsonRpcClient';
import { SENDER_COUNT, TOKEN_TRANSFER_GAS_LIMIT, TRANSFER_GAS_LIMIT } from '../load';
import { log, median, ownPeakMebibytes } from '../measure';
import { startPeer } from '../peers';
import { compare, type Row, type Section, type SectionResult } from '../section';
import { devSigners, freshAddress, type Message, type Signer, sign } from '../signers';
import { transferData } from '../tokenCalls';

/** More than 20,000 ERC-20 transfers to fresh recipients use. */
const BLOCK_GAS_LIMIT = 2_000_000_000;
const BATCH_SIZE = 250;
const GOAL = { atLeast: 3 };
/** What a node executes by. */
const DEFAULT: ExecutorChoice = {};
const SEQUENTIAL: ExecutorChoice = { executor: 'sequential' };

interface MineTimes {
  durationMs: number;
  processorMs: number;
}

/** What both chains take in before the block that counts, and that block; the same signed bytes for both. */
interface Queue {
  setUp: SignedTransaction[][];
  transactions: SignedTransaction[];
}

export const blocks: Section = {
  title: 'A block of many transactions: execute, state root, seal',
  about:
    'The same signed transactions on both, each time on a new chain that has only the token and 200 senders. The first block of that size on each is not ' +
    'timed, the second is: memory and compiled code as in a node that runs. As a node does by default: on all cores, with workers that are up; beneath, on one. The ' +
    'block on LevelDB in a temporary folder; writing it there is shown apart. anvil has taken all transactions into its pool before its `evm_mine` is timed, so ' +
    "that signature recovery is in nobody's time; LevelDB is done with the block before, so is anvil; anvil's has the block's way into its memory in it. JSON and pool are in nobody's time, but for " +
    'the choice of transactions from the pool in anvil’s.',

  async measure({ blockTransactionCount: count, rounds }) {
    const result: SectionResult = { rows: [], memoryMebibytes: {}, versions: {}, notes: [] };
    // Compiled code of the process, warm as it is in a node that runs.
    for (const choice of [DEFAULT, SEQUENTIAL]) await runOwn(tokenQueue(Math.ceil(count / 10)), choice);
    for (const [work, queue] of [
      [`${count} ERC-20 transfers, one token, fresh recipients`, tokenQueue(count)],
      [`${count} raw transfers, fresh recipients`, transferQueue(count)],
    ] as const) {
      const own: SealTimes[] = [];
      const sequential: SealTimes[] = [];
      const anvil: MineTimes[] = [];
      for (let round = 0; round < rounds; round++) {
        log(`blocks: ${work}, round ${round + 1} of ${rounds}`);
        own.push(await runOwn(queue, DEFAULT));
        sequential.push(await runOwn(queue, SEQUENTIAL));
        anvil.push(await runAnvil(queue, result));
      }
      result.rows.push(...rowsOf(work, own, sequential, anvil));
    }
    result.memoryMebibytes['this process'] = ownPeakMebibytes();
    return result;
  },
};

function rowsOf(work: string, own: SealTimes[], sequential: SealTimes[], anvil: MineTimes[]): Row[] {
  const mined = { name: 'anvil', value: median(anvil.map(({ durationMs }) => durationMs)) };
  const processor = { name: 'anvil', value: median(anvil.map(({ processorMs }) => processorMs)) };
  return [
    compare(work, 'ms', median(own.map(({ executeMs }) => executeMs)), mined, GOAL),
    compare('… and written to disk', 'ms', median(own.map(({ executeMs, commitMs }) => executeMs + commitMs)), mined),
    compare('… by the sequential executor', 'ms', median(sequential.map(({ executeMs }) => executeMs)), mined),
    compare(
      '… its processor time, without the disk',
      'ms',
      median(own.map((times) => times.executeProcessorMs)),
      processor,
    ),
  ];
}

async function runOwn({ setUp, transactions }: Queue, executor: ExecutorChoice): Promise<SealTimes> {
  const rich = devSigners(SENDER_COUNT).map(({ address }) => address);
  const chain = await BenchChain.open({ executor, rich, gasLimit: BLOCK_GAS_LIMIT, store: 'disk' });
  try {
    await chain.started();
    for (const block of setUp) await chain.seal(block);
    return await chain.seal(transactions);
  } finally {
    await chain.close();
  }
}

async function runAnvil({ setUp, transactions }: Queue, result: SectionResult): Promise<MineTimes> {
  const peer = await startPeer('anvil', { gasLimit: BLOCK_GAS_LIMIT });
  const client = new JsonRpcClient(peer.url);
  try {
    await client.call('evm_setAutomine', [false]);
    const send = async (block: SignedTransaction[]) => {
      for (const body of sendBodies(
        block.map(({ raw }) => toHex(raw)),
        BATCH_SIZE,
      ))
        await client.sendBatch(body);
    };
    const mine = async (block: SignedTransaction[]) => {
      await send(block);
      const startedMs = performance.now();
      const processorMs = peer.processorMs();
      await client.call('evm_mine');
      const times = { durationMs: performance.now() - startedMs, processorMs: peer.processorMs() - processorMs };
      const mined = Number(await client.call('eth_getBlockTransactionCountByNumber', ['latest']));
      if (mined !== block.length) throw new Error(`anvil mined ${mined} of ${block.length} transactions`);
      const receipt = (await client.call('eth_getTransactionReceipt', [toHex(block[block.length - 1].hash)])) as {
        status: string;
      };
      if (receipt.status !== '0x1') throw new Error('the last transaction failed on anvil');
      return times;
    };
    for (const block of setUp) await mine(block);
    const times = await mine(transactions);
    result.memoryMebibytes.anvil = Math.max(result.memoryMebibytes.anvil ?? 0, peer.peakMebibytes());
    result.versions.anvil = peer.version;
    return times;
  } finally {
    client.close();
    await peer.stop();
  }
}

function transferQueue(count: number): Queue {
  const signers = devSigners(SENDER_COUNT);
  const message = (index: number) => ({ to: freshAddress(index), value: 1n, gasLimit: TRANSFER_GAS_LIMIT });
  return withWarmUp([], signInTurn(signers, 2 * count, message));
}

function tokenQueue(count: number): Queue {
  const signers = devSigners(SENDER_COUNT);
  const [first, ...others] = signers;
  const token = contractAddress(first.address, 0n);
  const data = concatBytes(readArtifact('ExampleToken').creationCode, toFixedBytes(10n ** 24n, 32));
  const deployment = sign(first, CHAIN_ID, { to: undefined, data, gasLimit: 4_000_000n });
  const gasLimit = TOKEN_TRANSFER_GAS_LIMIT;
  const funding = others.map(({ address }) =>
    sign(first, CHAIN_ID, { to: token, data: transferData(address, 10n ** 20n), gasLimit }),
  );
  const message = (index: number) => ({ to: token, data: transferData(freshAddress(index), 1n), gasLimit });
  return withWarmUp([[deployment], funding], signInTurn(signers, 2 * count, message));
}

/** Half of the transactions go into the block that is timed, and before it the others into one. */
function withWarmUp(setUp: SignedTransaction[][], transactions: SignedTransaction[]): Queue {
  const half = transactions.length / 2;
  return { setUp: [...setUp, transactions.slice(0, half)], transactions: transactions.slice(half) };
}

function signInTurn(signers: Signer[], count: number, message: (index: number) => Message): SignedTransaction[] {
  return Array.from({ length: count }, (_, index) => sign(signers[index % signers.length], CHAIN_ID, message(index)));
}
