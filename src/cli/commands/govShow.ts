import { type Command, Option } from 'commander';
import { TributaryError } from '../../core/errors';
import type { ModuleOverview, ModuleVersion } from '../../governance/moduleOverview';
import type { GovernanceUser } from '../../sdk/governance';
import { decodeCall } from '../../sdk/governanceEffects';
import { findProposal, type Proposal, readDescription, readProposals } from '../../sdk/governanceProposals';
import { readAttestations, readModules, readNodeStatus } from '../../sdk/governanceUpgrades';
import { type GovernanceFlags, onlooker, print, withGovernanceOptions } from './govContext';
import { duration, progressLine, progressOf, shortId, timeOf, votesLine } from './govProgress';

const POLL_MS = 500;
const ID = "number in `gov list`, proposal id, or a module version's id";

export function registerLooking(gov: Command): void {
  withGovernanceOptions(gov.command('list'))
    .description('all proposals, and which version rules each module')
    .addHelpText('after', '\nExamples:\n  $ tributary gov list\n  $ tributary gov list --deployment deployment.json')
    .action(async (flags: GovernanceFlags) => list(onlooker(flags)));

  withGovernanceOptions(gov.command('show'))
    .description('one proposal: stage, clocks, votes, calls, attestations')
    .argument('<id>', ID)
    .addHelpText(
      'after',
      '\nExamples:\n  $ tributary gov show 1\n  $ tributary gov show 0x…      by id of the proposal or of the module version',
    )
    .action(async (name: string, flags: GovernanceFlags) => show(onlooker(flags), name));

  withGovernanceOptions(gov.command('watch'))
    .description('follow a proposal to its end, with its clocks')
    .argument('<id>', ID)
    .addOption(new Option('--until <stage>', 'end there').choices(['executed', 'active', 'final']).default('active'))
    .addHelpText(
      'after',
      '\nExamples:\n  $ tributary gov watch 1\n  $ tributary gov watch 1 --until final\n\nExit code 1 when it ends badly.',
    )
    .action(async (name: string, flags: GovernanceFlags & { until: string }) => {
      await watch(onlooker(flags), name, flags.until);
    });
}

async function list(user: GovernanceUser): Promise<void> {
  const [proposals, overview] = await Promise.all([readProposals(user), readModules(user)]);
  print('Modules');
  for (const { kind, activeVersion } of overview.modules) {
    const active = overview.versions.find(({ versionId }) => versionId === activeVersion);
    const what = kind === 'execution' ? kernelName(active) : (active?.implementation ?? '');
    print(`  ${kind.padEnd(18)} version ${active?.number} (${active?.stage})  ${what}`);
  }
  if (overview.withdrawalsHeldFrom !== undefined) {
    print(`  withdrawals of L2 blocks from ${overview.withdrawalsHeldFrom} on are held during the canary`);
  }
  print(`Proposals${proposals.length === 0 ? ': none' : ''}`);
  for (const proposal of proposals) {
    const version = versionOf(proposal, overview);
    const subject = version
      ? `${version.kind} ${shortId(version.versionId)}`
      : decodeCall(user, proposal.calls[0]).name;
    print(`  ${String(proposal.position).padStart(3)} ${shortId(proposal.id)} ${subject}`);
    print(`      ${progressLine(progressOf(proposal, version, overview.timestamp))}`);
  }
}

async function show(user: GovernanceUser, name: string): Promise<void> {
  const proposal = await findProposal(user, name);
  const overview = await readModules(user);
  const version = versionOf(proposal, overview);
  const description = await readDescription(user, proposal);
  print(`Proposal ${proposal.position}: ${description?.split('\n', 1)[0] ?? '(description not served by L1)'}`);
  print(`  ${progressLine(progressOf(proposal, version, overview.timestamp))}`);
  const row = (what: string, says: string) => print(`  ${what.padEnd(16)} ${says}`);
  row('id', `0x${proposal.id.toString(16)}`);
  row('proposer', proposal.proposer);
  row('class of risk', proposal.riskClass);
  row('voting', `${timeOf(proposal.voteStartsAt)} to ${timeOf(proposal.voteEndsAt)} (${proposal.state})`);
  row('votes', votesLine(proposal));
  if (proposal.executableAt > 0) row('executable', `from ${timeOf(proposal.executableAt)} on`);
  for (const call of proposal.calls) {
    const { name: callName, args } = decodeCall(user, call);
    row('calls', callName);
    for (const arg of args) print(`                   ${arg.name} = ${arg.value}`);
  }
  if (version) await showVersion(user, version, overview, row);
}

