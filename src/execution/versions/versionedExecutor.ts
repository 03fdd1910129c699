import type { AttributeRules, BlockAttributes, ChildPlace, ParentBlock } from '../../chain/blockAttributes';
import type { LoggedUpgrade } from '../../chain/executionUpgrade';
import type { Block } from '../../codec/block';
import type { BlockHeader } from '../../codec/header';
import type { SignedTransaction } from '../../codec/transaction';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { Emitter } from '../../core/emitter';
import { errorMessage, hasErrorCode, TributaryError } from '../../core/errors';
import type { Logger } from '../../core/ports';
import type {
  CallRequest,
  CallResult,
  ExecuteBlockRequest,
  ExecutedBlock,
  Executor,
  RejectedTransaction,
  StateOverride,
} from '../executor';
import { isKernelFault } from '../kernel/kernelFault';
import { type ExecutionRuling, executionRuling } from './executionSchedule';
import { takenUpgrades, type UpgradeLogChain, upgradesOperation } from './upgradeLog';

/** Where kernels come from: `governance/ArtifactStore`. */
export interface ArtifactSource {
  /** The compiled kernel, when it is here. Synchronous. */
  module(artifactHash: Hash): WebAssembly.Module | undefined;
  /** Asks for one to be fetched. Any number of times. */
  want(artifactHash: Hash): void;
  /** Where it looks, in words. */
  readonly places: string[];
}

/** An executor of one version. */
export interface VersionExecutor extends Executor {
  nextBaseFee(parent: BlockHeader): bigint;
}

/** Makes executors of one version each. */
export interface VersionFactory {
  /** As the node is configured. @param module undefined: the kernel of this package */
  create(module: WebAssembly.Module | undefined): VersionExecutor;
  /** One transaction after the other, on an instance of its own: what it does decides whether a version traps. */
  createFresh(module: WebAssembly.Module | undefined): VersionExecutor;
  /** What no version can do; undefined where the genesis artifact is not this package's kernel. */
  lastResort(): Executor;
}

/** A block that the version which ruled it could not execute. */
export interface VersionFault {
  /** Undefined: the genesis artifact. */
  versionId: Hash | undefined;
  artifactHash: Hash;
  blockNumber: number;
  /** Undefined: in `nextBaseFee`. */
  reason: string;
}

export interface VersionedExecutorOptions {
  /** keccak256 of the kernel that rules from genesis on. */
  genesisHash: Hash;
  /** keccak256 of this package's kernel. */
  packagedHash: Hash;
  chain: VersionedChain;
  artifacts: ArtifactSource;
  factory: VersionFactory;
  logger?: Logger;
}

/** What is read of the chain; `state/ChainStore` has it. */
export interface VersionedChain extends UpgradeLogChain {
  readonly head: Block;
  blockByNumber(blockNumber: number): Block | undefined;
}

/** Versions with an instance at once: the one that rules, the one before it, one that is coming. Each takes up to 1 GiB. */
const LIVE_COUNT_MAX = 3;
/** How often a block is built anew because its version refuses what its predecessor took in; then it gets no transactions. */
const REBUILDS_MAX = 8;

/**
 * The state transition by whichever version of the kernel rules the block (`executionRuling`), switched without a restart.
 *
 * A version that traps is contained: the block is executed by what ruled before it. Whether it traps is asked of a fresh, sequential instance
 * on the committed state, so that neither speculation nor warm caches decide; every node finds the same. No clock is involved. The block
 * after it is the version's again. Warm state is not handed over: an instance whose base is not the block's parent reads the store anew.
 */
export class VersionedExecutor implements Executor, AttributeRules {
  /** A version could not execute a block, which its predecessor did. May come again for the same block. */
  readonly faulted = new Emitter<VersionFault>();
  readonly #options: VersionedExecutorOptions;
  /** By artifact hash, the least recently used first. */
  readonly #live = new Map<string, VersionExecutor>();
  #lastResort: Executor | undefined;

  constructor(options: VersionedExecutorOptions) {
    this.#options = options;
  }

  /** Who executes the block after the head's, as far as the chain knows by now. */
  rulingAfter(head: Block): ExecutionRuling {
    return this.#ruling(head.header.number + 1, head.l1Origin.number, []);
  }

  /** Makes a version ready, so that its first block need not wait. @returns false where its artifact is not here */
  prepare(artifactHash: Hash): boolean {
    if (!this.#isPackaged(artifactHash) && !this.#options.artifacts.module(artifactHash)) return false;
    this.#executorOf(artifactHash, undefined);
    return true;
  }

  /** @throws Execution.ArtifactMissing (`retry`), Execution.VersionTrapped (`halt`: no version can), and what executors throw */
  async executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const { attributes } = request;
    const ruling = this.#ruling(attributes.number, attributes.l1Origin.number, attributes.upgrades ?? []);
    const executed = await this.#execute(request, ruling, [ruling.artifactHash, ...ruling.fallbackHashes]);
    return this.#withUpgrades(executed, attributes);
  }

