import type { ChainConfig } from '../../chain/chainConfig';
import type { BlockHeader } from '../../codec/header';
import { toHex } from '../../core/bytes';
import { hasErrorCode } from '../../core/errors';
import { Kernel, type KernelOutcome } from '../../kernel/kernel';
import { Status } from '../../kernel/status';
import type { CallRequest, CallResult, Executor, StateOverride } from '../executor';
import type { ExecutionChain } from '../reference/referenceExecutor';
import { INIT_CODE_SIZE_BYTES_MAX } from '../transactionGas';
import { checkCall } from '../transactionRules';
import { kernelBlock } from './kernelBlock';
import { OverriddenState } from './overriddenState';
import { SnapshotBackend } from './snapshotBackend';

const OUTCOMES: Record<number, CallResult['outcome']> = {
  [Status.success]: 'success',
  [Status.reverted]: 'revert',
};
/** Half a million accounts are nothing that calls touch; the tries are not asked at all. */
const CALL_KERNEL = {
  accountBits: 16,
  slotBits: 18,
  trieArenaSizeBytes: 2 ** 20,
  trieBucketCount: 2 ** 8,
  sealingSizeBytes: 8 * 2 ** 20,
  transactionAreaSizeBytes: 16 * 2 ** 20,
};

/**
 * `eth_call` and its kin on a kernel of their own, so that they never meet a block that is being executed. What it cached stays while
 * calls ask for the same state.
 */
export class KernelCalls {
  readonly #config: ChainConfig;
  readonly #chain: ExecutionChain;
  readonly #reference: Pick<Executor, 'call'>;
  readonly #backend: SnapshotBackend;
  readonly #module: WebAssembly.Module | undefined;
  #kernel: Kernel | undefined;
  /** State root that the cache is of. */
  #cachedRoot: string | undefined;

  /**
   * @param reference what the kernel has no room for
   * @param module a version of the kernel other than this package's
   */
  constructor(
    config: ChainConfig,
    chain: ExecutionChain,
    reference: Pick<Executor, 'call'>,
    module: WebAssembly.Module | undefined,
  ) {
    this.#config = config;
    this.#chain = chain;
    this.#reference = reference;
    this.#module = module;
    this.#backend = new SnapshotBackend((blockNumber) => chain.blockHashByNumber(blockNumber));
  }

  /** See `Executor.call`. */
  async call(request: CallRequest, at: BlockHeader, overrides: StateOverride[]): Promise<CallResult> {
    const block = kernelBlock(this.#config, at);
    const base = this.#chain.stateAt(at.number);
    const state = overrides.length > 0 ? new OverriddenState(base, overrides) : base;
    checkCall(request, state, block.fork);
    const isTooLarge = !request.to && request.data.length > INIT_CODE_SIZE_BYTES_MAX;
    const outcome = isTooLarge ? undefined : this.#run(request, at, state, overrides.length > 0);
    if (!outcome) return this.#reference.call(request, at, overrides);
    const { status, output, gasUsed, logs } = outcome;
    const haltReason = status === Status.failed ? this.#kernel?.haltReason() : undefined;
    return { outcome: OUTCOMES[status] ?? 'halt', output, gasUsed, haltReason, logs };
  }

  /** Undefined where the kernel has no room for it. */
  #run(
    request: CallRequest,
    at: BlockHeader,
    state: SnapshotBackend['state'],
    isOverridden: boolean,
  ): KernelOutcome | undefined {
    this.#kernel ??= new Kernel(this.#backend, { ...CALL_KERNEL, module: this.#module });
    const root = toHex(at.stateRoot);
    if (isOverridden || this.#cachedRoot !== root) this.#kernel.discard();
    this.#cachedRoot = isOverridden ? undefined : root;
    this.#backend.state = state;
    this.#kernel.beginBlock(kernelBlock(this.#config, at));
    try {
      return this.#kernel.call({
        ...request,
        type: 0,
        maxFeePerGas: request.gasPrice,
        maxPriorityFeePerGas: request.gasPrice,
      });
    } catch (error) {
      this.#cachedRoot = undefined;
      if (hasErrorCode(error, 'Kernel.RegionFull') || hasErrorCode(error, 'Kernel.TransactionTooLarge')) {
        return undefined;
      }
      throw error;
    }
  }
}
