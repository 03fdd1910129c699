import type { AttributeRules } from '../chain/blockAttributes';
import type { ChainConfig } from '../chain/chainConfig';
import type { L1Input } from '../chain/l1Block';
import type { Block } from '../codec/block';
import { assert } from '../core/assert';
import { equalBytes, fromHex, type Hash, toHex } from '../core/bytes';
import { Emitter } from '../core/emitter';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { type DerivationState, l1BlockOf } from '../derivation/derivationState';
import { type BatchOutcome, deriveL1Block } from '../derivation/deriveL1Block';
import type { Executor } from '../execution/executor';
import { Backoff, sleep } from '../l1/backoff';
import { BlockSettler, type WrongBatchClaim } from './blockSettler';
import { CHECKPOINTS_MAX, type Checkpoint, CheckpointLog } from './checkpointLog';
import type { BlockDecoder } from './decodeAhead';
import { InputsAhead } from './inputsAhead';
import { loadDerivationState } from './loadDerivationState';
import { OutputClaimCheck } from './outputClaimCheck';
import { aborted } from './verifierErrors';
import type {
  L1Position,
  L1Source,
  OutputClaim,
  OutputClaims,
  TakeOver,
  VerifiedChain,
  VerifierProgress,
} from './verifierPorts';

export interface VerifierOptions {
  config: ChainConfig;
  source: L1Source;
  /** Holds genesis at least. Only the verifier commits to it, unless `takeOver` is given. */
  chain: VerifiedChain;
  executor: Pick<Executor, 'executeBlock'>;
  /** Of the versions that execute; default: those that rule from genesis on. */
  rules?: AttributeRules;
  clock: Clock;
  logger: Logger;
  /** Recovers senders off this thread, those of following blocks while one executes; without it on this one. */
  decoder?: BlockDecoder;
  /** Output roots on L1 to compare with. */
  outputClaims?: OutputClaims;
  /**
   * Consolidate: the chain is a sequencer's own. Blocks that are there already are recognized by their inputs and only labelled; where L1
   * says otherwise, the local chain is cut back within this call. Without it (execute), nobody else commits to the chain.
   */
  takeOver?: TakeOver;
}

export interface RunOptions {
  signal?: AbortSignal;
}

/** Where a verifier stands once it has caught up. */
export interface VerifiedHead {
  block: Block;
  l1Block: L1Position;
  /** Since this verifier was made. */
  batches: Record<BatchOutcome['result'], number>;
  /** Batches that claim another hash for their last block than was derived, since this verifier was made. */
  wrongBatchClaims: readonly WrongBatchClaim[];
  /** Output roots on L1 that were compared. */
  outputClaimsChecked: number;
  /** Those that differ from what was derived. */
  wrongOutputClaims: readonly OutputClaim[];
  /** Output roots on L1 for blocks that L1 does not give yet. */
  outputClaimsWaiting: number;
}

const DELAY_MS_MIN = 100;
const DELAY_MS_MAX = 10_000;
const GAP_DEPTH_L1_BLOCKS_MIN = 16;
/** While catching up, output claims are fetched for so many L1 blocks at once, and finality is asked for as rarely. */
const CLAIM_RANGE_L1_BLOCKS = 256;

/**
 * Follows L1 and keeps the chain that it means: derives, executes (or recognizes), compares, commits, labels `safe` and `finalized`.
 *
 * What one L1 block gives is committed block by block, then its checkpoint is written. A process killed in between derives the same L1
 * block again and recognizes the blocks that are there. After an L1 reorganization it goes back to the last checkpoint on the canonical L1;
 * blocks after it whose own origin stayed remain on disk, unsafe, until L1 gives them again or gives others.
 * One run at a time.
 */
