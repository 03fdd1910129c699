import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { artifacts } from 'hardhat';
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  keccak256,
  parseEther,
  slice,
  toFunctionSelector,
} from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { type Deployment, parseDeployment } from '../../src/chain/deployment';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { moduleRegistryAbi } from '../../src/l1/bindings/ModuleRegistry';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { kernelVariant } from '../execution/versions/kernelVariant';
import { Kind, STAGES } from './executionUpgradeChain';
import { rpc, TributaryProcess, temporaryFolder, until } from './tributaryProcess';
import { WithdrawalUser } from './withdrawalUser';

const NEW_SILENCE_SECONDS = 7_200;
/** Commands take their time on a busy machine. */
const VOTING_SECONDS = '25';
/** Dev account that does nothing else. */
const DEPLOYER = 12;
const REVERTS_IN_SELF_TEST = 1;
/** ERC-1967. */
const IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

describe('tributary gov and module, end to end', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  const dataDir = join(folder.path, 'dev');
  const deploymentFile = join(dataDir, 'deployment.json');
  const [first, second, third] = devAccounts(3).map(({ privateKey }) => privateKey);
  let dev: TributaryProcess;
  let deployment: Deployment;

  before(async () => {
    const [port, l1Port] = [await freePort(), await freePort()];
    const places = ['--port', String(port), '--l1-port', String(l1Port), '--data-dir', dataDir];
    dev = await new TributaryProcess([
      'dev',
      ...places,
      '--block-time',
      '0.5',
      '--voting-seconds',
      VOTING_SECONDS,
    ]).ready();
    deployment = parseDeployment(JSON.parse(readFileSync(deploymentFile, 'utf8')), deploymentFile);
  });
  after(async () => {
    await dev.stop();
    folder.remove();
  });

  async function run(args: string[], key: Hex = first) {
    const command = new TributaryProcess([...args, '--deployment', deploymentFile], { TRIBUTARY_KEY: key });
    return { code: await command.exitCode(), output: command.output };
  }

  /** Runs a command that must succeed. @returns what it printed */
  async function done(args: string[], key?: Hex): Promise<string> {
    const { code, output } = await run(args, key);
    expect(code, output).to.equal(0);
    return output;
  }

  async function refused(args: string[], sentence: RegExp, key?: Hex): Promise<void> {
    const { code, output } = await run(args, key);
    expect(code, output).to.equal(1);
    expect(output).to.match(sentence);
    expect(output).not.to.match(/\n\s+at /);
  }

  function l1() {
    return createPublicClient({ transport: http(deployment.l1.rpcUrl), pollingInterval: 50, cacheTime: 0 });
  }

  function registry() {
    return { address: deployment.rollup.contracts.moduleRegistry as Hex, abi: moduleRegistryAbi } as const;
  }

  function activeSettlement(): Promise<Hex> {
    return l1().readContract({ ...registry(), functionName: 'activeVersion', args: [Kind.settlement] });
  }

  /** The code behind the settlement module's proxy. */
  async function settlementCode(): Promise<Hex> {
    const [proxy] = await l1().readContract({ ...registry(), functionName: 'moduleOf', args: [Kind.settlement] });
    const word = await l1().getStorageAt({ address: proxy, slot: IMPLEMENTATION_SLOT });
    return slice(word ?? '0x', 12);
  }

  async function deployOnL1(name: string, args: unknown[] = []) {
    const { abi, bytecode } = await artifacts.readArtifact(name);
    const [{ account }] = devAccounts(1, DEPLOYER);
    const wallet = createWalletClient({ account, transport: http(deployment.l1.rpcUrl) });
    const hash = await wallet.deployContract({ abi, bytecode: bytecode as Hex, args, chain: null });
    const { contractAddress } = await l1().waitForTransactionReceipt({ hash });
    return { address: contractAddress as Hex, abi };
  }

  /** Of a new settlement module. */
  function writeManifest(name: string, fields: object): string {
    const path = join(folder.path, `${name}.manifest.json`);
    writeFileSync(path, JSON.stringify({ version: 1, kind: 'settlement', ...fields }));
    return path;
  }

  it('changes a parameter: proposed, voted with and without gas, queued, executed', async () => {
    const setSilence = ['--call', 'inbox', 'setSilencePeriodSeconds(uint32)', String(NEW_SILENCE_SECONDS)];
    const proposed = await done(['gov', 'propose', ...setSilence, '--title', 'More patience']);
    expect(proposed).to.match(/class of risk +parameter/);
    expect(proposed).to.match(/silencePeriodSeconds\(\) 3600 {2}→ {2}7200/);
    expect(proposed).to.include('proposed as 1');

    const [inFavour, gasless] = await Promise.all([
      done(['gov', 'vote', '1', 'for', '--wait', '--reason', 'patience is a virtue']),
      done(['gov', 'vote', '1', 'for', '--wait', '--gasless'], second),
    ]);
    expect(inFavour).to.include('voted for');
    expect(gasless).to.match(/voted for; 0x[0-9a-fA-F]{40} paid for it: 0x[0-9a-f]{64}/);
    await refused(
      ['gov', 'vote', '1', 'against', '--gasless'],
      /did not relay the vote: .*(has voted|is not being)/,
      second,
    );

    expect(await done(['gov', 'queue', '1', '--wait'])).to.include('proposal 1 is queued');
    const shown = await done(['gov', 'show', '1']);
    expect(shown)
      .to.match(/More patience/)
      .and.match(/votes +for 2000000, against 0, abstain 0; .*reached/);
    expect(await done(['gov', 'execute', '1', '--wait'])).to.include('proposal 1 is executed');
    expect(await done(['gov', 'list'])).to.match(/5\/5 executed/);
    expect(await done(['gov', 'watch', '1'])).to.match(/5\/5 executed/);

    const l1 = createPublicClient({ transport: http(deployment.l1.rpcUrl) });
    const inbox = { address: deployment.rollup.contracts.inbox as Hex, abi: inboxAbi } as const;
    expect(Number(await l1.readContract({ ...inbox, functionName: 'silencePeriodSeconds' }))).to.equal(7_200);
  });

  it('says what was expected where something is wrong', async () => {
    await refused(['gov', 'vote', '9', 'for'], /expected a proposal's number.*got 9 \(there are 1 to 1\)/);
    await refused(['gov', 'vote', '1', 'maybe'], /Allowed choices are against, for, abstain/);
    await refused(['gov', 'vote', '1', 'for'], /voting on proposal 1 ended at .*: it is executed/);
    await refused(['gov', 'vote', '1', 'for', '--gasless', '--reason', 'x'], /--gasless: expected no --reason/);
    await refused(['gov', 'propose'], /expected either a manifest.json or --call/);
    await refused(['gov', 'propose', '--call', 'inbx', 'f()'], /expected an address or one of .*inbox.*got inbx/);
    await refused(['gov', 'propose', '--call', 'inbox', 'f(uint32)', 'x'], /argument 1: expected uint32, got x/);
    // Half a second would be forbidden too, but the timelock is not the sequencer.
    const foreign = ['--call', 'inbox', 'postBatch(bytes)', '0x00', '--dry-run'];
    await refused(['gov', 'propose', ...foreign], /it would fail after the vote: /);
    await refused(['gov', 'delegate'], /TRIBUTARY_KEY: expected 0x and 64 hex digits/, 'secret' as Hex);
    const manifest = join(folder.path, 'bad.manifest.json');
    writeFileSync(manifest, JSON.stringify({ version: 1, kind: 'execution', title: 'x', differences: ['colour'] }));
    await refused(['gov', 'propose', manifest], /is not a manifest[\s\S]*differences/);
    await refused(['module', 'verify', `0x${'77'.repeat(32)}`], /the ArtifactStore 0x\w+ has no 0x7777/);
    await refused(['module', 'publish', manifest], /Execution|no WebAssembly module/);
  });

  it('pays for no vote that does not count', async () => {
    const { rpcUrl } = deployment.l2;
    const vote = { proposalId: '0x1', support: '0x1', voter: devAccounts(1)[0].account.address, nonce: '0x0' };
    for (const [change, sentence] of [
      [{ signature: `0x${'11'.repeat(65)}` }, /signature: expected that of/],
      [{ signature: '0x11' }, /signature: expected 65 bytes/],
      [{ signature: `0x${'11'.repeat(65)}`, to: '0x00' }, /vote/],
    ] as const) {
      const error = await rpc(rpcUrl, 'tributary_relayVote', [{ ...vote, ...change }]).catch((cause: Error) => cause);
      expect(error).to.be.instanceOf(Error);
      expect((error as Error).message).to.match(sentence);
    }
    // A stranger signs properly, but has no votes.
    await done(['gov', 'propose', '--no-fork', '--call', 'inbox', 'setSilencePeriodSeconds(uint32)', '3600']);
    await refused(['gov', 'vote', '2', 'for', '--wait', '--gasless'], /has 0 votes on proposal/, generatePrivateKey());
  });

  it('refuses an L1 module whose storage moves, before anything is sent', async () => {
    const { address: implementation } = await deployOnL1('AnchorStateRegistryV2');
    for (const [name, type] of [
      ['before', 't_uint256'],
      ['after', 't_uint64'],
    ]) {
      writeFileSync(join(folder.path, `${name}.json`), JSON.stringify(layout({ count: type })));
    }
    const storageLayout = { before: 'before.json', after: 'after.json' };
    const manifest = writeManifest('moved', { title: 'Moved', implementation, storageLayout });
    await refused(
      ['gov', 'propose', manifest, '--dry-run'],
      /storage layout is not right: count .*uint256 becomes .*uint64/,
    );
  });

  it('swaps the settlement module for one that passes its own test; exits proven before and after leave by rule', async () => {
    const user = new WithdrawalUser(deployment, 7);
    await user.deposit(parseEther('2'));
    const hostile = await deployOnL1('HostileModule', [REVERTS_IN_SELF_TEST]);
    const next = await deployOnL1('AnchorStateRegistryV2');
    const layoutFile = await buildInfoOf('AnchorStateRegistryV2');
    const ill = writeManifest('ill', { title: 'Fails its own test', implementation: hostile.address });
    const migration = encodeFunctionData({ abi: next.abi, functionName: 'migrate', args: [false] });
    const storageLayout = {
      before: `${layoutFile}#AnchorStateRegistry`,
      after: `${layoutFile}#AnchorStateRegistryV2`,
    };
    const good = writeManifest('good', {
      ...{ title: 'Settlement 2', implementation: next.address },
      ...{ migration, storageLayout },
    });
    await refused(['gov', 'propose', ill, '--without-layout'], /it would fail after the vote/);
    const forced = await done(['gov', 'propose', ill, '--no-fork', '--without-layout']);
    const proposed = await done(['gov', 'propose', good], second);
    expect(proposed).to.match(/storage layout +everything stays where it is; added: illFrom, migratedAt/);
    expect(proposed).to.match(/✓ on the fork: activate[\s\S]*ModuleSwapped/);
    expect(proposed).to.match(/code hash +0x[0-9a-f]{64} {2}→ {2}0x[0-9a-f]{64}/);
    const numbers = [forced, proposed].map((output) => /proposed as (\d+)/.exec(output)?.[1] ?? '');
    const [illId, goodId] = [forced, proposed].map((output) => /version (0x[0-9a-f]{64})/.exec(output)?.[1] as Hex);

    const [provenBefore] = await Promise.all([
      user.prove('0x00000000000000000000000000000000c0ffee11', parseEther('0.5')),
      ...[first, third].map(async (key) => {
        for (const number of numbers) await done(['gov', 'vote', number, 'for', '--wait'], key);
      }),
    ]);
    for (const number of numbers) await done(['gov', 'queue', number, '--wait']);

    // Voted, and still no further than to the end of its exit window.
    const [genesisId, genesisCode] = await Promise.all([activeSettlement(), settlementCode()]);
    await done(['gov', 'execute', numbers[0], '--wait']);
    await until(
      'its exit window is over',
      async () => {
        const { exitEndsAt, stage } = await l1().readContract({
          ...registry(),
          functionName: 'versionOf',
          args: [illId],
        });
        return STAGES[stage] === 'queued' && (await l1().getBlock()).timestamp > exitEndsAt;
      },
      60_000,
    );
    const activation = { ...registry(), functionName: 'activate', args: [illId] } as const;
    const refusal = await l1()
      .simulateContract(activation)
      .catch((cause: Error) => cause);
    const selfTestFailed = toFunctionSelector('ModuleExecutorSelfTestFailed(address,address)');
    expect(String(refusal)).to.contain(selfTestFailed);
    expect([await activeSettlement(), await settlementCode()]).to.deep.equal([genesisId, genesisCode]);

    await done(['gov', 'execute', numbers[1], '--wait']);
    expect(await done(['gov', 'watch', numbers[1]])).to.match(/6\/7 active/);
    expect(await activeSettlement()).to.equal(goodId);
    expect(await settlementCode()).to.equal(next.address.toLowerCase());
    expect(await user.finalize(provenBefore)).to.equal(parseEther('0.5'));
    const provenAfter = await user.prove('0x00000000000000000000000000000000c0ffee12', parseEther('0.25'));
    expect(await user.finalize(provenAfter)).to.equal(parseEther('0.25'));
  });

  it('upgrades the kernel: built, published, verified, proposed, voted, and watched until it is active', async () => {
    const { bytes } = kernelVariant('v2');
    const file = join(folder.path, 'kernel-v2.wasm');
    writeFileSync(file, bytes);
    const hash = keccak256(bytes);
    expect(await done(['module', 'publish', file], third)).to.include(`published ${hash}`);
    expect(await done(['module', 'publish', file], third)).to.include(`${hash} is on L1 already`);
    const verified = await done(['module', 'verify', hash, '--variant', 'v2']);
    expect(verified).to.match(
      /✓ \d+ bytes on L1[\s\S]*✓ a kernel that nodes take[\s\S]*✓ variant v2 .* the same bytes/,
    );

    const manifest = join(folder.path, 'kernel-v2.manifest.json');
    const artifact = { file: 'kernel-v2.wasm', hash };
    const differences = ['baseFee', 'gasUsed', 'state'];
    writeFileSync(manifest, JSON.stringify({ version: 1, kind: 'execution', title: 'v2', artifact, differences }));
    const startedMs = Date.now();
    const proposed = await done(['gov', 'propose', manifest]);
    expect(proposed)
      .to.match(/artifact hash .* {2}→ {2}0x/)
      .and.include('✓ published on L1');
    const [, number] = /proposed as (\d+)/.exec(proposed) ?? [];
    await Promise.all([
      done(['gov', 'vote', number, 'for', '--wait']),
      done(['gov', 'vote', number, 'for', '--wait', '--gasless'], second),
    ]);
    await done(['gov', 'queue', number, '--wait']);
    await done(['gov', 'execute', number, '--wait']);
    const watched = await done(['gov', 'watch', number]);
    expect(watched).to.match(/6\/7 active/);
    process.stdout.write(`      from proposal to active: ${((Date.now() - startedMs) / 1000).toFixed(0)} s\n`);

    const shown = await done(['gov', 'show', number]);
    expect(shown).to.match(/attestations +needed: 1 of 1 attesters on 2 ranges of 2 L2 blocks/);
    const { modules, versions } = await rpc<{
      modules: { kind: string; activeVersion: Hex }[];
      versions: { versionId: Hex; artifactHash: Hex; stage: string }[];
    }>(deployment.l2.rpcUrl, 'tributary_modules');
    const active = modules.find(({ kind }) => kind === 'execution')?.activeVersion;
    expect(versions.find(({ versionId }) => versionId === active)?.artifactHash).to.equal(hash);
    const [status] = await rpc<{ node: { hasArtifact: boolean } }[]>(deployment.l2.rpcUrl, 'tributary_upgradeStatus', [
      active,
    ]);
    expect(status.node.hasArtifact).to.equal(true);
    expect(existsSync(file)).to.equal(true);
  });
});

/** Hardhat's, with the compiler's storage layouts. */
async function buildInfoOf(name: string): Promise<string> {
  const { sourceName } = await artifacts.readArtifact(name);
  const folder = join(__dirname, '..', '..', 'artifacts', sourceName);
  return join(folder, JSON.parse(readFileSync(join(folder, `${name}.dbg.json`), 'utf8')).buildInfo);
}

/** What solc says of variables one after the other. */
function layout(variables: Record<string, string>) {
  const storage = Object.entries(variables).map(([label, type], slot) => ({
    label,
    slot: String(slot),
    offset: 0,
    type,
  }));
  const types = { t_uint256: { label: 'uint256' }, t_uint64: { label: 'uint64' } };
  return { storage, types };
}
