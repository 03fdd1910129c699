import { type Abi, encodeFunctionData, type Hex, isAddressEqual } from 'viem';
import { hasErrorCode } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { disputeGameFactoryAbi } from '../l1/bindings/DisputeGameFactory';
import { outputClaimGameAbi } from '../l1/bindings/OutputClaimGame';
import type { L1Client } from '../l1/l1Client';

/** What carries claims to L1. `L1TransactionSender` fits. */
export interface ClaimSender {
  readonly address: Hex;
  send(call: { label: string; to: Hex; data: Hex; value?: bigint; abi?: Abi }): Promise<unknown>;
  /** Resolves when nothing is under way. */
  settled(): Promise<void>;
}

export interface OwnGamesOptions {
  l1: L1Client;
  sender: ClaimSender;
  disputeGameFactory: Hex;
  gameType: number;
  clock: Clock;
  logger: Logger;
  searchedGamesMax: number;
}

/** IDisputeGame.GameStatus. */
const IN_PROGRESS = 0;
const CHALLENGER_WINS = 1;
/** Games at the end of the factory's list that are looked at again each time: an L1 reorganization may have exchanged them. */
const SEARCHED_AGAIN = 16;

/** The games that the sender's account made and whose bonds are still out, found in the factory's list. */
export class OwnGames {
  bondsReturned = 0;
  readonly #options: OwnGamesOptions;
  /** Games of ours that have not ended in a payment or a loss. */
  readonly #open = new Set<Hex>();
  /** Length of the factory's list when it was last searched; undefined before the first time. */
  #searchedTo: number | undefined;

  constructor(options: OwnGamesOptions) {
    this.#options = options;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Resolves the games whose window is over and takes their bonds. @throws L1.Unreachable and what the sender throws */
  async collectBonds(): Promise<void> {
    await this.#search();
    for (const game of [...this.#open]) {
      if (await this.#collect(game)) this.#open.delete(game);
    }
  }

  async #search(): Promise<void> {
    const { l1, disputeGameFactory, gameType, searchedGamesMax, sender } = this.#options;
    const factory = { address: disputeGameFactory, abi: disputeGameFactoryAbi } as const;
    const count = Number(await l1.read((viem) => viem.readContract({ ...factory, functionName: 'gameCount' })));
    const from = this.#searchedTo === undefined ? count - searchedGamesMax : this.#searchedTo - SEARCHED_AGAIN;
    for (let index = Math.max(0, from); index < count; index++) {
      const args = [BigInt(index)] as const;
      const [type, , game] = await l1.read((viem) =>
        viem.readContract({ ...factory, functionName: 'gameAtIndex', args }),
      );
      if (type !== gameType || this.#open.has(game)) continue;
      const own = { address: game, abi: outputClaimGameAbi } as const;
      const [creator, credit, status] = await l1.read((viem) =>
        Promise.all([
          viem.readContract({ ...own, functionName: 'gameCreator' }),
          viem.readContract({ ...own, functionName: 'credit', args: [sender.address] }),
          viem.readContract({ ...own, functionName: 'status' }),
        ]),
      );
      if (isAddressEqual(creator, sender.address) && (status === IN_PROGRESS || credit > 0n)) this.#open.add(game);
    }
    this.#searchedTo = count;
  }

  /** @returns whether nothing more can come of the game */
  async #collect(game: Hex): Promise<boolean> {
    const { l1, sender, clock, logger } = this.#options;
    const contract = { address: game, abi: outputClaimGameAbi } as const;
    const code = await l1.read((viem) => viem.getCode({ address: game }));
    // Gone with an L1 reorganization.
    if (!code) return true;
    const [status, windowEndsAt, { timestamp }] = await l1.read((viem) =>
      Promise.all([
        viem.readContract({ ...contract, functionName: 'status' }),
        viem.readContract({ ...contract, functionName: 'windowEndsAt' }),
        viem.getBlock({ blockTag: 'latest' }),
      ]),
    );
    if (status === IN_PROGRESS) {
      // An idle L1's newest block may be old: the next one will not be.
      const nowSeconds = BigInt(Math.floor(clock.nowMs() / 1000));
      if (timestamp < windowEndsAt && nowSeconds < windowEndsAt) return false;
      if (!(await this.#call(game, 'resolve', encodeFunctionData({ ...contract, functionName: 'resolve' }))))
        return false;
    }
    const read = { ...contract, functionName: 'credit', args: [sender.address] } as const;
    const creditWei = await l1.read((viem) => viem.readContract(read));
    if (creditWei === 0n) {
      if (status === CHALLENGER_WINS) logger.error({ game }, 'a claim was disputed: its bond is lost');
      return true;
    }
    const claim = encodeFunctionData({ ...contract, functionName: 'claimCredit', args: [sender.address] });
    if (!(await this.#call(game, 'claimCredit', claim))) return false;
    this.bondsReturned++;
    logger.info({ game, creditWei: String(creditWei) }, 'took a bond back');
    return true;
  }

  /** @returns false when it would revert: somebody else was first, or the L1's clock is behind ours; the next round looks again */
  async #call(game: Hex, name: string, data: Hex): Promise<boolean> {
    try {
      await this.#options.sender.send({ label: `OutputClaimGame.${name}`, to: game, data, abi: outputClaimGameAbi });
      return true;
    } catch (error) {
      if (hasErrorCode(error, 'L1.TransactionReverted')) return false;
      throw error;
    }
  }
}
