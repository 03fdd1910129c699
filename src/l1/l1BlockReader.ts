import type { Hex, PublicClient, RpcBlock, RpcLog } from 'viem';
import type { L1BlockRef, L1Input, L1OriginInput, PostedBatch } from '../chain/l1Block';
import { bloomMayContain } from '../codec/receipt';
import { equalBytes, fromHex, type Hash, toHex, ZERO_HASH } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { blobBaseFee } from './blobBaseFee';
import { type BlobReader, noBlobSource } from './blobs/blobReader';
import { decodeExecutionUpgrade, EXECUTION_UPGRADE_TOPICS } from './executionUpgradeLog';
import { decodeFeeScalars, FEE_SCALARS_UPDATED_TOPIC } from './feeScalarsLog';
import { type L1Client, toQuantity } from './l1Client';
import { decodePortalDeposit, TRANSACTION_DEPOSITED_TOPIC } from './portalDeposit';
import {
  BATCH_POSTED_TOPIC,
  type BatchAnnouncement,
  batchDataFromBlobs,
  batchDataFromInput,
  batchDataKinds,
  commitsToBlobs,
  decodeBatchPosted,
} from './postedBatch';

/** What the sequencer needs of an L1 block: no batches. */
export type L1Origin = L1OriginInput;

export interface L1ContractAddresses {
  portal: Hex;
  inbox: Hex;
  /** Without it nothing is read about who executes blocks. */
  moduleRegistry?: Hex;
  /** Without it nothing is read about fee scalars. */
  systemConfig?: Hex;
}

/** A batch whose data is to be fetched. */
interface AnnouncedBatch {
  input: L1Input;
  transactionHash: Hex;
  announcement: BatchAnnouncement;
}

/** Of events that change what the chain goes by. */
const CONFIG_TOPICS = [...EXECUTION_UPGRADE_TOPICS, FEE_SCALARS_UPDATED_TOPIC];
/** Requests that one call has in flight at most. */
const CONCURRENCY_MAX = 16;
/** Blobs that one call gives at most, unless the first block alone has more: they stay in memory until they are derived from. */
const BLOB_COUNT_MAX = 128;

/**
 * Reads L1 blocks as derivation sees them. Stateless; every answer is checked to be of one chain: parents link, and logs belong to the
 * blocks they are listed under. What does not fit (the L1 reorganized between two requests, an endpoint lags behind another) is
 * L1.Inconsistent, which a later attempt does not meet.
 */
export class L1BlockReader {
  constructor(
    private readonly l1: L1Client,
    private readonly contracts: L1ContractAddresses,
    /** Without it a batch in blobs cannot be read, which is an error, not an empty batch. */
    private readonly blobs?: BlobReader,
  ) {}

  /** The L1's newest block. @throws L1.Unreachable */
  async latest(): Promise<L1BlockRef> {
    const block = await this.#rpcBlock('latest');
    if (!block) throw inconsistent('the L1 has no latest block');
    return blockRefOf(block);
  }

  /** @returns undefined when the L1 has no block of this number (yet). @throws L1.Unreachable */
  async block(number: number): Promise<L1BlockRef | undefined> {
    const block = await this.#rpcBlock(toQuantity(number));
    return block ? blockRefOf(block) : undefined;
  }

  /** Number of the newest block that the L1 holds for finalized. @returns undefined when the L1 knows no such tag */
  async finalizedNumber(): Promise<number | undefined> {
    try {
      const block = await this.#rpcBlock('finalized');
      return block ? Number(block.number) : undefined;
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      return undefined;
    }
  }

  /**
   * The blocks `from` to `to`, both inclusive, with their deposits, upgrades and fee scalars.
   * @throws L1.Unreachable, L1.Inconsistent (both `retry`)
   */
  async origins(from: number, to: number): Promise<L1Origin[]> {
    const inputs = await this.#read(from, to, [TRANSACTION_DEPOSITED_TOPIC, ...CONFIG_TOPICS]);
    return inputs.map(({ block, deposits, upgrades, feeScalars }) => ({ block, deposits, upgrades, feeScalars }));
  }

  /**
   * The blocks from `from` on, up to `to` at most, with their deposits, upgrades, fee scalars and batches; fewer, but at least one, where later ones wait for
   * blobs or there are many of them.
   * @throws L1.Unreachable, L1.Inconsistent, L1.BlobUnavailable (all `retry`); L1.BlobExpired, L1.NoBlobSource (`halt`)
   */
  inputs(from: number, to: number): Promise<L1Input[]> {
    return this.#read(from, to, [TRANSACTION_DEPOSITED_TOPIC, BATCH_POSTED_TOPIC, ...CONFIG_TOPICS]);
  }