async function showVersion(
  user: GovernanceUser,
  version: ModuleVersion,
  overview: ModuleOverview,
  row: (what: string, says: string) => void,
): Promise<void> {
  const { windows, shadowRule } = overview;
  print(`Version ${version.versionId}`);
  row('module', `${version.kind}, stage ${version.stage} since ${timeOf(version.stageSince)}`);
  if (version.kind === 'execution') {
    row('artifact hash', version.artifactHash);
    row('from L2 block', `${version.activationL2Block}, at the earliest`);
  } else row('implementation', version.implementation);
  row('follows', version.predecessor);
  if (version.exitEndsAt > 0) row('exit window', `ends ${clock(version.exitEndsAt, overview.timestamp)}`);
  else row('exit window', `will last ${duration(windows.exitSeconds[version.riskClass])}`);
  if (version.canaryEndsAt > 0) row('canary', `ends ${clock(version.canaryEndsAt, overview.timestamp)}`);
  else row('canary', `will last ${duration(windows.canarySeconds)}`);
  if (version.kind !== 'execution') return;
  const attestations = await readAttestations(user, version.versionId);
  if (!attestations) row('attestations', 'not served by L1');
  else {
    const { activeCount, quorumCount, ranges, faults } = attestations;
    const ruleText = `${shadowRule.rangeCount} ranges of ${shadowRule.rangeBlocks} L2 blocks in a row`;
    row('attestations', `needed: ${quorumCount} of ${activeCount} attesters on ${ruleText}`);
    for (const { from, to, attesters, isDiffering } of ranges) {
      print(
        `                   blocks ${from} to ${to}: ${attesters} attesters${isDiffering ? ', with differences' : ''}`,
      );
    }
    for (const fault of faults) row('fault', `at L2 block ${fault.l2Block}, reported by ${fault.attester}`);
  }
  const node = await readNodeStatus(user, version.versionId);
  if (!node) return;
  row('this node', node.refusal ?? (node.hasArtifact ? 'has the artifact' : 'has no artifact yet'));
  if (node.shadow) {
    const { blockNumber, rangesDone, rangesSkipped, rangesDiffering } = node.shadow;
    const at = blockNumber === null ? 'not begun' : `at block ${Number(blockNumber)}`;
    row(
      'shadow',
      `${at}, ${Number(rangesDone)} ranges done, ${Number(rangesSkipped)} left out, ${Number(rangesDiffering)} differing`,
    );
  }
}

async function watch(user: GovernanceUser, name: string, until: string): Promise<void> {
  const isTerminal = process.stdout.isTTY;
  let last = '';
  for (;;) {
    const [proposal, overview] = await Promise.all([findProposal(user, name), readModules(user)]);
    const version = versionOf(proposal, overview);
    const progress = progressOf(proposal, version, overview.timestamp);
    const line = progressLine(progress);
    const isNew = progress.stage !== last;
    // On a terminal the line of a stage is written over with its clock; in a file each stage has one line.
    if (isTerminal) process.stdout.write(`${isNew && last ? '\n' : ''}\r\x1b[K${line}`);
    else if (isNew) print(line);
    last = progress.stage;
    const { outcome } = progress;
    const isThere =
      outcome === 'done' ||
      (until === 'executed' && proposal.state === 'executed') ||
      (until !== 'final' && version !== undefined && ['active', 'final'].includes(version.stage));
    if (isThere || outcome === 'failed') {
      if (isTerminal) process.stdout.write('\n');
      if (isThere) return;
      throw new TributaryError('Cli.EndedBadly', `proposal ${proposal.position} ended as ${progress.stage}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function versionOf({ versionId }: Proposal, { versions }: ModuleOverview): ModuleVersion | undefined {
  return versions.find((version) => version.versionId === versionId);
}

function kernelName(version: ModuleVersion | undefined): string {
  return version && BigInt(version.artifactHash) !== 0n ? version.artifactHash : "the package's kernel";
}

function clock(at: number, now: number): string {
  return at > now ? `${timeOf(at)} (in ${duration(at - now)})` : `${timeOf(at)} (over)`;
}
