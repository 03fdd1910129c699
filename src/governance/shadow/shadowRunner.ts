import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ChainConfig } from '../../chain/chainConfig';
import { type Hash, toHex } from '../../core/bytes';
import { Emitter } from '../../core/emitter';
import { errorMessage, TributaryError } from '../../core/errors';
import type { Clock, Logger } from '../../core/ports';
import { sleep } from '../../l1/backoff';
import { HISTORY_BLOCKS } from '../../state/stateHistory';
import type { ShadowAnswer, ShadowStart } from './shadowProtocol';
import { type DifferenceKind, failedBlock, rangeOf, type ShadowBlock, type ShadowRange } from './shadowResult';

export interface ShadowRunnerOptions {
  artifactHash: Hash;
  module: WebAssembly.Module;
  config: ChainConfig;
  /** The chain's LevelDB, opened with `multithreading`. */
  databaseFolder: string;
  chain: ShadowedChain;
  /** Blocks in a range; each begins at a multiple of it. */
  rangeBlocks: number;
  clock: Clock;
  logger: Logger;
  /** A block that takes longer is a fault of the candidate's; default 10,000. */
  blockTimeoutMs?: number;
  /** How often it is looked for new blocks; default 200. */
  pollIntervalMs?: number;
}

/** What is asked of the chain on this thread. */
export interface ShadowedChain {
  readonly head: { header: { number: number } };
  label(name: 'safe'): { header: { number: number } };
  blockHashByNumber(blockNumber: number): Hash | undefined;
}

export interface ShadowStatus {
  /** Newest block that the candidate executed. */
  blockNumber: number | undefined;
  rangesDone: number;
  /** Ranges left out because the candidate could not keep up with the chain. */
  rangesSkipped: number;
  /** Ranges in which something differed. */
  rangesDiffering: number;
}

/** Compiled JavaScript, also where this file runs from source. */
const WORKER_PATH = join(__dirname, '..', '..', '..', 'dist', 'governance', 'shadow', 'shadowWorker.js');
/** Farther behind the head than this, the state before a block may be gone before it is executed. */
const LAG_BLOCKS_MAX = HISTORY_BLOCKS - 56;
/** JavaScript's; the kernel's memory is of a size that the host chooses and that can't grow. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 };
/** Loading the program and opening the database, before the candidate has any say. */
const START_TIMEOUT_MS = 60_000;

/**
 * Runs a candidate beside the version that rules: executes blocks that are derived from L1 (`safe`) again, in a worker of its own, and says
 * range by range what it computed and where it differs. The chain never waits for it: a candidate that can't keep up leaves ranges out and
 * says so; one that hangs, crashes or traps ends the range with that.
 */
export class ShadowRunner {
  readonly rangeDone = new Emitter<ShadowRange>();
  readonly #options: ShadowRunnerOptions;
  readonly #stop = new AbortController();
  readonly #status: ShadowStatus = { blockNumber: undefined, rangesDone: 0, rangesSkipped: 0, rangesDiffering: 0 };
  #worker: Worker | undefined;
  #running: Promise<void> | undefined;

  constructor(options: ShadowRunnerOptions) {
    this.#options = options;
  }

  /** @param fromBlock default: the first range that begins after the block that is safe now */
  start(fromBlock?: number): void {
    this.#running ??= this.#run(fromBlock ?? this.#nextRange(this.#safeNumber() + 1));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#worker?.terminate();
    await this.#running;
  }

