import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { artifacts } from 'hardhat';
import { createPublicClient, createWalletClient, encodeFunctionData, type Hex, http, keccak256 } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { type Deployment, parseDeployment } from '../../src/chain/deployment';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { kernelVariant } from '../execution/versions/kernelVariant';
import { freePort, rpc, TributaryProcess, temporaryFolder } from './tributaryProcess';

const NEW_SILENCE_SECONDS = 7_200;
/** Commands take their time on a busy machine. */
const VOTING_SECONDS = '25';

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

  it('refuses an L1 module whose storage moves, and rehearses one that fits on a fork', async () => {
    const wallet = createWalletClient({ account: devAccounts(1)[0].account, transport: http(deployment.l1.rpcUrl) });
    const l1 = createPublicClient({ transport: http(deployment.l1.rpcUrl), pollingInterval: 50 });
    const { abi, bytecode } = await artifacts.readArtifact('AnchorStateRegistryV2');
    const hash = await wallet.deployContract({ abi, bytecode: bytecode as Hex, chain: null });
    const { contractAddress: implementation } = await l1.waitForTransactionReceipt({ hash });

    const moved = layout({ count: 't_uint64' });
    const manifest = join(folder.path, 'settlement.manifest.json');
    const write = (before: unknown, after: unknown) => {
      writeFileSync(join(folder.path, 'before.json'), JSON.stringify(before));
      writeFileSync(join(folder.path, 'after.json'), JSON.stringify(after));
      const storageLayout = { before: 'before.json', after: 'after.json' };
      const migration = encodeFunctionData({ abi, functionName: 'migrate', args: [false] });
      const file = { version: 1, kind: 'settlement', title: 'Settlement 2', implementation, migration, storageLayout };
      writeFileSync(manifest, JSON.stringify(file));
    };
    write(layout({ count: 't_uint256' }), moved);
    await refused(
      ['gov', 'propose', manifest, '--dry-run'],
      /storage layout is not right: count .*uint256 becomes .*uint64/,
    );

    write(layout({ count: 't_uint256' }), layout({ count: 't_uint256', illFrom: 't_uint256' }));
    const rehearsed = await done(['gov', 'propose', manifest, '--dry-run']);
    expect(rehearsed).to.match(/storage layout +everything stays where it is; added: illFrom/);
    expect(rehearsed).to.match(/✓ on the fork: activate[\s\S]*ModuleSwapped/);
    expect(rehearsed).to.match(/code hash +0x[0-9a-f]{64} {2}→ {2}0x[0-9a-f]{64}/);
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
