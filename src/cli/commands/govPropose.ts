import type { Command } from 'commander';
import { type AbiFunction, encodeFunctionData, keccak256, parseAbiItem, zeroHash } from 'viem';
import { errorMessage, TributaryError } from '../../core/errors';
import { MODULE_KINDS, type ModuleOverview, RISK_CLASSES } from '../../governance/moduleOverview';
import { timelockAbi } from '../../l1/bindings/Timelock';
import { contractAddress, type GovernanceUser } from '../../sdk/governance';
import { publishedSizeBytes } from '../../sdk/governanceArtifacts';
import { type CallEffect, decodeCall, executeOnFork, tryCalls } from '../../sdk/governanceEffects';
import { forkL1 } from '../../sdk/governanceFork';
import {
  checkManifest,
  type LoadedManifest,
  manifestHash,
  type RegistryManifest,
  ratifyData,
  readManifest,
  registryManifest,
  versionIdOf,
} from '../../sdk/governanceManifest';
import { findProposal, type ProposedCall, proposeCalls } from '../../sdk/governanceProposals';
import { proposeVersion, readModules, rehearseVersion, replacedBy } from '../../sdk/governanceUpgrades';
import { type GovernanceFlags, l2HeadNumber, print, signer, withKeyOptions } from './govContext';
import { duration, shortId } from './govProgress';

interface ProposeFlags extends GovernanceFlags {
  call?: string[];
  title?: string;
  dryRun?: boolean;
  fork: boolean;
  withoutLayout?: boolean;
}

const EXAMPLES = `
The private key is read from TRIBUTARY_KEY or a keystore. Proposing needs as many votes as the governor asks for.
What will change is printed, and tried on a fork of L1 (or, where it can't be forked, with eth_call), before anything is sent.

Examples:
  $ tributary gov propose kernel-v2.manifest.json                 a module's new version
  $ tributary gov propose kernel-v2.manifest.json --dry-run       only show what would change
  $ tributary gov propose --call inbox "setSilencePeriodSeconds(uint32)" 7200
  $ tributary gov propose --call 0x… "setBudget((uint128,uint128,uint64,uint64))" '["0","0","3600","3600"]' --title "No rewards"`;

export function registerPropose(gov: Command): void {
  withKeyOptions(gov.command('propose'))
    .description('propose a new version of a module, or a call')
    .argument('[manifest]', 'manifest.json of a module version')
    .option('--call <parts...>', 'in place of a manifest: contract or address, function signature, arguments')
    .option('--title <text>', 'what the vote is about, for readers')
    .option('--dry-run', 'show what would change, and send nothing')
    .option('--no-fork', 'ask L1 with eth_call in place of trying on a fork')
    .option('--without-layout', 'propose an L1 module whose storage layout was not compared')
    .addHelpText('after', EXAMPLES)
    .action(async (manifest: string | undefined, flags: ProposeFlags) => {
      if ((manifest === undefined) === (flags.call === undefined)) {
        throw new TributaryError('Cli.BadArguments', 'expected either a manifest.json or --call, and not both');
      }
      const user = await signer(flags);
      if (manifest) await proposeModule(user, readManifest(manifest), flags);
      else await proposeCall(user, flags.call ?? [], flags);
    });
}

async function proposeCall(user: GovernanceUser, parts: string[], flags: ProposeFlags): Promise<void> {
  const [target, signature, ...args] = parts;
  if (!target || !signature) {
    throw new TributaryError('Cli.BadArguments', '--call: expected a contract, a function signature and its arguments');
  }
  const item = parseSignature(signature);
  const values = parseArguments(item, args);
  const data = encodeFunctionData({ abi: [item], args: values });
  const call: ProposedCall = { target: contractAddress(user.deployment, target), value: 0n, data };
  const decoded = decodeCall(user, call, item);
  print('What will change');
  await printRisk(user, [call]);
  const effects = await withFork(user, flags, [call], item);
  printEffects(effects);
  refuseFailures(effects.map(({ failure }) => failure));
  if (flags.dryRun) return print('nothing was sent (--dry-run)');
  const title = flags.title ?? `${decoded.name}(${args.join(', ')})`;
  const id = await proposeCalls(user, [call], title);
  await printProposed(user, id);
}

