import { Argument, type Command } from 'commander';
import type { Address } from 'viem';
import { createPublicClient, http } from 'viem';
import { errorMessage, TributaryError } from '../../core/errors';
import { callFailure, type GovernanceUser } from '../../sdk/governance';
import { devMethod } from '../../sdk/governanceEffects';
import {
  castVote,
  delegateVotes,
  executeProposal,
  findProposal,
  type Proposal,
  queueProposal,
  readVotingPower,
  SUPPORT,
  type Support,
  signVote,
} from '../../sdk/governanceProposals';
import { addressArgument, type GovernanceFlags, print, signer, withKeyOptions } from './govContext';
import { duration, timeOf, tokens, votesLine } from './govProgress';

interface VoteFlags extends GovernanceFlags {
  reason?: string;
  gasless?: boolean;
  wait?: boolean;
}

const POLL_MS = 500;
const KEY = '\nThe private key is read from TRIBUTARY_KEY or a keystore.\n\nExamples:';

export function registerVoting(gov: Command): void {
  withKeyOptions(gov.command('delegate'))
    .description('let an account vote with your tokens; without an address, yourself')
    .argument('[address]', 'who votes (default: you)', addressArgument)
    .addHelpText(
      'after',
      `${KEY}\n  $ tributary gov delegate          vote yourself\n  $ tributary gov delegate 0x…      let another account vote`,
    )
    .action(async (address: Address | undefined, flags: GovernanceFlags) => {
      const user = await signer(flags);
      const own = user.account?.address ?? '0x';
      await delegateVotes(user, address ?? own);
      const { tokens: balance, symbol, delegate } = await readVotingPower(user, own);
      print(`${tokens(balance)} ${symbol} of ${own} are delegated to ${delegate}, for votes that begin from now on`);
    });

  withKeyOptions(gov.command('vote'))
    .description('vote on a proposal')
    .argument('<id>', "number in `gov list`, proposal id, or a module version's id")
    .addArgument(new Argument('<support>', 'your vote').choices(Object.keys(SUPPORT)))
    .option('--reason <text>', 'why, for readers; it is kept in the logs of L1')
    .option('--wait', 'wait until voting begins')
    .option('--gasless', "sign only: the chain's node brings the vote to L1 and pays for it")
    .addHelpText(
      'after',
      `${KEY}\n  $ tributary gov vote 1 for --wait\n  $ tributary gov vote 1 against --reason "too early"\n  $ tributary gov vote 1 abstain --gasless      needs no ether on L1`,
    )
    .action(async (name: string, support: Support, flags: VoteFlags) => {
      if (flags.gasless && flags.reason !== undefined) {
        throw new TributaryError(
          'Cli.BadArguments',
          '--gasless: expected no --reason, which the relayer does not pay for',
        );
      }
      const user = await signer(flags);
      const proposal = await openProposal(user, name, flags.wait === true);
      if (flags.gasless) await voteGasless(user, proposal, support);
      else {
        await castVote(user, proposal.id, support, flags.reason ?? '');
        print(`voted ${support}`);
      }
      print(`  ${votesLine(await findProposal(user, String(proposal.id)))}`);
    });

  for (const step of ['queue', 'execute'] as const) {
    const what = {
      queue: ['put an accepted proposal into the timelock, where it waits', 'until the vote has ended'],
      execute: ['execute a proposal that has waited in the timelock; anyone may', 'until it has waited long enough'],
    }[step];
    withKeyOptions(gov.command(step))
      .description(what[0])
      .argument('<id>', "number in `gov list`, proposal id, or a module version's id")
      .option('--wait', `wait ${what[1]}`)
      .addHelpText('after', `${KEY}\n  $ tributary gov ${step} 1\n  $ tributary gov ${step} 1 --wait`)
      .action(async (name: string, flags: GovernanceFlags & { wait?: boolean }) => {
        const user = await signer(flags);
        await takeStep(user, step, name, flags.wait === true);
      });
  }
}

