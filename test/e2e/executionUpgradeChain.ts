import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  numberToHex,
  type PublicClient,
  parseEventLogs,
  slice,
  zeroAddress,
  zeroHash,
} from 'viem';
import { type Deployment, parseDeployment } from '../../src/chain/deployment';
import { toHex } from '../../src/core/bytes';
import { type DifferenceKind, differencesHash } from '../../src/governance/shadow/shadowResult';
import { artifactStoreAbi } from '../../src/l1/bindings/ArtifactStore';
import { governanceTokenAbi } from '../../src/l1/bindings/GovernanceToken';
import { moduleRegistryAbi } from '../../src/l1/bindings/ModuleRegistry';
import { tributaryGovernorAbi } from '../../src/l1/bindings/TributaryGovernor';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { rpc, TributaryProcess, temporaryFolder, until } from './tributaryProcess';

/** IModuleRegistry.Stage, by number. */
export const STAGES = [
  'none',
  'proposed',
  'voted',
  'shadow',
  'queued',
  'canary',
  'active',
  'final',
  'rolledBack',
  'rejected',
];
const CHUNK_SIZE_BYTES = 24_575;
/** Of the ten holders on the dev chain; every quorum is below. */
const VOTER_COUNT = 5;
const SUCCEEDED = 4;
const QUEUED = 5;
const EXECUTED = 7;
const IN_FAVOUR = 1;
/** `Execution` and `Settlement`. */
export const Kind = { execution: 0, settlement: 3 } as const;

export interface ModuleProposal {
  kind?: number;
  predecessor: Hex;
  implementation?: Address;
  artifactHash?: Hex;
  activationL2Block?: number;
  differences?: DifferenceKind[];
  migration?: Hex;
}

export interface Call {
  target: Address;
  data: Hex;
}

/** `tributary dev` in a process of its own, with what a holder does on L1. */
export class UpgradeChain {
  readonly folder = temporaryFolder();
  readonly dataDir = join(this.folder.path, 'dev');
  dev!: TributaryProcess;
  deployment!: Deployment;
  l1!: PublicClient;
  #verifierUrl = '';
  readonly #sending = new Map<number, Promise<void>>();

  /** @param blockTimeSeconds of the L2 */
  async start(blockTimeSeconds: number, flags: string[] = []): Promise<this> {
    const [port, l1Port, verifierPort] = [await freePort(), await freePort(), await freePort()];
    this.#verifierUrl = `http://127.0.0.1:${verifierPort}`;
    const ports = ['--port', String(port), '--l1-port', String(l1Port), '--verifier-port', String(verifierPort)];
    const places = [...ports, '--data-dir', this.dataDir];
    const time = ['--block-time', String(blockTimeSeconds)];
    this.dev = await new TributaryProcess(['dev', ...places, ...time, ...flags]).ready();
    const file = join(this.dataDir, 'deployment.json');
    this.deployment = parseDeployment(JSON.parse(readFileSync(file, 'utf8')), file);
    this.l1 = createPublicClient({ transport: http(this.deployment.l1.rpcUrl), pollingInterval: 50, cacheTime: 0 });
    await Promise.all(
      devAccounts(VOTER_COUNT).map(({ account }, index) =>
        this.send(
          index,
          this.contract('governanceToken'),
          encodeFunctionData({ abi: governanceTokenAbi, functionName: 'delegate', args: [account.address] }),
        ),
      ),
    );
    return this;
  }

  async stop(): Promise<void> {
    await this.dev?.stop();
    this.folder.remove();
  }

  get url(): string {
    return this.deployment.l2.rpcUrl;
  }

  get registry() {
    return { address: this.contract('moduleRegistry'), abi: moduleRegistryAbi } as const;
  }

  contract(name: string): Address {
    const address =
      this.deployment.rollup.contracts[name as keyof Deployment['rollup']['contracts']] ??
      this.deployment.l1.contracts[name];
    if (!address) throw new Error(`no contract ${name} in the deployment`);
    return address as Address;
  }