  /** By the version that rules the block `at`. */
  async call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult> {
    const { chain } = this.#options;
    const { l1Origin } = chain.blockByNumber(at.number) ?? chain.head;
    const ruling = this.#ruling(at.number, l1Origin.number, [], at.number);
    for (const artifactHash of [ruling.artifactHash, ...ruling.fallbackHashes]) {
      try {
        return await this.#executorOf(artifactHash, ruling).call(request, at, overrides);
      } catch (error) {
        if (!isKernelFault(error, !this.#isPackaged(artifactHash))) throw error;
        this.#options.logger?.warn({ artifact: toHex(artifactHash), error: errorMessage(error) }, 'a call trapped');
        this.#drop(artifactHash);
      }
    }
    return this.#useLastResort(ruling, at.number).call(request, at, overrides);
  }

  nextBaseFee(parent: ParentBlock, { number, originNumber, upgrades }: ChildPlace): bigint {
    const ruling = this.#ruling(number, originNumber, upgrades);
    for (const artifactHash of [ruling.artifactHash, ...ruling.fallbackHashes]) {
      try {
        return this.#executorOf(artifactHash, ruling, number).nextBaseFee(parent.header);
      } catch (error) {
        if (!isKernelFault(error, !this.#isPackaged(artifactHash))) throw error;
        this.#drop(artifactHash);
        this.#report(ruling, artifactHash, number, `nextBaseFee: ${errorMessage(error)}`);
      }
    }
    throw trapped(ruling, number, 'nextBaseFee');
  }

  async close(): Promise<void> {
    const executors = [...this.#live.values(), ...(this.#lastResort ? [this.#lastResort] : [])];
    this.#live.clear();
    await Promise.all(executors.map((executor) => executor.close()));
  }

  #ruling(number: number, originNumber: number, upgrades: LoggedUpgrade[], head = number - 1): ExecutionRuling {
    const { genesisHash, chain } = this.#options;
    return executionRuling(genesisHash, [...takenUpgrades(chain, head), ...upgrades], { number, originNumber });
  }

  /** The block by the first of `hashes` that does not trap on it, as a strict execution of its transactions has it too. */
  async #execute(request: ExecuteBlockRequest, ruling: ExecutionRuling, hashes: Hash[]): Promise<ExecutedBlock> {
    const [artifactHash, ...fallbacks] = hashes;
    const { number } = request.attributes;
    if (!artifactHash) return this.#useLastResort(ruling, number).executeBlock(request);
    const first = await this.#attempt(artifactHash, request, ruling);
    if ('executed' in first) return first.executed;
    this.#report(ruling, artifactHash, number, first.fault);
    if (request.mode === 'strict') return this.#execute(request, ruling, fallbacks);
    return this.#buildByFallback(request, ruling, artifactHash, fallbacks);
  }

  /**
   * Derivation will run what is built here by the version that trapped, strictly: a transaction that made it trap may be one that the
   * predecessor left out. So what the predecessor built is kept only where the version traps on that too.
   */
  async #buildByFallback(
    request: ExecuteBlockRequest,
    ruling: ExecutionRuling,
    artifactHash: Hash,
    fallbacks: Hash[],
  ): Promise<ExecutedBlock> {
    const { attributes } = request;
    const refused: RejectedTransaction[] = [];
    let { transactions } = request;
    for (let rebuilds = 0; ; rebuilds++) {
      const built = await this.#execute({ attributes, transactions, mode: 'build' }, ruling, fallbacks);
      const rejected = [...refused, ...built.rejected];
      const included = signedOf(built.block);
      try {
        const again = { attributes, transactions: included, mode: 'strict' as const };
        const checked = await this.#attempt(artifactHash, again, ruling);
        return { ...('executed' in checked ? checked.executed : built), rejected };
      } catch (error) {
        if (!hasErrorCode(error, 'Execution.InvalidTransaction')) throw error;
        const wrong = included[Number(error.details.index)];
        refused.push({ transaction: wrong, error });
        transactions = rebuilds < REBUILDS_MAX ? included.filter((transaction) => transaction !== wrong) : [];
      }
    }
  }

  async #attempt(
    artifactHash: Hash,
    request: ExecuteBlockRequest,
    ruling: ExecutionRuling,
  ): Promise<{ executed: ExecutedBlock } | { fault: string }> {
    const { factory, logger } = this.#options;
    const isForeign = !this.#isPackaged(artifactHash);
    const blockNumber = request.attributes.number;
    try {
      return { executed: await this.#executorOf(artifactHash, ruling, blockNumber).executeBlock(request) };
    } catch (error) {
      if (!isKernelFault(error, isForeign)) throw error;
      this.#drop(artifactHash);
      logger?.warn({ artifact: toHex(artifactHash), blockNumber, error: errorMessage(error) }, 'a kernel trapped');
    }
    let fresh: VersionExecutor | undefined;
    try {
      fresh = factory.createFresh(this.#module(artifactHash, ruling, blockNumber));
      return { executed: await fresh.executeBlock(request) };
    } catch (error) {
      if (!isKernelFault(error, isForeign)) throw error;
      return { fault: errorMessage(error) };
    } finally {
      await fresh?.close();
    }
  }

  /** Where all versions trap. The reference speaks for this package's kernel alone. */
  #useLastResort(ruling: ExecutionRuling, blockNumber: number): Executor {
    const { factory, genesisHash } = this.#options;
    if (!this.#isPackaged(genesisHash)) throw trapped(ruling, blockNumber, 'every version');
    this.#lastResort ??= factory.lastResort();
    return this.#lastResort;
  }

  #report({ versionId }: ExecutionRuling, artifactHash: Hash, blockNumber: number, reason: string): void {
    const { logger } = this.#options;
    const fields = { versionId: versionId && toHex(versionId), artifact: toHex(artifactHash), blockNumber, reason };
    logger?.error(fields, 'a version of the kernel cannot execute a block: its predecessor does');
    this.faulted.emit({ versionId, artifactHash, blockNumber, reason });
  }

  #withUpgrades(executed: ExecutedBlock, { upgrades, number }: BlockAttributes): ExecutedBlock {
    if (!upgrades) return executed;
    const { hash } = executed.block;
    const taken = upgrades.map((upgrade) => ({ ...upgrade, l2Number: number, l2Hash: hash }));
    const operation = upgradesOperation([...takenUpgrades(this.#options.chain, number - 1), ...taken]);
    for (const { upgrade } of upgrades) {
      const { kind, artifactHash } = upgrade;
      this.#options.logger?.info(
        { kind, artifact: toHex(artifactHash), block: number },
        'the chain takes in an upgrade',
      );
      if (kind === 'activation' && !this.#isPackaged(artifactHash)) this.#options.artifacts.want(artifactHash);
    }
    return { ...executed, stateOperations: [...executed.stateOperations, operation] };
  }

  #executorOf(artifactHash: Hash, ruling: ExecutionRuling | undefined, blockNumber?: number): VersionExecutor {
    const name = toHex(artifactHash);
    let executor = this.#live.get(name);
    if (!executor) {
      executor = this.#options.factory.create(this.#module(artifactHash, ruling, blockNumber));
      for (const oldest of this.#live.keys()) {
        if (this.#live.size < LIVE_COUNT_MAX) break;
        this.#close(oldest);
      }
    }
    this.#live.delete(name);
    this.#live.set(name, executor);
    return executor;
  }

  #module(artifactHash: Hash, ruling: ExecutionRuling | undefined, blockNumber?: number) {
    if (this.#isPackaged(artifactHash)) return undefined;
    const { artifacts } = this.#options;
    const module = artifacts.module(artifactHash);
    if (module) return module;
    artifacts.want(artifactHash);
    throw artifactMissing(artifactHash, ruling?.versionId, blockNumber, artifacts.places);
  }

  #isPackaged(artifactHash: Hash): boolean {
    return equalBytes(artifactHash, this.#options.packagedHash);
  }

  #drop(artifactHash: Hash): void {
    this.#close(toHex(artifactHash));
  }

  #close(name: string): void {
    const executor = this.#live.get(name);
    this.#live.delete(name);
    executor?.close().catch((error) => {
      this.#options.logger?.warn({ error: errorMessage(error) }, 'an executor could not be closed');
    });
  }
}

function signedOf({ transactions }: Block): SignedTransaction[] {
  return transactions.filter((transaction): transaction is SignedTransaction => transaction.type !== 0x7e);
}

function artifactMissing(
  artifactHash: Hash,
  versionId: Hash | undefined,
  blockNumber: number | undefined,
  places: string[],
): TributaryError {
  const block = blockNumber === undefined ? '' : ` block ${blockNumber}`;
  return new TributaryError(
    'Execution.ArtifactMissing',
    `the kernel that rules${block} is not here: stopping before it until it is`,
    {
      recovery: 'retry',
      metaMessages: [
        `artifact: ${toHex(artifactHash)}`,
        `version: ${versionId ? toHex(versionId) : 'genesis'}`,
        `looked in: ${places.join(', ') || 'nowhere'}`,
      ],
      details: { artifactHash: toHex(artifactHash), versionId: versionId && toHex(versionId), blockNumber },
    },
  );
}

function trapped({ versionId, artifactHash }: ExecutionRuling, blockNumber: number, what: string): TributaryError {
  return new TributaryError('Execution.VersionTrapped', `block ${blockNumber}: ${what} traps`, {
    recovery: 'halt',
    metaMessages: [`artifact: ${toHex(artifactHash)}`, `version: ${versionId ? toHex(versionId) : 'genesis'}`],
  });
}
