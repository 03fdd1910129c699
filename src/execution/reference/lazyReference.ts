import type { ChainConfig } from '../../chain/chainConfig';
import type { BlockHeader } from '../../codec/header';
import type { CallRequest, CallResult, ExecuteBlockRequest, ExecutedBlock, Executor, StateOverride } from '../executor';
import type { ExecutionChain, ReferenceExecutor } from './referenceExecutor';

interface ReferenceModule {
  ReferenceExecutor: typeof ReferenceExecutor;
}

/** The reference, read in when it is needed first: most nodes never do, and `@ethereumjs/evm` takes a tenth of a second. */
export class LazyReference implements Executor {
  readonly #config: ChainConfig;
  readonly #chain: ExecutionChain;
  #loaded: ReferenceExecutor | undefined;

  constructor(config: ChainConfig, chain: ExecutionChain) {
    this.#config = config;
    this.#chain = chain;
  }

  async executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    return this.#reference.executeBlock(request);
  }

  async call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult> {
    return this.#reference.call(request, at, overrides);
  }

  async close(): Promise<void> {
    await this.#loaded?.close();
  }

  get #reference(): ReferenceExecutor {
    if (!this.#loaded) {
      const module = require('./referenceExecutor') as ReferenceModule;
      this.#loaded = new module.ReferenceExecutor(this.#config, this.#chain);
    }
    return this.#loaded;
  }
}