  async #read(from: number, to: number, topics: Hex[]): Promise<L1Input[]> {
    const numbers = Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
    const [headers, logs] = await Promise.all([
      mapConcurrently(numbers, (number) => this.#rpcBlock(toQuantity(number))),
      this.#logs(from, to, topics),
    ]);
    logs.push(...(await this.#logsLeftOut(headers, logs, topics)));
    const inputs: L1Input[] = [];
    for (const [offset, header] of headers.entries()) {
      if (!header) throw inconsistent(`L1 block ${from + offset} is missing`);
      const block = blockRefOf(header);
      const parent = inputs.at(-1)?.block;
      if (block.number > 0 && equalBytes(block.parentHash, ZERO_HASH))
        block.parentHash = await this.#madeUpParent(block, parent);
      if (parent && !equalBytes(parent.hash, block.parentHash)) {
        throw inconsistent(`L1 blocks ${parent.number} and ${block.number} do not link`);
      }
      inputs.push({ block, deposits: [], batches: [] });
    }
    const announced: AnnouncedBatch[] = [];
    for (const log of logs) {
      const input = inputs[Number(log.blockNumber) - from];
      if (!input || !log.blockHash || !equalBytes(fromHex(log.blockHash), input.block.hash)) {
        throw inconsistent(`a log lies in L1 block ${Number(log.blockNumber)} ${log.blockHash}, which is another`);
      }
      const address = log.address.toLowerCase();
      if (address === this.contracts.portal.toLowerCase()) {
        const deposit = decodePortalDeposit({ ...log, logIndex: Number(log.logIndex) });
        if (deposit) input.deposits.push(deposit);
      } else if (address === this.contracts.inbox.toLowerCase() && log.transactionHash) {
        const announcement = decodeBatchPosted(log);
        if (announcement) announced.push({ input, transactionHash: log.transactionHash, announcement });
      } else if (address === this.contracts.moduleRegistry?.toLowerCase()) {
        const upgrade = decodeExecutionUpgrade(log);
        if (upgrade) input.upgrades = [...(input.upgrades ?? []), upgrade];
      } else if (address === this.contracts.systemConfig?.toLowerCase()) {
        input.feeScalars = decodeFeeScalars(log) ?? input.feeScalars;
      }
    }
    return this.#withBatches(inputs, announced);
  }

  /**
   * Hardhat makes up the blocks of `hardhat_mine` with a count above 3 when they are asked for, with zeros for their parent's hash, which no
   * block of a chain has. They stand on the block of the number before.
   */
  async #madeUpParent({ number }: L1BlockRef, parent: L1BlockRef | undefined): Promise<Hash> {
    const before = parent ?? (await this.block(number - 1));
    if (!before) throw inconsistent(`L1 block ${number - 1} is missing`);
    return before.hash;
  }

  /** Gives the inputs their batches; ends before the first that cannot be had yet, or where there are enough blobs. */
  async #withBatches(inputs: L1Input[], announced: AnnouncedBatch[]): Promise<L1Input[]> {
    let count = inputs.length;
    let blobCount = 0;
    for (const { input, announcement } of announced) {
      blobCount += announcement.blobHashes.length;
      const index = inputs.indexOf(input);
      if (blobCount > BLOB_COUNT_MAX && index > 0) count = Math.min(count, index);
    }
    const wanted = announced.filter(({ input }) => inputs.indexOf(input) < count);
    const batches = await mapConcurrently(wanted, async (batch) => {
      try {
        return await this.#batch(batch);
      } catch (error) {
        // What lies before it can be derived meanwhile.
        const index = inputs.indexOf(batch.input);
        if (index === 0) throw error;
        count = Math.min(count, index);
        return undefined;
      }
    });
    for (const [index, batch] of batches.entries()) if (batch) wanted[index].input.batches.push(batch);
    return inputs.slice(0, count);
  }