  status(): ShadowStatus {
    return { ...this.#status };
  }

  async #run(fromBlock: number): Promise<void> {
    const { clock, logger, rangeBlocks, artifactHash, pollIntervalMs = 200 } = this.#options;
    const candidate = toHex(artifactHash);
    let from = this.#nextRange(fromBlock);
    logger.info({ candidate, from, rangeBlocks }, 'shadow begins');
    while (!this.#stop.signal.aborted) {
      try {
        const range = await this.#runRange(from);
        if (range) this.#done(range);
        else if (!this.#stop.signal.aborted) {
          this.#status.rangesSkipped++;
          logger.warn({ candidate, from }, 'shadow dropped behind the chain and leaves a range out');
        }
        from = range ? from + rangeBlocks : this.#nextRange(Math.max(from + rangeBlocks, this.#safeNumber() + 1));
      } catch (error) {
        if (this.#stop.signal.aborted) break;
        logger.error({ candidate, from, error: errorMessage(error) }, 'shadow failed on this host: trying again');
        await this.#endWorker();
        await sleep(clock, pollIntervalMs * 10, this.#stop.signal);
      }
    }
    await this.#endWorker();
  }

  #done(range: ShadowRange): void {
    const { logger, artifactHash } = this.#options;
    this.#status.rangesDone++;
    if (range.kinds.length > 0) this.#status.rangesDiffering++;
    const { from, to, kinds, differences } = range;
    const fields = { candidate: toHex(artifactHash), from, to, kinds, differences };
    if (kinds.length > 0) logger.warn(fields, 'the candidate differs in shadow');
    else logger.info(fields, 'the candidate agrees in shadow');
    this.rangeDone.emit(range);
  }

  /** Undefined where it fell too far behind, or was stopped. */
  async #runRange(from: number): Promise<ShadowRange | undefined> {
    const { rangeBlocks, clock, chain, pollIntervalMs = 200 } = this.#options;
    const to = from + rangeBlocks - 1;
    const blocks: ShadowBlock[] = [];
    for (let number = from; number <= to; number++) {
      while (this.#safeNumber() < number && !this.#stop.signal.aborted) {
        await sleep(clock, pollIntervalMs, this.#stop.signal);
      }
      if (this.#stop.signal.aborted || chain.head.header.number - number > LAG_BLOCKS_MAX) return undefined;
      const block = await this.#runBlock(number);
      if (!block) return undefined;
      blocks.push(block);
      this.#status.blockNumber = number;
      // Nothing that follows would change the verdict, and a candidate that hangs would hang on each.
      if (block.differences.some(({ kind }) => kind === 'timeout' || kind === 'crash')) break;
    }
    return rangeOf(from, to, blocks);
  }

  /** Undefined: the state before it is gone. */
  async #runBlock(blockNumber: number): Promise<ShadowBlock | undefined> {
    this.#worker ??= await this.#startWorker();
    const worker = this.#worker;
    const { blockTimeoutMs = 10_000 } = this.#options;
    const outcome = await outcomeOf(worker, blockTimeoutMs, this.#options.clock, () =>
      worker.postMessage({ blockNumber }),
    );
    if (this.#stop.signal.aborted) return undefined;
    if ('answer' in outcome) return readAnswer(outcome.answer);
    await this.#endWorker();
    return this.#failed(blockNumber, outcome.kind, outcome.reason);
  }

  #failed(blockNumber: number, kind: DifferenceKind, reason: string): ShadowBlock {
    const hash = this.#options.chain.blockHashByNumber(blockNumber);
    if (!hash)
      throw new TributaryError('State.UnknownBlock', `there is no block ${blockNumber}`, { recovery: 'retry' });
    return failedBlock(blockNumber, hash, kind, reason);
  }

  async #startWorker(): Promise<Worker> {
    const { module, config, databaseFolder } = this.#options;
    const start: ShadowStart = { module, config, databaseFolder };
    const worker = new Worker(WORKER_PATH, { workerData: start, resourceLimits: RESOURCE_LIMITS });
    // Failures are met where a block is waited for; between blocks there is nobody to tell.
    worker.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => {
      const cancel = this.#options.clock.schedule(START_TIMEOUT_MS, () => reject(workerFailed('does not start')));
      // Nothing but WORKER_READY comes before the first job.
      worker.once('message', () => {
        cancel();
        resolve();
      });
      worker.once('exit', () => {
        cancel();
        reject(workerFailed('ended while starting'));
      });
    });
    return worker;
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #safeNumber(): number {
    return this.#options.chain.label('safe').header.number;
  }

  /** First block of the first range that begins at `blockNumber` or later; block 0 is nobody's to execute. */
  #nextRange(blockNumber: number): number {
    const { rangeBlocks } = this.#options;
    return Math.max(1, Math.ceil(blockNumber / rangeBlocks)) * rangeBlocks;
  }
}

type Outcome = { answer: ShadowAnswer } | { kind: 'timeout' | 'crash'; reason: string };

/** What becomes of a job: an answer, the end of the worker, or of the patience with it. */
function outcomeOf(worker: Worker, timeoutMs: number, clock: Clock, post: () => void): Promise<Outcome> {
  return new Promise((resolve) => {
    const settle = (outcome: Outcome) => {
      cancel();
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(outcome);
    };
    const onMessage = (answer: ShadowAnswer) => settle({ answer });
    const onError = (error: Error) => settle({ kind: 'crash', reason: error.message });
    const onExit = (code: number) => settle({ kind: 'crash', reason: `the worker ended with code ${code}` });
    const cancel = clock.schedule(timeoutMs, () => settle({ kind: 'timeout', reason: `no result in ${timeoutMs} ms` }));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    post();
  });
}

function readAnswer(answer: ShadowAnswer): ShadowBlock | undefined {
  if ('result' in answer) return answer.result;
  if ('tooOld' in answer) return undefined;
  throw new TributaryError('Governance.ShadowFailed', answer.hostFailure, { recovery: 'retry' });
}

function workerFailed(what: string): TributaryError {
  return new TributaryError('Governance.ShadowFailed', `the shadow worker ${what}`, { recovery: 'retry' });
}