async function proposeModule(user: GovernanceUser, loaded: LoadedManifest, flags: ProposeFlags): Promise<void> {
  const { file } = loaded;
  const overview = await readModules(user);
  const isExecution = file.kind === 'execution';
  const head = isExecution && file.activationL2Block === undefined ? await l2HeadNumber(user) : 0;
  const manifest = registryManifest(loaded, overview, head);
  const hash = manifestHash(manifest);
  const proposer = user.account?.address ?? '0x';
  const versionId = versionIdOf(proposer, hash);
  const call = { target: user.contracts.moduleRegistry, value: 0n, data: ratifyData(versionId, hash) };

  print(`What will change: ${file.title}`);
  await printManifest(user, loaded, manifest, overview);
  await printRisk(user, [call]);
  const checks = await checkManifest(user, loaded, async (artifact) => (await publishedSizeBytes(user, artifact)) > 0);
  for (const { what, outcome, says } of checks) {
    print(`  ${{ right: '✓', wrong: '✗', missing: '?' }[outcome]} ${what.padEnd(16)} ${says}`);
  }
  const wrong = checks.find(({ outcome }) => outcome === 'wrong');
  if (wrong) throw new TributaryError('Cli.WrongManifest', `${wrong.what} is not right: ${wrong.says}`);
  const layout = checks.find(({ what }) => what === 'storage layout');
  if (layout?.outcome === 'missing' && !flags.withoutLayout) {
    const message =
      'the storage layout was not compared: name both in the manifest (storageLayout), or say --without-layout';
    throw new TributaryError('Cli.LayoutUnknown', message);
  }
  await rehearse(user, flags, manifest, overview);
  if (flags.dryRun) return print('nothing was sent (--dry-run)');

  await proposeVersion(user, manifest);
  print(`registered as version ${versionId}`);
  const id = await proposeCalls(user, [call], flags.title ?? `${file.title}\n\n${file.description}`.trim());
  await printProposed(user, id);
}

async function printManifest(
  user: GovernanceUser,
  { file }: LoadedManifest,
  manifest: RegistryManifest,
  overview: ModuleOverview,
): Promise<void> {
  const replaced = await replacedBy(user, manifest, overview);
  const before = replaced?.version;
  const row = (name: string, was: string, becomes: string) => print(`  ${name.padEnd(18)} ${was}  →  ${becomes}`);
  print(`  ${'module'.padEnd(18)} ${file.kind}`);
  row('version', before ? `${before.number}` : '(unknown)', `${(before?.number ?? 0) + 1}`);
  if (file.kind === 'execution') {
    const was = !before || before.artifactHash === zeroHash ? "(the package's kernel)" : before.artifactHash;
    row('artifact hash', was, manifest.artifactHash);
    row('kernel ABI', String(before?.abi ?? '?'), String(manifest.abi_));
    print(`  ${'from L2 block'.padEnd(18)} ${manifest.activationL2Block}, at the earliest`);
    print(`  ${'may differ in'.padEnd(18)} ${file.differences.join(', ') || 'nothing'}`);
  } else {
    row('implementation', before?.implementation ?? '(unknown)', manifest.implementation);
    row('code hash', replaced?.codeHash ?? '(no code)', (await codeHash(user, manifest)) ?? '(no code)');
    row('interface', String(before?.abi ?? '?'), String(manifest.abi_));
    print(`  ${'migration'.padEnd(18)} ${migrationInWords(user, manifest, overview)}`);
  }
  print(`  ${'works with ABI'.padEnd(18)} ${manifest.executionAbiMin} to ${manifest.executionAbiMax}`);
  print(`  ${'manifest hash'.padEnd(18)} ${manifestHash(manifest)}`);
}

async function codeHash(user: GovernanceUser, { implementation }: RegistryManifest): Promise<string | undefined> {
  const code = await user.l1.getCode({ address: implementation });
  return code && keccak256(code);
}

function migrationInWords(
  user: GovernanceUser,
  { migration, kind }: RegistryManifest,
  overview: ModuleOverview,
): string {
  if (migration === '0x') return 'none';
  const proxy = overview.modules.find((module) => module.kind === MODULE_KINDS[kind])?.proxy ?? '0x';
  const { name, args } = decodeCall(user, { target: proxy, value: 0n, data: migration });
  return `${name}(${args.map((arg) => `${arg.name}: ${arg.value}`).join(', ')})`;
}

/** Class, quorum and delays, as the timelock and the governor have them now. */
async function printRisk(user: GovernanceUser, calls: ProposedCall[]): Promise<void> {
  const timelock = { address: user.contracts.timelock, abi: timelockAbi } as const;
  const columns = [calls.map(({ target }) => target), calls.map(({ value }) => value), calls.map(({ data }) => data)];
  const riskClass = await user.l1.readContract({
    ...timelock,
    functionName: 'riskClassOfBatch',
    args: columns as unknown as readonly [`0x${string}`[], bigint[], `0x${string}`[]],
  });
  const delay = await user.l1.readContract({ ...timelock, functionName: 'delaySecondsOf', args: [riskClass] });
  print(`  ${'class of risk'.padEnd(18)} ${RISK_CLASSES[riskClass]}: waits ${duration(Number(delay))} after the vote`);
}

