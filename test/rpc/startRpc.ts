import { parseChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import type { L1BlockRef } from '../../src/chain/l1Block';
import { predeploys } from '../../src/chain/predeploys/predeploys';
import { fromHex, type Hash, toFixedBytes, ZERO_HASH } from '../../src/core/bytes';
import { Emitter } from '../../src/core/emitter';
import { MemoryStore } from '../../src/core/memoryStore';
import { systemClock } from '../../src/core/systemClock';
import { ReferenceExecutor } from '../../src/execution/reference/referenceExecutor';
import { Mempool } from '../../src/mempool/mempool';
import { DEV_MNEMONIC, devAccounts } from '../../src/node/dev/devAccounts';
import type { RpcDependencies } from '../../src/rpc/dependencies';
import { DevAccounts } from '../../src/rpc/devAccounts';
import type { ExtraRoute } from '../../src/rpc/httpApplication';
import type { RpcLimits } from '../../src/rpc/limits';
import { RpcServer } from '../../src/rpc/rpcServer';
import type { OriginCandidate, OriginSource } from '../../src/sequencer/originSource';
import { Sequencer } from '../../src/sequencer/sequencer';
import { ChainStore } from '../../src/state/chainStore';
import { SilentLogger } from './silentLogger';

export const MNEMONIC = DEV_MNEMONIC;
export const L2_CHAIN_ID = 31338;
const GENESIS_TIMESTAMP = 1_700_000_000;

export interface StartRpcOptions {
  limits?: Partial<RpcLimits>;
  extraRoutes?: ExtraRoute[];
  /** Undefined = sealed as soon as transactions wait. */
  blockTimeSeconds?: number;
  /** Whether keys are unlocked and dev methods exist; default true. */
  dev?: boolean;
  /** Changes what the server stands on. */
  adapt?: (dependencies: RpcDependencies) => RpcDependencies;
}

export type RunningRpc = Awaited<ReturnType<typeof startRpc>>;

/** The real server on a free port, over a real chain, executor, mempool and sequencer in memory; L1 is a list of blocks. */
export async function startRpc(options: StartRpcOptions = {}) {
  const dev = options.dev ?? true;
  const logger = new SilentLogger();
  const unlocked = new DevAccounts(devAccounts(20).map(({ account }) => account));
  const config = parseChainConfig({
    l1ChainId: 31337,
    l2ChainId: L2_CHAIN_ID,
    genesis: {
      l1Number: 1,
      l1Hash: `0x${'11'.repeat(32)}`,
      l2TimestampSeconds: GENESIS_TIMESTAMP,
      allocations: unlocked.addresses.map((address) => ({ address, balanceWei: `1${'0'.repeat(22)}` })),
    },
    forks: { pragueTimeSeconds: 0, osakaTimeSeconds: 0 },
    gasLimit: 60_000_000,
    baseFee: { initialWei: '1000000000', elasticity: 2, changeDenominator: 8 },
    sequencingWindowL1Blocks: 3600,
    l1OriginAdvanceMax: 256,
    timestampDriftSecondsMax: 600,
    batchDecompressedSizeBytesMax: 10_485_760,
    contracts: { inbox: zeroAddress(1), portal: zeroAddress(2), disputeGameFactory: zeroAddress(3) },
  });
  const store = new MemoryStore();
  const genesis = buildGenesis(config, predeploys());
  const chain = await ChainStore.open(store, config, genesis);
  const executor = new ReferenceExecutor(config, chain, true);
  const mempool = await Mempool.open({ store, chain, config, clock: systemClock, logger });
  const l1 = new ListedL1();
  const sequencer = new Sequencer({
    config,
    chain,
    mempool,
    executor,
    origins: l1,
    clock: systemClock,
    logger,
    blockTimeSeconds: options.blockTimeSeconds,
  });
  sequencer.start();
  const dependencies: RpcDependencies = {
    config,
    chain,
    executor,
    mempool,
    submitter: sequencer,
    clock: systemClock,
    logger,
    version: '0.0.0-test',
    l1: { head: () => l1.latest() },
    ...(dev ? { devAccounts: unlocked, dev: sequencer } : {}),
  };
  const server = await RpcServer.start({
    host: '127.0.0.1',
    port: 0,
    dependencies: options.adapt?.(dependencies) ?? dependencies,
    limits: options.limits,
    extraRoutes: options.extraRoutes,
  });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    server,
    url,
    wsUrl: `ws://127.0.0.1:${server.port}`,
    config,
    chain,
    mempool,
    sequencer,
    l1,
    dependencies,
    /** What was logged as an error. */
    errors: logger.errors,
    /** POSTs a body as it is. */
    post: (body: string, headers: Record<string, string> = {}) => postBody(url, body, headers),
    /** One request; the reply's `result` and `error`. */
    request: async (method: string, params: unknown = [], headers: Record<string, string> = {}) => {
      const { reply } = await postBody(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), headers);
      return reply as { result?: unknown; error?: { code: number; message: string; data?: unknown } };
    },
    stop: async () => {
      await server.close();
      await sequencer.stop();
      await mempool.close();
      await executor.close();
    },
  };
}

async function postBody(url: string, body: string, headers: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    reply: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

function zeroAddress(last: number): string {
  return `0x${last.toString(16).padStart(40, '0')}`;
}

/** An L1 whose blocks a test adds by hand; number 1 is the genesis origin. */
export class ListedL1 implements OriginSource {
  readonly advanced = new Emitter<unknown>();
  readonly #candidates: OriginCandidate[] = [{ block: l1Block(1), deposits: [] }];

  origin(number: number): L1BlockRef | undefined {
    return this.#candidates[number - 1]?.block;
  }

  following(parentOriginNumber: number, limit: number): OriginCandidate[] {
    return this.#candidates.slice(parentOriginNumber, parentOriginNumber + limit);
  }

  latest(): L1BlockRef | undefined {
    return this.#candidates.at(-1)?.block;
  }

  mine(deposits: OriginCandidate['deposits']): void {
    this.#candidates.push({ block: l1Block(this.#candidates.length + 1), deposits });
    this.advanced.emit(undefined);
  }
}

function l1Block(number: number): L1BlockRef {
  return {
    number,
    hash: l1Hash(number),
    parentHash: l1Hash(number - 1),
    timestamp: GENESIS_TIMESTAMP + number,
    baseFeePerGas: 7n,
    blobBaseFee: 1n,
    prevRandao: toFixedBytes(number, 32),
    parentBeaconBlockRoot: ZERO_HASH,
  };
}

function l1Hash(number: number): Hash {
  return fromHex((number * 0x11).toString(16).padStart(2, '0').repeat(32));
}