/** A proposal that can be voted on now. @throws Cli.TooEarly, Cli.WrongState */
async function openProposal(user: GovernanceUser, name: string, waits: boolean): Promise<Proposal> {
  for (;;) {
    const proposal = await findProposal(user, name);
    const { state, position, voteStartsAt, voteEndsAt } = proposal;
    if (state === 'voting') return proposal;
    if (state !== 'pending') {
      const message = `vote: voting on proposal ${position} ended at ${timeOf(voteEndsAt)}: it is ${state}`;
      throw new TributaryError('Cli.WrongState', message);
    }
    if (!waits) {
      const message = `vote: voting on proposal ${position} begins at ${timeOf(voteStartsAt)}; --wait waits`;
      throw new TributaryError('Cli.TooEarly', message);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Signs, and lets the node's relayer send it. @throws Cli.NotRelayed with the relayer's own words */
async function voteGasless(user: GovernanceUser, proposal: Proposal, support: Support): Promise<void> {
  const { rpcUrl } = user.deployment.l2;
  const { proposalId, nonce, ...vote } = await signVote(user, proposal.id, support);
  const l2 = createPublicClient({ transport: http(rpcUrl, { retryCount: 0, timeout: 60_000 }) });
  const params = { ...vote, proposalId: `0x${proposalId.toString(16)}`, nonce: `0x${nonce.toString(16)}` };
  let answer: { transactionHash: string; relayer: string };
  try {
    answer = (await devMethod(l2, 'tributary_relayVote', [params])) as typeof answer;
  } catch (error) {
    const words = error instanceof Error && 'details' in error ? String(error.details) : errorMessage(error);
    throw new TributaryError('Cli.NotRelayed', `the node at ${rpcUrl} did not relay the vote: ${words}`, {
      metaMessages: ['without --gasless the vote is sent from your own account'],
      cause: error,
    });
  }
  print(`voted ${support}; ${answer.relayer} paid for it: ${answer.transactionHash}`);
}

async function takeStep(user: GovernanceUser, step: 'queue' | 'execute', name: string, waits: boolean): Promise<void> {
  for (;;) {
    const proposal = await findProposal(user, name);
    const now = Number((await user.l1.getBlock()).timestamp);
    const readyAt = whenReady(proposal, step);
    if (readyAt === undefined || now >= readyAt) {
      if (await tryStep(user, step, proposal, waits)) return;
    } else if (!waits) {
      const message = `${step}: proposal ${proposal.position} is ${proposal.state} until ${timeOf(readyAt)}`;
      throw new TributaryError('Cli.TooEarly', `${message} (${duration(readyAt - now)}); --wait waits`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** @returns undefined where no clock has to run out @throws Cli.WrongState */
function whenReady(
  { state, position, voteEndsAt, executableAt }: Proposal,
  step: 'queue' | 'execute',
): number | undefined {
  const refuse = (why: string): never => {
    throw new TributaryError('Cli.WrongState', `${step}: proposal ${position} is ${state}: ${why}`);
  };
  if (['canceled', 'defeated', 'expired', 'executed'].includes(state)) return refuse('nothing is left to do');
  if (step === 'queue') {
    if (state === 'queued') return refuse(`go on with gov execute ${position}`);
    return state === 'succeeded' ? undefined : voteEndsAt + 1;
  }
  return state === 'queued' ? executableAt : refuse(`expected queued: go on with gov queue ${position}`);
}

/** @returns false where it turned out to be too early, and that is waited out */
async function tryStep(
  user: GovernanceUser,
  step: 'queue' | 'execute',
  proposal: Proposal,
  waits: boolean,
): Promise<boolean> {
  try {
    const { transactionHash } = await (step === 'queue' ? queueProposal : executeProposal)(user, proposal);
    const after = await findProposal(user, String(proposal.id));
    print(`proposal ${proposal.position} is ${after.state}: ${transactionHash}`);
    if (step === 'queue') print(`  can be executed from ${timeOf(after.executableAt)} on`);
    return true;
  } catch (error) {
    // Blocks' times and ours differ by a second or two.
    const failure = callFailure(step, error);
    const isEarly = /UnexpectedProposalState|UnexpectedOperationState/.test(errorMessage(failure));
    if (waits && isEarly && (await findProposal(user, String(proposal.id))).state === proposal.state) return false;
    throw failure;
  }
}