export class Verifier {
  /** When it is known from where to go on, and after each L1 block. */
  readonly progressed = new Emitter<VerifierProgress>();
  /** What became of each posted batch. */
  readonly batchDerived = new Emitter<BatchOutcome & { l1Block: number }>();
  /** After an L1 reorganization: the last L1 block that stayed, and the L2 block derived up to it. */
  readonly reorged = new Emitter<{ l1Ancestor: L1Position; safe: Block }>();
  readonly #options: VerifierOptions;
  readonly #checkpoints: CheckpointLog;
  readonly #settler: BlockSettler;
  readonly #batches: VerifiedHead['batches'] = { taken: 0, cut: 0, ignored: 0 };
  #claimCheck: OutputClaimCheck | undefined;
  /** Undefined until loaded, and again after a reset. */
  #state: DerivationState | undefined;
  #l1Head = 0;
  /** The newest L1 block that was said to be final; below where the L1 was reorganized nevertheless. */
  #finalizedL1 = 0;
  /** How far to go back when a batch turns out to have been left out. */
  #gapDepthL1Blocks = GAP_DEPTH_L1_BLOCKS_MIN;
  #running = false;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#checkpoints = new CheckpointLog(options.chain, options.config.genesis.l1Number);
    const { chain, executor, logger, takeOver, decoder } = options;
    this.#settler = new BlockSettler(chain, executor, logger, takeOver, decoder);
  }

  /** Undefined until it is known from where to go on, and while going back after an L1 reorganization. */
  progress(): VerifierProgress | undefined {
    if (!this.#state) return undefined;
    const { number, hash } = l1BlockOf(this.#state);
    return { l1Block: number, l1Hash: hash, l1Head: this.#l1Head, l2Block: this.#state.tip.header.number };
  }

  /** See `VerifiedHead`. */
  get wrongBatchClaims(): readonly WrongBatchClaim[] {
    return this.#settler.wrongClaims;
  }

  /**
   * Derives up to the L1 head of now and ends: `tributary verify`, and what a sequencer node does before it starts to build.
   * @throws Verifier.WrongL1 (`halt`); State.RewindTooDeep (`halt`) when an L1 reorganization is deeper than the kept state;
   * L1.Unreachable (`retry`), Verifier.Aborted
   */
  async syncToL1Head(options: RunOptions = {}): Promise<VerifiedHead> {
    const state = await this.#exclusively(async () => {
      this.#state = undefined;
      await this.#run(options.signal, async () => (await this.#options.source.latest()).number);
      if (options.signal?.aborted) throw aborted();
      // L1 may have gone on meanwhile, so that its head was never reached.
      await this.#labelFinalized();
      await this.#checkOutputClaims();
      return this.#loadedState();
    });
    return this.#verifiedHead(state);
  }

  /** As `syncToL1Head`, and then on with each new L1 block, until the signal is aborted. Waits out what passes (`retry`). */
  async follow(options: RunOptions & { signal: AbortSignal }): Promise<void> {
    const { clock, logger } = this.#options;
    const backoff = new Backoff(DELAY_MS_MIN, DELAY_MS_MAX);
    await this.#exclusively(async () => {
      while (!options.signal.aborted) {
        try {
          await this.#run(
            options.signal,
            async () => Number.POSITIVE_INFINITY,
            () => backoff.reset(),
          );
        } catch (error) {
          if (!(error instanceof TributaryError) || error.recovery !== 'retry') throw error;
          logger.warn({ code: error.code }, error.shortMessage);
          await sleep(clock, backoff.next(), options.signal);
        }
      }
    });
  }

  async #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    assert(!this.#running, 'a verifier runs once at a time');
    this.#running = true;
    try {
      return await work();
    } finally {
      this.#running = false;
    }
  }

  /** Goes through L1 reorganizations; all else that goes wrong ends it. */
  async #run(
    signal: AbortSignal | undefined,
    lastL1Block: () => Promise<number>,
    onAdvance: () => void = () => undefined,
  ): Promise<void> {
    const { clock, logger } = this.#options;
    const backoff = new Backoff(DELAY_MS_MIN, DELAY_MS_MAX);
    while (!signal?.aborted) {
      try {
        await this.#followUntil(await lastL1Block(), signal, () => {
          backoff.reset();
          onAdvance();
        });
        return;
      } catch (error) {
        if (hasErrorCode(error, 'Verifier.Aborted')) return;
        if (!(error instanceof TributaryError) || error.recovery !== 'reset') throw error;
        logger.warn({ code: error.code }, `${error.shortMessage}: going on from the last common point`);
        if (hasErrorCode(error, 'Derivation.BatchGap')) await this.#readAgain(error);
        this.#state = undefined;
        await sleep(clock, backoff.next(), signal);
      }
    }
  }

  /**
   * The L1 left a batch out, perhaps in a block that was derived long since: an endpoint that knew the block but not its logs yet. Goes
   * back further each time that it shows again.
   * @throws the gap itself, as a reason to halt, when all that is kept was read again
   */
  async #readAgain(gap: TributaryError): Promise<void> {
    const newest = this.#checkpoints.newest;
    const { l1Number } = this.#options.config.genesis;
    const target = Math.max(l1Number, (newest?.l1.number ?? l1Number) - this.#gapDepthL1Blocks);
    if (this.#gapDepthL1Blocks > 2 * CHECKPOINTS_MAX || (target > l1Number && !this.#checkpoints.at(target))) {
      throw new TributaryError(gap.code, `${gap.shortMessage}, and reading the L1 again does not bring it`, {
        recovery: 'halt',
        metaMessages: [...gap.metaMessages, 'what to do: use another L1 URL'],
        cause: gap,
      });
    }
    this.#gapDepthL1Blocks *= 2;
    await this.#checkpoints.rewindTo(target);
  }

  async #followUntil(lastL1Block: number, signal: AbortSignal | undefined, onAdvance: () => void): Promise<void> {
    this.#l1Head = (await this.#options.source.latest()).number;
    if (!this.#state) {
      this.#state = await this.#load(signal);
      this.#emitProgress();
    }
    if (signal?.aborted) return;
    let l1Number = l1BlockOf(this.#loadedState()).number;
    await this.#labelSafe();
    await this.#labelFinalized();
    if (l1Number >= lastL1Block) {
      await this.#checkOutputClaims();
      return;
    }
    const ended = new AbortController();
    const untilEnd = {
      known: this.#knownL1Blocks(),
      signal: signal ? AbortSignal.any([ended.signal, signal]) : ended.signal,
    };
    const inputs = new InputsAhead(this.#options.source.inputs(l1Number + 1, untilEnd));
    try {
      for (let input = await inputs.next(); input; input = await inputs.next()) {
        await this.#takeL1Block(input, inputs, signal);
        onAdvance();
        l1Number = input.block.number;
        if (l1Number >= lastL1Block || signal?.aborted) return;
      }
    } finally {
      ended.abort();
    }
  }

  async #takeL1Block(input: L1Input, inputs: InputsAhead, signal: AbortSignal | undefined): Promise<void> {
    const { config, source, rules } = this.#options;
    const derivation = deriveL1Block(config, this.#loadedState(), input, rules, () => inputs.waiting);
    const isFinal = input.block.number <= this.#finalizedL1;
    const { state, batches } = await this.#settler.settle(derivation, isFinal, signal);
    const { tip } = state;
    await this.#checkpoints.append({
      l1: input.block,
      l2: { number: tip.header.number, hash: tip.hash },
      nextBatchIndex: state.nextBatchIndex,
    });
    this.#state = state;
    const l1Number = input.block.number;
    for (const outcome of batches) this.#report(outcome, l1Number);
    if (batches.length > 0) this.#gapDepthL1Blocks = GAP_DEPTH_L1_BLOCKS_MIN;
    await this.#labelSafe();
    this.#l1Head = Math.max(this.#l1Head, l1Number);
    this.#emitProgress();
    if (l1Number === this.#l1Head) this.#l1Head = Math.max(l1Number, (await source.latest()).number);
    const atHead = l1Number === this.#l1Head;
    if (!atHead && l1Number % CLAIM_RANGE_L1_BLOCKS !== 0) return;
    await this.#labelFinalized();
    await this.#checkOutputClaims();
  }

  #emitProgress(): void {
    const progress = this.progress();
    if (progress) this.progressed.emit(progress);
  }

  #report(outcome: BatchOutcome, l1Block: number): void {
    this.#batches[outcome.result]++;
    if (outcome.result !== 'taken') {
      const fields = { batch: outcome.index, l1Block, blocksTaken: outcome.blocksTaken, problem: outcome.problem };
      this.#options.logger.warn(fields, outcome.result === 'cut' ? 'a batch was cut short' : 'a batch was ignored');
    }
    this.batchDerived.emit({ ...outcome, l1Block });
  }

  /** Safe: derived. */
  #labelSafe(): Promise<void> {
    const { tip } = this.#loadedState();
    return this.#label('safe', { number: tip.header.number, hash: tip.hash });
  }

  /** Finalized: derived from L1 blocks that are final. */
  async #labelFinalized(): Promise<void> {
    const { source, logger } = this.#options;
    const state = this.#loadedState();
    try {
      this.#finalizedL1 = Math.max(this.#finalizedL1, await source.finalizedNumber());
    } catch (error) {
      // The next L1 block asks again.
      logger.warn({ error: errorMessage(error) }, 'the L1 does not say what is final');
      return;
    }
    // Before the first checkpoint it stays where it starts, at genesis.
    const checkpoint = this.#checkpoints.at(Math.min(this.#finalizedL1, l1BlockOf(state).number));
    // An endpoint that lags behind another must not take it back.
    if (checkpoint && checkpoint.l2.number > this.#options.chain.label('finalized').header.number) {
      await this.#label('finalized', checkpoint.l2);
    }
  }

  /** @throws Verifier.LocalChainMoved (`reset`) when the block is gone: a sequencer that shares the chain cut it off */
  async #label(name: 'safe' | 'finalized', { number, hash }: Checkpoint['l2']): Promise<void> {
    const { chain } = this.#options;
    const local = chain.blockHashByNumber(number);
    if (!local || !equalBytes(local, hash)) {
      throw new TributaryError('Verifier.LocalChainMoved', `the ${name} block ${number} is gone from the local chain`, {
        recovery: 'reset',
      });
    }
    if (chain.label(name).header.number !== number) await chain.setLabel(name, number);
  }

  async #checkOutputClaims(): Promise<void> {
    const { outputClaims, chain, logger } = this.#options;
    if (!outputClaims) return;
    const state = this.#loadedState();
    this.#claimCheck ??= new OutputClaimCheck(outputClaims, chain, logger, this.#oldestL1Block());
    await this.#claimCheck.check(l1BlockOf(state).number, state.tip.header.number);
  }

  async #load(signal: AbortSignal | undefined): Promise<DerivationState> {
    const { config, chain, source } = this.#options;
    const newest = this.#checkpoints.newest;
    const checkpoint = (await this.#lastCommonCheckpoint()) ?? (await this.#genesisCheckpoint());
    if (newest && newest.l1.number !== checkpoint.l1.number) await this.#goBackTo(checkpoint);
    return loadDerivationState(chain, source, checkpoint, config.genesis.l1Number, signal);
  }

  /** The newest checkpoint whose L1 block is canonical still and whose L2 block is on disk. */
  async #lastCommonCheckpoint(): Promise<Checkpoint | undefined> {
    const { chain, source } = this.#options;
    for (const checkpoint of this.#checkpoints.fromNewest()) {
      const hash = chain.blockHashByNumber(checkpoint.l2.number);
      if (!hash || !equalBytes(hash, checkpoint.l2.hash)) continue;
      const block = await source.block(checkpoint.l1.number);
      if (block && equalBytes(block.hash, checkpoint.l1.hash)) return checkpoint;
    }
    return undefined;
  }

  async #genesisCheckpoint(): Promise<Checkpoint> {
    const { config, chain, source } = this.#options;
    const { l1Number, l1Hash } = config.genesis;
    const block = await source.block(l1Number);
    if (!block || !equalBytes(block.hash, fromHex(l1Hash))) {
      throw new TributaryError('Verifier.WrongL1', 'the L1 is not the one that the chain config names', {
        recovery: 'halt',
        metaMessages: [`l1 block: ${l1Number}`, `expected: ${l1Hash}`, `got: ${block ? toHex(block.hash) : 'none'}`],
      });
    }
    const hash: Hash | undefined = chain.blockHashByNumber(0);
    assert(hash, 'the chain has a genesis block');
    return { l1: block, l2: { number: 0, hash }, nextBatchIndex: 0 };
  }

  async #goBackTo(checkpoint: Checkpoint): Promise<void> {
    const { chain, logger } = this.#options;
    logger.warn(
      { l1Block: checkpoint.l1.number, l2Block: checkpoint.l2.number },
      'going back to the last L1 block in common',
    );
    await this.#settler.rewind(checkpoint);
    await this.#checkpoints.rewindTo(checkpoint.l1.number);
    this.#claimCheck?.rewindTo(checkpoint.l1.number);
    const finalizedNumber = chain.label('finalized').header.number;
    if (finalizedNumber > checkpoint.l2.number) {
      const fields = {
        l1Block: checkpoint.l1.number,
        l2Block: checkpoint.l2.number,
        finalizedL2Block: finalizedNumber,
      };
      logger.error(fields, 'the L1 was reorganized below what it held for final');
      await chain.setLabel('finalized', checkpoint.l2.number);
    }
    this.#finalizedL1 = Math.min(this.#finalizedL1, checkpoint.l1.number);
    if (chain.label('safe').header.number > checkpoint.l2.number) await chain.setLabel('safe', checkpoint.l2.number);
    const safe = chain.blockByNumber(checkpoint.l2.number);
    assert(safe, 'the block of a checkpoint is on disk');
    this.reorged.emit({ l1Ancestor: checkpoint.l1, safe });
  }

  #knownL1Blocks(): L1Position[] {
    const known = Array.from(this.#checkpoints.fromNewest(), ({ l1 }) => l1).reverse();
    const { l1Number, l1Hash } = this.#options.config.genesis;
    const reachesGenesis = known.length === 0 || known[0].number === l1Number + 1;
    return reachesGenesis ? [{ number: l1Number, hash: fromHex(l1Hash) }, ...known] : known;
  }

  #oldestL1Block(): number {
    return (this.#knownL1Blocks()[0]?.number ?? this.#options.config.genesis.l1Number) + 1;
  }

  #loadedState(): DerivationState {
    assert(this.#state, 'the derivation state is loaded');
    return this.#state;
  }

  #verifiedHead(state: DerivationState): VerifiedHead {
    const block = this.#options.chain.blockByNumber(state.tip.header.number);
    assert(block, 'the derived tip is on disk');
    const { number, hash } = l1BlockOf(state);
    return {
      block,
      l1Block: { number, hash },
      batches: { ...this.#batches },
      wrongBatchClaims: this.wrongBatchClaims,
      outputClaimsChecked: this.#claimCheck?.checkedCount ?? 0,
      wrongOutputClaims: this.#claimCheck?.wrongClaims ?? [],
      outputClaimsWaiting: this.#claimCheck?.waitingCount ?? 0,
    };
  }
}