  async #batch({ input, transactionHash, announcement }: AnnouncedBatch): Promise<PostedBatch> {
    const { index } = announcement;
    if (announcement.dataKind === batchDataKinds.blobs) {
      const data = await this.#blobData(input.block, announcement);
      return { index, transactionHash: fromHex(transactionHash), data };
    }
    const transaction = await this.l1.read((viem) =>
      viem.request({ method: 'eth_getTransactionByHash', params: [transactionHash] }),
    );
    if (!transaction) throw inconsistent(`the transaction ${transactionHash} that posted a batch is missing`);
    const data = batchDataFromInput(announcement, transaction.input);
    return { index, transactionHash: fromHex(transactionHash), data };
  }

  async #blobData(block: L1BlockRef, announcement: BatchAnnouncement): Promise<Uint8Array> {
    const { index, blobHashes } = announcement;
    if (!commitsToBlobs(announcement)) throw inconsistent(`the log of batch ${index} does not commit to its blobs`);
    if (!this.blobs) {
      const details = { l1Block: block.number, versionedHashes: blobHashes.map(toHex) };
      throw noBlobSource(`batch ${index} in blobs of L1 block ${block.number}`, details);
    }
    return batchDataFromBlobs(await this.blobs.read({ block, versionedHashes: blobHashes }));
  }

  /** Logs in block and log order. Splits the range where the L1 finds it too long. */
  async #logs(from: number, to: number, topics: Hex[]): Promise<RpcLog[]> {
    const filter = {
      address: this.#addresses(),
      topics: [topics],
      fromBlock: toQuantity(from),
      toBlock: toQuantity(to),
    };
    try {
      const logs = await this.l1.read((viem) => viem.request({ method: 'eth_getLogs', params: [filter] }));
      return [...logs].sort(
        (a, b) => Number(a.blockNumber) - Number(b.blockNumber) || Number(a.logIndex) - Number(b.logIndex),
      );
    } catch (error) {
      if (error instanceof TributaryError || from === to) throw error;
      const middle = Math.floor((from + to) / 2);
      return [...(await this.#logs(from, middle, topics)), ...(await this.#logs(middle + 1, to, topics))];
    }
  }

  /**
   * Behind a load balancer the logs may come from a node that does not have the newest block yet, and says so by silence. A block whose
   * bloom speaks of our events but that has none listed is asked about by its hash, to which such a node answers with an error.
   */
  async #logsLeftOut(headers: (RpcBlock | null)[], logs: RpcLog[], topics: Hex[]): Promise<RpcLog[]> {
    const listed = new Set(logs.map(({ blockNumber }) => Number(blockNumber)));
    const suspicious = headers.filter(
      (header) =>
        header?.logsBloom && !listed.has(Number(header.number)) && this.#mayHoldEvents(header.logsBloom, topics),
    );
    const found = await mapConcurrently(suspicious, async (header) => {
      const filter = { address: this.#addresses(), topics: [topics], blockHash: header?.hash ?? '0x' };
      try {
        return await this.l1.read((viem) => viem.request({ method: 'eth_getLogs', params: [filter] }));
      } catch (error) {
        if (error instanceof TributaryError) throw error;
        throw inconsistent(`the L1 does not know the logs of its block ${Number(header?.number)} yet`);
      }
    });
    return found.flat();
  }

  #mayHoldEvents(logsBloom: Hex, topics: Hex[]): boolean {
    const bloom = fromHex(logsBloom);
    const { portal, inbox, moduleRegistry, systemConfig } = this.contracts;
    const mayHold = (address: Hex | undefined, topic: Hex) =>
      address &&
      topics.includes(topic) &&
      bloomMayContain(bloom, fromHex(address)) &&
      bloomMayContain(bloom, fromHex(topic));
    return (
      mayHold(portal, TRANSACTION_DEPOSITED_TOPIC) ||
      mayHold(inbox, BATCH_POSTED_TOPIC) ||
      mayHold(systemConfig, FEE_SCALARS_UPDATED_TOPIC) ||
      EXECUTION_UPGRADE_TOPICS.some((topic) => mayHold(moduleRegistry, topic))
    );
  }

  #addresses(): Hex[] {
    const { portal, inbox, moduleRegistry, systemConfig } = this.contracts;
    return [portal, inbox, moduleRegistry, systemConfig].filter((address) => address !== undefined);
  }

  #rpcBlock(at: Hex | 'latest' | 'finalized'): Promise<RpcBlock | null> {
    return this.l1.read((viem) => requestBlock(viem, at));
  }
}

function requestBlock(viem: PublicClient, at: Hex | 'latest' | 'finalized'): Promise<RpcBlock | null> {
  return viem.request({ method: 'eth_getBlockByNumber', params: [at, false] });
}

/** What the JSON-RPC's types leave out of a header. */
type HeaderFields = { mixHash?: Hex | null; parentBeaconBlockRoot?: Hex | null; requestsHash?: Hex | null };

function blockRefOf(block: RpcBlock): L1BlockRef {
  const { mixHash, parentBeaconBlockRoot, requestsHash } = block as HeaderFields;
  if (block.number === null || block.hash === null) throw inconsistent('the L1 gave a pending block');
  return {
    number: Number(block.number),
    hash: fromHex(block.hash),
    parentHash: fromHex(block.parentHash),
    timestamp: Number(block.timestamp),
    baseFeePerGas: BigInt(block.baseFeePerGas ?? 0),
    blobBaseFee: blobBaseFee({
      excessBlobGas: block.excessBlobGas ? BigInt(block.excessBlobGas) : undefined,
      requestsHash,
    }),
    prevRandao: mixHash ? fromHex(mixHash) : ZERO_HASH,
    parentBeaconBlockRoot: parentBeaconBlockRoot ? fromHex(parentBeaconBlockRoot) : ZERO_HASH,
  };
}

function inconsistent(sentence: string): TributaryError {
  return new TributaryError('L1.Inconsistent', sentence, { recovery: 'retry' });
}

/** Results in the order of `items`; stops starting new work at the first failure. */
async function mapConcurrently<Item, Result>(
  items: Item[],
  action: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await action(items[index]);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY_MAX, items.length) }, work));
  return results;
}
