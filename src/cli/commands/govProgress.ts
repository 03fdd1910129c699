import { formatEther, type Hex } from 'viem';
import type { ModuleVersion } from '../../governance/moduleOverview';
import type { Proposal } from '../../sdk/governanceProposals';

/** Where a proposal is on its way, for people. */
export interface Progress {
  stage: string;
  /** From 1; zero where the way ended badly. */
  step: number;
  stepCount: number;
  /** What happens next, and who can do it. */
  next: string;
  /** Seconds until then; undefined where no clock runs. */
  remainingSeconds: number | undefined;
  outcome: 'going' | 'done' | 'failed';
}

const VOTE_STAGES = ['pending', 'voting', 'succeeded', 'queued', 'executed'];
const MODULE_STAGES = ['proposed', 'voted', 'shadow', 'queued', 'canary', 'active', 'final'];
const REGISTRY_STEPS: Record<string, string> = {
  beginShadow: 'shadow begins',
  queue: 'the exit window begins, once attesters agree on what they saw',
  activate: 'it is activated',
  confirm: 'it is confirmed',
  finalizeVersion: 'it is final',
};

/** @param now L1's time, seconds since 1970 */
export function progressOf(proposal: Proposal | undefined, version: ModuleVersion | undefined, now: number): Progress {
  const vote = proposal && voteProgress(proposal, now);
  if (!version)
    return vote ?? { stage: 'none', step: 0, stepCount: 1, next: '', remainingSeconds: undefined, outcome: 'failed' };
  const stepCount = MODULE_STAGES.length;
  const step = MODULE_STAGES.indexOf(version.stage) + 1;
  if (version.stage === 'proposed' && vote) {
    const outcome = vote.outcome === 'failed' ? 'failed' : 'going';
    return { ...vote, stage: `proposed (${vote.stage})`, step, stepCount, outcome };
  }
  const { next } = version;
  return {
    stage: version.stage,
    step: Math.max(step, 0),
    stepCount,
    next: next ? (REGISTRY_STEPS[next.step] ?? next.step) : '',
    remainingSeconds: next && Math.max(0, next.readyAt - now),
    outcome: step === 0 ? 'failed' : next ? 'going' : 'done',
  };
}

function voteProgress(proposal: Proposal, now: number): Progress {
  const { state, voteStartsAt, voteEndsAt, executableAt } = proposal;
  const [next, readyAt]: [string, number | undefined] = {
    pending: ['voting begins', voteStartsAt],
    voting: ['voting ends', voteEndsAt],
    succeeded: [`gov queue ${proposal.position}`, undefined],
    queued: [`gov execute ${proposal.position}`, executableAt],
    executed: ['', undefined],
    canceled: ['', undefined],
    defeated: ['', undefined],
    expired: ['', undefined],
  }[state] as [string, number | undefined];
  const step = VOTE_STAGES.indexOf(state) + 1;
  return {
    stage: state,
    step,
    stepCount: VOTE_STAGES.length,
    next,
    remainingSeconds: readyAt === undefined ? undefined : Math.max(0, readyAt - now),
    outcome: step === 0 ? 'failed' : state === 'executed' ? 'done' : 'going',
  };
}

/** One line: bar, stage, what comes next and when. */
export function progressLine({ stage, step, stepCount, next, remainingSeconds }: Progress): string {
  const bar = step === 0 ? '✗'.repeat(stepCount * 3) : '█'.repeat(step * 3) + '░'.repeat((stepCount - step) * 3);
  const clock =
    remainingSeconds === undefined ? '' : remainingSeconds > 0 ? ` in ${duration(remainingSeconds)}` : ' (now)';
  return `${bar} ${step}/${stepCount} ${stage}${next ? ` — next: ${next}${clock}` : ''}`;
}

/** E.g. `3 d 4 h`, `59 s`. */
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['min', 60],
    ['s', 1],
  ];
  const parts: string[] = [];
  let rest = Math.ceil(seconds);
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ') || '0 s';
}

/** For, against, abstain, and how far the quorum is. */
export function votesLine({ votes, quorum }: Proposal): string {
  const counted = votes.for + votes.abstain;
  const reached = quorum === 0n ? '' : `; quorum ${tokens(quorum)}: ${counted >= quorum ? 'reached' : 'not reached'}`;
  return `for ${tokens(votes.for)}, against ${tokens(votes.against)}, abstain ${tokens(votes.abstain)}${reached}`;
}

export function tokens(amount: bigint): string {
  return formatEther(amount);
}

/** Enough of an id to tell it from others. */
export function shortId(id: bigint | Hex): string {
  const hex = typeof id === 'bigint' ? `0x${id.toString(16).padStart(64, '0')}` : id;
  return `${hex.slice(0, 10)}…${hex.slice(-4)}`;
}

export function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
