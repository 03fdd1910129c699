import { blockAttributes } from '../../../src/chain/blockAttributes';
import type { ChainConfig } from '../../../src/chain/chainConfig';
import type { ExecutionUpgrade } from '../../../src/chain/executionUpgrade';
import { buildGenesis } from '../../../src/chain/genesis';
import type { SignedTransaction } from '../../../src/codec/transaction';
import { type Hash, ZERO_HASH } from '../../../src/core/bytes';
import { MemoryStore } from '../../../src/core/memoryStore';
import type { KeyValueStore } from '../../../src/core/ports';
import { createVersionedExecutor, type ExecutorKind } from '../../../src/execution/createExecutor';
import type { ExecutedBlock } from '../../../src/execution/executor';
import type { VersionedExecutor, VersionFault } from '../../../src/execution/versions/versionedExecutor';
import { ChainStore } from '../../../src/state/chainStore';
import { l1Block, testConfig } from '../testChain';
import type { FixedArtifacts, KernelVariant } from './kernelVariant';

/** A chain on memory whose blocks are executed by whichever version rules. */
export class VersionedChainHarness {
  readonly faults: VersionFault[] = [];

  private constructor(
    readonly config: ChainConfig,
    readonly chain: ChainStore,
    readonly store: KeyValueStore,
    readonly executor: VersionedExecutor,
  ) {
    executor.faulted.on((fault) => this.faults.push(fault));
  }

  static async open(
    artifacts: FixedArtifacts,
    { store = new MemoryStore() as KeyValueStore, kind = 'sequential' as ExecutorKind } = {},
  ): Promise<VersionedChainHarness> {
    const chain = await ChainStore.open(store, testConfig, buildGenesis(testConfig));
    const executor = createVersionedExecutor({ executor: kind, workers: 2 }, testConfig, chain, artifacts);
    return new VersionedChainHarness(testConfig, chain, store, executor);
  }

  /** The next block; with `upgrades` its origin is one L1 block further, which holds them. */
  request(transactions: SignedTransaction[], upgrades?: ExecutionUpgrade[], mode: 'build' | 'strict' = 'build') {
    const parent = this.chain.head;
    const advance = upgrades ? [{ block: l1Block(parent.l1Origin.number + 1), deposits: [], upgrades }] : [];
    const origin = l1Block(parent.l1Origin.number + advance.length);
    const timestamp = Math.max(parent.header.timestamp + 1, origin.timestamp);
    const attributes = blockAttributes(this.config, parent, timestamp, origin, advance, this.executor);
    return { attributes, transactions, mode };
  }

  async seal(...parameters: Parameters<VersionedChainHarness['request']>): Promise<ExecutedBlock> {
    const executed = await this.executor.executeBlock(this.request(...parameters));
    await this.chain.commit(executed);
    return executed;
  }
}

export function activationOf({ hash }: KernelVariant, activationL2Block: number, predecessor?: Hash): ExecutionUpgrade {
  const versionId = hash.slice().reverse();
  return {
    kind: 'activation',
    versionId,
    artifactHash: hash,
    activationL2Block,
    predecessorHash: predecessor ?? ZERO_HASH,
  };
}

export function rollBackOf({ hash }: KernelVariant, restoredHash: Hash = ZERO_HASH): ExecutionUpgrade {
  return { kind: 'rollBack', versionId: hash.slice().reverse(), artifactHash: hash, restoredHash };
}
