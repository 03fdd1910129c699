import { type Address, decodeEventLog, decodeFunctionData, type Hex, keccak256, stringToHex } from 'viem';
import { TributaryError } from '../core/errors';
import { ballotTypedData, type SignedVote } from '../governance/ballot';
import { RISK_CLASSES, type RiskClassName } from '../governance/moduleOverview';
import { governanceTokenAbi } from '../l1/bindings/GovernanceToken';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import { tributaryGovernorAbi } from '../l1/bindings/TributaryGovernor';
import { type GovernanceUser, sendGovernanceCall } from './governance';

/** `IGovernor.ProposalState`, in its order. */
const PROPOSAL_STATES = [
  'pending',
  'voting',
  'canceled',
  'defeated',
  'succeeded',
  'queued',
  'expired',
  'executed',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** A call that a proposal makes, by the timelock. */
export interface ProposedCall {
  target: Address;
  value: bigint;
  data: Hex;
}

/** A proposal on the governor. Times in seconds since 1970; votes in the token's smallest unit. */
export interface Proposal {
  /** Position in the governor's list, from 1: what people type. */
  position: number;
  id: bigint;
  state: ProposalState;
  riskClass: RiskClassName;
  proposer: Address;
  calls: ProposedCall[];
  descriptionHash: Hex;
  voteStartsAt: number;
  voteEndsAt: number;
  /** When it can be executed; zero before it is queued. */
  executableAt: number;
  votes: { against: bigint; for: bigint; abstain: bigint };
  /** Of for and abstain together. Zero before the vote: the supply then decides. */
  quorum: bigint;
  /** The module version that it ratifies; undefined for a vote about anything else. */
  versionId: Hex | undefined;
}

/** `GovernorCountingSimple.VoteType`, by the words of the command line. */
export const SUPPORT = { against: 0, for: 1, abstain: 2 } as const;
export type Support = keyof typeof SUPPORT;

/** All proposals, oldest first. */
export async function readProposals(user: GovernanceUser): Promise<Proposal[]> {
  const governor = { address: user.contracts.governor, abi: tributaryGovernorAbi } as const;
  const count = Number(await user.l1.readContract({ ...governor, functionName: 'proposalCount' }));
  const { timestamp } = await user.l1.getBlock();
  return Promise.all(Array.from({ length: count }, (_, index) => readProposal(user, index, Number(timestamp))));
}

async function readProposal({ l1, contracts }: GovernanceUser, index: number, now: number): Promise<Proposal> {
  const governor = { address: contracts.governor, abi: tributaryGovernorAbi } as const;
  const [id, targets, values, calldatas, descriptionHash] = await l1.readContract({
    ...governor,
    functionName: 'proposalDetailsAt',
    args: [BigInt(index)],
  });
  const args = [id] as const;
  const [state, riskClass, proposer, startsAt, endsAt, executableAt, [against, inFavour, abstain]] = await Promise.all([
    l1.readContract({ ...governor, functionName: 'state', args }),
    l1.readContract({ ...governor, functionName: 'proposalRiskClass', args }),
    l1.readContract({ ...governor, functionName: 'proposalProposer', args }),
    l1.readContract({ ...governor, functionName: 'proposalSnapshot', args }),
    l1.readContract({ ...governor, functionName: 'proposalDeadline', args }),
    l1.readContract({ ...governor, functionName: 'proposalEta', args }),
    l1.readContract({ ...governor, functionName: 'proposalVotes', args }),
  ]);
  // The token does not tell of the future.
  const quorum =
    now > Number(startsAt) ? await l1.readContract({ ...governor, functionName: 'proposalQuorum', args }) : 0n;
  const calls = targets.map((target, at) => ({ target, value: values[at], data: calldatas[at] }));
  return {
    position: index + 1,
    id,
    state: PROPOSAL_STATES[state],
    riskClass: RISK_CLASSES[riskClass],
    proposer,
    calls,
    descriptionHash,
    voteStartsAt: Number(startsAt),
    voteEndsAt: Number(endsAt),
    executableAt: Number(executableAt),
    votes: { against, for: inFavour, abstain },
    quorum,
    versionId: ratifiedVersion(calls, contracts.moduleRegistry),
  };
}

/** By its position in the list, the governor's id (decimal or hex), or the module version that it is about. @throws Sdk.UnknownProposal */
export async function findProposal(user: GovernanceUser, name: string): Promise<Proposal> {
  const proposals = await readProposals(user);
  const isNumber = /^(\d+|0x[0-9a-fA-F]+)$/.test(name);
  const found = isNumber
    ? (proposals.find(({ id, versionId }) => id === BigInt(name) || BigInt(versionId ?? -1) === BigInt(name)) ??
      proposals[Number(name) - 1])
    : undefined;
  if (found) return found;
  const known = proposals.length === 0 ? 'there are none' : `there are 1 to ${proposals.length}`;
  throw new TributaryError(
    'Sdk.UnknownProposal',
    `expected a proposal's number, its id, or a module version's id; got ${name} (${known})`,
  );
}

/** The description that was proposed; undefined where the L1 serves no logs from then. */
export async function readDescription(user: GovernanceUser, { id }: Proposal): Promise<string | undefined> {
  try {
    const logs = await user.l1.getContractEvents({
      address: user.contracts.governor,
      abi: tributaryGovernorAbi,
      eventName: 'ProposalCreated',
      fromBlock: BigInt(user.deployment.rollup.genesis.l1Number),
    });
    return logs.find(({ args }) => args.proposalId === id)?.args.description;
  } catch {
    // Many L1 providers bound the range of logs: the proposal can do without.
    return undefined;
  }
}

/**
 * Proposes calls. The description is bound to the proposer, so that nobody who copies the transaction can propose (and cancel) it first.
 * @throws Sdk.CallReverts e.g. with too few votes, or where the same was proposed before
 */
export async function proposeCalls(user: GovernanceUser, calls: ProposedCall[], text: string): Promise<bigint> {
  const description = `${text}\n\n#proposer=${user.account?.address ?? ''}`;
  const receipt = await sendGovernanceCall(user, {
    address: user.contracts.governor,
    abi: [...tributaryGovernorAbi],
    functionName: 'propose',
    args: [
      calls.map(({ target }) => target),
      calls.map(({ value }) => value),
      calls.map(({ data }) => data),
      description,
    ],
  });
  for (const log of receipt.logs) {
    if (log.address.toLowerCase() !== user.contracts.governor.toLowerCase()) continue;
    const event = decodeEventLog({ abi: tributaryGovernorAbi, ...log });
    if (event.eventName === 'ProposalCreated') return event.args.proposalId;
  }
  throw new TributaryError('Sdk.TransactionFailed', `propose: ${receipt.transactionHash} logged no proposal`);
}

/** Delegates the account's votes. */
export function delegateVotes(user: GovernanceUser, delegate: Address) {
  const { governanceToken: address } = user.contracts;
  return sendGovernanceCall(user, {
    address,
    abi: [...governanceTokenAbi],
    functionName: 'delegate',
    args: [delegate],
  });
}

/** Tokens, votes now, and to whom they are delegated. */
export async function readVotingPower({ l1, contracts }: GovernanceUser, account: Address) {
  const token = { address: contracts.governanceToken, abi: governanceTokenAbi } as const;
  const [tokens, votes, delegate, symbol] = await Promise.all([
    l1.readContract({ ...token, functionName: 'balanceOf', args: [account] }),
    l1.readContract({ ...token, functionName: 'getVotes', args: [account] }),
    l1.readContract({ ...token, functionName: 'delegates', args: [account] }),
    l1.readContract({ ...token, functionName: 'symbol' }),
  ]);
  return { tokens, votes, delegate, symbol };
}

export function castVote(user: GovernanceUser, proposalId: bigint, support: Support, reason: string) {
  return governorCall(user, 'castVoteWithReason', [proposalId, SUPPORT[support], reason]);
}

/** Signs a vote without sending it (EIP-712). @throws Sdk.NoAccount */
export async function signVote(user: GovernanceUser, proposalId: bigint, support: Support): Promise<SignedVote> {
  const { account, l1, contracts } = user;
  if (!account) throw new TributaryError('Sdk.NoAccount', 'a vote needs an account that signs');
  const { governor } = contracts;
  const nonce = await l1.readContract({
    address: governor,
    abi: tributaryGovernorAbi,
    functionName: 'nonces',
    args: [account.address],
  });
  const vote = { proposalId, support: SUPPORT[support], voter: account.address, nonce };
  const chainId = await l1.getChainId();
  return { ...vote, signature: await account.signTypedData(ballotTypedData(vote, { chainId, governor })) };
}

/** Whether the account voted on the proposal. */
export function hasVoted({ l1, contracts }: GovernanceUser, proposalId: bigint, voter: Address): Promise<boolean> {
  const governor = { address: contracts.governor, abi: tributaryGovernorAbi } as const;
  return l1.readContract({ ...governor, functionName: 'hasVoted', args: [proposalId, voter] });
}

/** Puts an accepted proposal into the timelock. */
export function queueProposal(user: GovernanceUser, { calls, descriptionHash }: Proposal) {
  return governorCall(user, 'queue', [...columns(calls), descriptionHash]);
}

/** Executes what has waited. */
export function executeProposal(user: GovernanceUser, { calls, descriptionHash }: Proposal) {
  return governorCall(user, 'execute', [...columns(calls), descriptionHash]);
}

/** keccak256 of the description as the governor keeps it. */
export function hashOfDescription(description: string): Hex {
  return keccak256(stringToHex(description));
}

function columns(calls: ProposedCall[]) {
  return [calls.map(({ target }) => target), calls.map(({ value }) => value), calls.map(({ data }) => data)];
}

function governorCall(user: GovernanceUser, functionName: string, args: readonly unknown[]) {
  return sendGovernanceCall(user, {
    address: user.contracts.governor,
    abi: [...tributaryGovernorAbi],
    functionName,
    args,
  });
}

function ratifiedVersion(calls: ProposedCall[], registry: Address): Hex | undefined {
  for (const { target, data } of calls) {
    if (target.toLowerCase() !== registry.toLowerCase()) continue;
    try {
      const { functionName, args } = decodeFunctionData({ abi: moduleRegistryAbi, data });
      if (functionName === 'ratify') return args[0];
    } catch {
      // Not a call that the registry knows.
    }
  }
  return undefined;
}
