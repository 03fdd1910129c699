import { type Abi, type Address, encodeFunctionData, type Hex, recoverTypedDataAddress } from 'viem';
import { hasErrorCode, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { ballotTypedData, type SignedVote } from '../governance/ballot';
import { governanceTokenAbi } from '../l1/bindings/GovernanceToken';
import { tributaryGovernorAbi } from '../l1/bindings/TributaryGovernor';
import type { L1Call } from '../l1/l1Call';
import type { L1Client } from '../l1/l1Client';

export interface RelayerOptions {
  l1: Pick<L1Client, 'read' | 'chainId'>;
  governor: Address;
  token: Address;
  /** With the relayer's own key, which pays; `L1TransactionSender` fits. */
  sender: { readonly address: Hex; send(call: L1Call): Promise<{ transactionHash: Hex }> };
  clock: Clock;
  logger: Logger;
  limits?: Partial<RelayerLimits>;
}

/** What the relayer pays for at most. */
export interface RelayerLimits {
  /** In which votes are counted. */
  windowMs: number;
  votesPerVoterMax: number;
  votesTotalMax: number;
  /** Votes that are looked at or sent at the same time. */
  atOnceMax: number;
  /** Least part of the supply, 1/weightDivisor, whose vote is paid for: gas is worth more than dust. */
  weightDivisor: bigint;
}

export const defaultRelayerLimits: RelayerLimits = {
  windowMs: 3_600_000,
  votesPerVoterMax: 5,
  votesTotalMax: 500,
  atOnceMax: 16,
  weightDivisor: 1_000_000n,
};

/** `IGovernor.ProposalState.Active`. */
const VOTING = 1;
const SUPPORT_MAX = 2;

/**
 * Brings signed votes to L1 and pays for them, so that holders vote without gas. It calls nothing but `castVoteBySig` of one governor, and
 * pays only for what will count: the signature is the voter's, the proposal is being voted on, the voter has votes and has not voted.
 * It can't change a vote, nor vote: who does not trust it sends the same signature itself. Off unless it has a key (docs/adr/0313).
 */
export class Relayer {
  readonly #options: RelayerOptions;
  readonly #limits: RelayerLimits;
  /** Times of paid votes, oldest first, by voter in small letters. */
  readonly #paidMs = new Map<string, number[]>();
  /** Voters whose vote is on its way: a second one is the same vote again. */
  readonly #underWay = new Set<string>();

  constructor(options: RelayerOptions) {
    this.#options = options;
    this.#limits = { ...defaultRelayerLimits, ...options.limits };
  }

  /** Who pays. */
  get address(): Hex {
    return this.#options.sender.address;
  }

  /**
   * Checks a vote and brings it to L1.
   * @returns the transaction's hash, once it is in a block
   * @throws Relayer.{BadSignature, BadVote, NotVoting, NoVotes, AlreadyVoted, LimitExceeded, Unavailable}
   */
  async relay(vote: SignedVote): Promise<Hex> {
    const voter = vote.voter.toLowerCase();
    if (this.#underWay.size >= this.#limits.atOnceMax) throw limitExceeded('too many votes at once: try again soon');
    // Nothing on L1 is asked before the signature is right: strangers can't spend a voter's allowance, nor our requests.
    await this.#checkSignature(vote);
    if (this.#underWay.has(voter)) throw refused('AlreadyVoted', `a vote of ${vote.voter} is on its way`);
    this.#underWay.add(voter);
    try {
      this.#checkLimits(voter);
      await this.#checkCounts(vote);
      return await this.#send(vote, voter);
    } finally {
      this.#underWay.delete(voter);
    }
  }

  async #checkSignature(vote: SignedVote): Promise<void> {
    if (vote.support > SUPPORT_MAX) throw refused('BadVote', `support: expected 0, 1 or 2, got ${vote.support}`);
    const { l1, governor } = this.#options;
    const ballot = ballotTypedData(vote, { chainId: l1.chainId, governor });
    let signer: Address | undefined;
    try {
      signer = await recoverTypedDataAddress({ ...ballot, signature: vote.signature });
    } catch {
      // Not a signature at all: as a wrong one.
    }
    if (signer?.toLowerCase() === vote.voter.toLowerCase()) return;
    throw refused('BadSignature', `signature: expected that of ${vote.voter}, got ${signer ?? 'no signature'}`);
  }

  #checkLimits(voter: string): void {
    const { windowMs, votesPerVoterMax, votesTotalMax } = this.#limits;
    const since = this.#options.clock.nowMs() - windowMs;
    let total = 0;
    for (const [name, times] of this.#paidMs) {
      const recent = times.filter((time) => time > since);
      if (recent.length === 0) this.#paidMs.delete(name);
      else this.#paidMs.set(name, recent);
      total += recent.length;
    }
    const own = this.#paidMs.get(voter)?.length ?? 0;
    const per = `in ${windowMs / 1000} s`;
    if (own >= votesPerVoterMax) throw limitExceeded(`expected at most ${votesPerVoterMax} votes of one voter ${per}`);
    if (total + this.#underWay.size > votesTotalMax) throw limitExceeded(`all ${votesTotalMax} votes ${per} are taken`);
  }

  async #checkCounts({ proposalId, voter, nonce }: SignedVote): Promise<void> {
    const { l1, governor: address, token, sender } = this.#options;
    const governor = { address, abi: tributaryGovernorAbi } as const;
    const read = <Result>(action: Parameters<typeof l1.read<Result>>[0]) => l1.read(action);
    let state: number;
    try {
      state = await read((viem) => viem.readContract({ ...governor, functionName: 'state', args: [proposalId] }));
    } catch (error) {
      if (hasErrorCode(error, 'L1.Unreachable')) throw error;
      throw refused('NotVoting', `there is no proposal ${proposalId}`);
    }
    if (state !== VOTING) throw refused('NotVoting', `proposal ${proposalId} is not being voted on`);
    const [voted, nextNonce, snapshot] = await Promise.all([
      read((viem) => viem.readContract({ ...governor, functionName: 'hasVoted', args: [proposalId, voter] })),
      read((viem) => viem.readContract({ ...governor, functionName: 'nonces', args: [voter] })),
      read((viem) => viem.readContract({ ...governor, functionName: 'proposalSnapshot', args: [proposalId] })),
    ]);
    if (voted) throw refused('AlreadyVoted', `${voter} has voted on proposal ${proposalId}`);
    if (nonce !== nextNonce) throw refused('BadVote', `nonce: expected ${nextNonce}, got ${nonce}: sign again`);
    const votes = { address: token, abi: governanceTokenAbi } as const;
    const [weight, supply] = await Promise.all([
      read((viem) => viem.readContract({ ...votes, functionName: 'getPastVotes', args: [voter, snapshot] })),
      read((viem) => viem.readContract({ ...votes, functionName: 'getPastTotalSupply', args: [snapshot] })),
    ]);
    const weightMin = supply / this.#limits.weightDivisor;
    if (weight === 0n || weight < weightMin) {
      throw refused('NoVotes', `${voter} has ${weight} votes on proposal ${proposalId}: expected ${weightMin} or more`);
    }
    const balance = await read((viem) => viem.getBalance({ address: sender.address }));
    if (balance === 0n) throw refused('Unavailable', `the relayer ${sender.address} has no ether on L1`);
  }

  async #send({ proposalId, support, voter, signature }: SignedVote, name: string): Promise<Hex> {
    const { sender, governor, clock, logger } = this.#options;
    const call = { abi: tributaryGovernorAbi, functionName: 'castVoteBySig' } as const;
    const data = encodeFunctionData({ ...call, args: [proposalId, support, voter, signature] });
    this.#paidMs.set(name, [...(this.#paidMs.get(name) ?? []), clock.nowMs()]);
    try {
      const abi = tributaryGovernorAbi as Abi;
      const { transactionHash } = await sender.send({ label: 'Governor.castVoteBySig', to: governor, data, abi });
      logger.info({ proposalId: String(proposalId), voter, transactionHash }, 'relayed a vote');
      return transactionHash;
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      logger.warn({ proposalId: String(proposalId), voter, code: error.code }, error.shortMessage);
      if (error.code === 'L1.TransactionReverted') throw refused('BadVote', error.shortMessage);
      throw refused('Unavailable', 'the relayer could not reach L1 with it: try again, or send the vote yourself');
    }
  }
}

function refused(what: string, message: string): TributaryError {
  return new TributaryError(`Relayer.${what}`, message);
}

function limitExceeded(message: string): TributaryError {
  return refused('LimitExceeded', message);
}