async function withFork(
  user: GovernanceUser,
  flags: ProposeFlags,
  calls: ProposedCall[],
  item: AbiFunction,
): Promise<CallEffect[]> {
  const fork = await forkOrNothing(user, flags);
  if (!fork) return tryCalls(user, calls, item);
  try {
    return await executeOnFork(user, fork.client, calls, item);
  } finally {
    await fork.stop();
  }
}

async function rehearse(
  user: GovernanceUser,
  flags: ProposeFlags,
  manifest: RegistryManifest,
  overview: ModuleOverview,
): Promise<void> {
  const fork = await forkOrNothing(user, flags);
  if (!fork) return print('  ? not rehearsed: that needs a fork of L1');
  try {
    const proposer = user.account?.address ?? '0x';
    const steps = await rehearseVersion(user, fork.client, manifest, proposer, overview);
    for (const { step, failure, events } of steps) {
      print(`  ${failure ? '✗' : '✓'} on the fork: ${step}${failure ? ` is refused: ${failure}` : ''}`);
      for (const event of events) print(`      ${event}`);
    }
    refuseFailures(steps.map(({ failure }) => failure));
  } finally {
    await fork.stop();
  }
}

async function forkOrNothing(user: GovernanceUser, { fork }: ProposeFlags) {
  if (!fork) return undefined;
  try {
    return await forkL1(user);
  } catch (error) {
    print(`  ? L1 could not be forked (${errorMessage(error).split('\n', 1)[0]}): asking with eth_call`);
    return undefined;
  }
}

function printEffects(effects: CallEffect[]): void {
  for (const { call, failure, before, after, events } of effects) {
    print(`  ${failure ? '✗' : '✓'} ${call.name}${failure ? ` is refused: ${failure}` : ''}`);
    for (const { name, value } of call.args) print(`      ${name} = ${value}`);
    if (before !== undefined) print(`      ${call.getter?.name}() ${before}  →  ${after ?? '(not executed)'}`);
    for (const event of events) print(`      ${event}`);
  }
}

function refuseFailures(failures: (string | undefined)[]): void {
  const failure = failures.find((reason) => reason !== undefined);
  if (failure) throw new TributaryError('Cli.WouldFail', `it would fail after the vote: ${failure}`);
}

async function printProposed(user: GovernanceUser, id: bigint): Promise<void> {
  const { position } = await findProposal(user, String(id));
  print(`proposed as ${position} (${shortId(id)})`);
  print(`  go on with: tributary gov vote ${position} for --wait   and   tributary gov watch ${position}`);
}

function parseSignature(signature: string): AbiFunction {
  try {
    const item = parseAbiItem(`function ${signature}` as string) as unknown as AbiFunction;
    if (item.type === 'function') return item;
  } catch {
    // Said below.
  }
  throw new TributaryError(
    'Cli.BadArguments',
    `--call: expected a function signature such as "setSilencePeriodSeconds(uint32)", got ${JSON.stringify(signature)}`,
  );
}

/** Lists and tuples are JSON. @throws Cli.BadArguments naming the argument */
function parseArguments(item: AbiFunction, args: string[]): unknown[] {
  const expected = item.inputs.map(({ type }) => type).join(', ') || 'none';
  if (args.length !== item.inputs.length) {
    const message = `--call: expected ${item.inputs.length} arguments (${expected}), got ${args.length}`;
    throw new TributaryError('Cli.BadArguments', message);
  }
  return item.inputs.map(({ type }, index) => {
    try {
      const value = /[\])]$|^tuple/.test(type) ? JSON.parse(args[index]) : args[index];
      return argumentValue(type, value);
    } catch {
      throw new TributaryError(
        'Cli.BadArguments',
        `--call: argument ${index + 1}: expected ${type}, got ${args[index]}`,
      );
    }
  });
}

function argumentValue(type: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((member) => argumentValue('', member));
  const text = String(value);
  if (type === 'bool') {
    if (text !== 'true' && text !== 'false') throw new TypeError(text);
    return text === 'true';
  }
  if (/^u?int/.test(type)) return BigInt(text);
  // Members of lists and tuples have their types in the signature; numbers are the only ones that JSON can't hold.
  if (type === '' && /^-?\d+$/.test(text)) return BigInt(text);
  return value;
}