  async head(): Promise<number> {
    return Number(await rpc<Hex>(this.url, 'eth_blockNumber'));
  }

  /** A transaction on L1 from a dev account, to its end; one after the other from each account. */
  send(sender: number, to: Address | undefined, data: Hex) {
    const sent = (this.#sending.get(sender) ?? Promise.resolve()).then(() => this.#sendNow(sender, to, data));
    this.#sending.set(
      sender,
      sent.then(
        () => undefined,
        () => undefined,
      ),
    );
    return sent;
  }

  async #sendNow(sender: number, to: Address | undefined, data: Hex) {
    const { account } = devAccounts(1, sender)[0];
    const wallet = createWalletClient({ account, transport: http(this.deployment.l1.rpcUrl) });
    const hash = await wallet.sendTransaction({ to, data, chain: null });
    const receipt = await this.l1.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`reverted on L1: ${hash}`);
    return receipt;
  }

  /** In chunks, as docs/adr/0304-artifact-store.md says. */
  async publish(bytes: Uint8Array, hash: Uint8Array, sender = 0): Promise<void> {
    const store = this.contract('artifactStore');
    const call = (functionName: 'begin' | 'append', args: unknown[]) =>
      this.send(sender, store, encodeFunctionData({ abi: artifactStoreAbi, functionName, args } as never));
    await call('begin', [toHex(hash), BigInt(bytes.length)]);
    for (let at = 0; at < bytes.length; at += CHUNK_SIZE_BYTES) {
      await call('append', [toHex(hash), toHex(bytes.subarray(at, at + CHUNK_SIZE_BYTES))]);
    }
  }

  /** Proposes a version on the registry; a vote ratifies it by `ratification`. */
  async propose({ kind = Kind.execution, ...given }: ModuleProposal): Promise<Hex> {
    const manifest = {
      kind,
      predecessor: given.predecessor,
      implementation: given.implementation ?? zeroAddress,
      artifactHash: given.artifactHash ?? zeroHash,
      abi_: 1,
      executionAbiMin: 1,
      executionAbiMax: 1,
      activationL2Block: BigInt(given.activationL2Block ?? 0),
      differencesHash: toHex(differencesHash(given.differences ?? [])),
      metadataHash: zeroHash,
      migration: given.migration ?? '0x',
    };
    const data = encodeFunctionData({ abi: moduleRegistryAbi, functionName: 'propose', args: [manifest] });
    const { logs } = await this.send(0, this.registry.address, data);
    const [{ args }] = parseEventLogs({ abi: moduleRegistryAbi, logs, eventName: 'VersionProposed' });
    return args.versionId;
  }

  async ratification(versionId: Hex): Promise<Call> {
    const { manifestHash } = await this.version(versionId);
    const data = encodeFunctionData({
      abi: moduleRegistryAbi,
      functionName: 'ratify',
      args: [versionId, manifestHash],
    });
    return { target: this.registry.address, data };
  }

  /**
   * Propose, vote, queue, execute: all that holders do.
   * @param executeAfter what the execution waits for
   */
  async vote(calls: Call[], description: string, executeAfter?: () => Promise<void>): Promise<void> {
    const governor = { address: this.contract('governor'), abi: tributaryGovernorAbi } as const;
    const call = (sender: number, functionName: string, args: unknown[]) =>
      this.send(
        sender,
        governor.address,
        encodeFunctionData({ abi: tributaryGovernorAbi, functionName, args } as never),
      );
    const [targets, values, data] = [
      calls.map(({ target }) => target),
      calls.map(() => 0n),
      calls.map((one) => one.data),
    ];
    const { logs } = await call(0, 'propose', [targets, values, data, description]);
    const [{ args }] = parseEventLogs({ abi: tributaryGovernorAbi, logs, eventName: 'ProposalCreated' });
    const id = [args.proposalId] as const;
    const state = () => this.l1.readContract({ ...governor, functionName: 'state', args: id });
    const startsAt = await this.l1.readContract({ ...governor, functionName: 'proposalSnapshot', args: id });
    await this.l1Time(startsAt + 1n);
    await Promise.all(devAccounts(VOTER_COUNT).map((_, voter) => call(voter, 'castVote', [...id, IN_FAVOUR])));
    await until('the vote is over', async () => (await state()) === SUCCEEDED, 60_000);
    await call(1, 'queue', [...id]);
    if ((await state()) !== QUEUED) throw new Error('the proposal is not queued');
    await this.l1Time(await this.l1.readContract({ ...governor, functionName: 'proposalEta', args: id }));
    await executeAfter?.();
    await call(2, 'execute', [...id]);
    if ((await state()) !== EXECUTED) throw new Error('the proposal is not executed');
  }

  version(versionId: Hex) {
    return this.l1.readContract({ ...this.registry, functionName: 'versionOf', args: [versionId] });
  }

  activeVersion(kind: number): Promise<Hex> {
    return this.l1.readContract({ ...this.registry, functionName: 'activeVersion', args: [kind] });
  }

  async stage(versionId: Hex): Promise<string> {
    return STAGES[(await this.version(versionId)).stage];
  }

  /** Or a later one on the way to Final. @throws where it went another way */
  async untilStage(versionId: Hex, stage: string, timeoutMs = 60_000): Promise<void> {
    const wanted = STAGES.indexOf(stage);
    await until(
      `${stage} is reached`,
      async () => {
        const reached = (await this.version(versionId)).stage;
        const isElsewhere = reached !== wanted && reached > STAGES.indexOf('final');
        if (isElsewhere) throw new Error(`${stage} can't be reached any more: it is ${STAGES[reached]}`);
        return reached >= wanted;
      },
      timeoutMs,
    );
  }

  /** Until sequencer and verifier derived this block from L1. */
  async untilSafe(blockNumber: number): Promise<void> {
    for (const url of [this.url, this.#verifierUrl]) {
      const isSafe = async () => {
        const { number } = await rpc<{ number: Hex }>(url, 'eth_getBlockByNumber', ['safe', false]);
        return Number(number) >= blockNumber;
      };
      await until(`block ${blockNumber} is safe at ${url}`, isSafe, 60_000);
    }
  }

  async block(blockNumber: number): Promise<{ hash: Hex; originNumber: number }> {
    const { hash, transactions } = await rpc<{ hash: Hex; transactions: { input: Hex }[] }>(
      this.url,
      'eth_getBlockByNumber',
      [numberToHex(blockNumber), true],
    );
    // As `encodeL1Attributes` packs it; genesis has none.
    const originNumber = transactions[0] ? Number(slice(transactions[0].input, 28, 36)) : 0;
    return { hash, originNumber };
  }

  /** Number of the L1 block in which this was logged of a kernel. */
  async loggedIn(eventName: 'ExecutionActivated' | 'ExecutionRolledBack', versionId: Hex): Promise<number> {
    const logs = await this.l1.getContractEvents({ ...this.registry, eventName, fromBlock: 0n });
    const log = logs.find(({ args }) => args.versionId === BigInt(versionId));
    if (!log) throw new Error(`no ${eventName} of ${versionId}`);
    return Number(log.blockNumber);
  }

  /** The first L2 block from `number` on whose origin is that L1 block or a later one. */
  async firstBlockFrom(number: number, originNumber: number): Promise<number> {
    for (let at = number; ; at++) {
      await until(`block ${at} is there`, async () => (await this.head()) >= at, 60_000);
      if ((await this.block(at)).originNumber >= originNumber) return at;
    }
  }

  /** Until a block of L1 has this timestamp or a later one. */
  async l1Time(seconds: bigint): Promise<void> {
    await until(`L1 is at ${seconds}`, async () => (await this.l1.getBlock()).timestamp >= seconds, 60_000);
  }
}
