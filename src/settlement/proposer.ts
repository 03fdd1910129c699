import { type Abi, encodeAbiParameters, encodeFunctionData, type Hex, zeroAddress } from 'viem';
import type { Block } from '../codec/block';
import { outputRoot } from '../codec/header';
import { toHex } from '../core/bytes';
import { errorMessage, hasErrorCode } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { sleep, unlessAborted } from '../l1/backoff';
import { disputeGameFactoryAbi } from '../l1/bindings/DisputeGameFactory';
import { Deferred } from '../l1/deferred';
import type { L1Client } from '../l1/l1Client';
import { type ClaimSender, OwnGames } from './ownGames';

export interface ProposerOptions {
  /** Blocks that L1 gives. `ChainStore` fits. */
  chain: { label(name: 'safe' | 'finalized'): Block };
  /**
   * Which block is claimed. `safe` is derived from L1's head, so a reorganization of L1 can make the claim a wrong one and cost the bond:
   * for an L1 that reorganizes, `finalized`. Default `safe`.
   */
  claims?: 'safe' | 'finalized';
  l1: L1Client;
  sender: ClaimSender;
  /** Address of the DisputeGameFactory. */
  disputeGameFactory: Hex;
  /** Number of the game type, e.g. OUTPUT_CLAIM_GAME_TYPE. */
  gameType: number;
  clock: Clock;
  logger: Logger;
  /** Time between two claims; default 60 s. */
  intervalMs?: number;
  /** How many of the factory's newest games are searched for own bonds at the start; default 1000. */
  searchedGamesMax?: number;
}

export interface ProposerStatus {
  /** L2 block of the newest claim known to be on L1; 0 if none. */
  lastProposedBlock: number;
  /** Own games whose bond is still out. */
  openGames: number;
  /** Since start. */
  claimsMade: number;
  bondsReturned: number;
  /** Why the last round failed, if it did. */
  fault: string | undefined;
}

/**
 * Claims output roots on L1, with a bond each, and takes the bonds back when the games have ended. Keeps no record: whether a block was
 * claimed is asked of the factory, whose own games are searched for bonds.
 */
export class Proposer {
  readonly #options: Required<ProposerOptions>;
  readonly #games: OwnGames;
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #waiting: Deferred<void>[] = [];
  #lastProposedBlock = 0;
  #claimsMade = 0;
  #fault: string | undefined;

  constructor(options: ProposerOptions) {
    this.#options = { claims: 'safe', intervalMs: 60_000, searchedGamesMax: 1_000, ...options };
    this.#games = new OwnGames(this.#options);
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake.abort();
    await this.#running;
    for (const round of this.#waiting.splice(0)) round.resolve();
  }

  /** Does a round now; resolves when it is done, whether or not it succeeded (see `status`). */
  async proposeNow(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const round = new Deferred<void>();
    this.#waiting.push(round);
    this.#wake.abort();
    await round.promise;
  }

  status(): ProposerStatus {
    return {
      lastProposedBlock: this.#lastProposedBlock,
      openGames: this.#games.openCount,
      claimsMade: this.#claimsMade,
      bondsReturned: this.#games.bondsReturned,
      fault: this.#fault,
    };
  }

  async #run(): Promise<void> {
    const { clock, logger, intervalMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      const waiting = this.#waiting.splice(0);
      try {
        await unlessAborted(this.#round(), signal);
        this.#fault = undefined;
      } catch (error) {
        if (signal.aborted) break;
        this.#fault = errorMessage(error);
        logger.error({ error: this.#fault }, 'proposing failed: trying again at the next interval');
      }
      for (const round of waiting) round.resolve();
      if (!signal.aborted) await sleep(clock, intervalMs, this.#wake.signal);
    }
  }

  async #round(): Promise<void> {
    // What an earlier run left under way may be a claim.
    await this.#options.sender.settled();
    await this.#propose();
    await this.#games.collectBonds();
  }

  async #propose(): Promise<void> {
    const { chain, claims, gameType, disputeGameFactory, l1, sender, logger } = this.#options;
    const block = chain.label(claims);
    const { number } = block.header;
    // Genesis needs no claim.
    if (number === 0) return;
    const root = toHex(outputRoot(block.header));
    const extraData = encodeAbiParameters([{ type: 'uint256' }], [BigInt(number)]);
    const factory = { address: disputeGameFactory, abi: disputeGameFactoryAbi } as const;
    const [[game], bondWei] = await l1.read((viem) =>
      Promise.all([
        viem.readContract({ ...factory, functionName: 'games', args: [gameType, root, extraData] }),
        viem.readContract({ ...factory, functionName: 'initBonds', args: [gameType] }),
      ]),
    );
    if (game === zeroAddress) {
      const data = encodeFunctionData({ ...factory, functionName: 'create', args: [gameType, root, extraData] });
      const abi: Abi = disputeGameFactoryAbi;
      try {
        await sender.send({ label: 'DisputeGameFactory.create', to: disputeGameFactory, data, value: bondWei, abi });
        this.#claimsMade++;
        logger.info({ l2Block: number, outputRoot: root, bondWei: String(bondWei) }, 'claimed an output root');
      } catch (error) {
        // Somebody else made the same claim first.
        if (!hasErrorCode(error, 'L1.TransactionReverted') || !/GameAlreadyExists/.test(error.message)) throw error;
      }
    }
    this.#lastProposedBlock = number;
  }
}
