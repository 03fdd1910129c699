import { artifacts } from 'hardhat';
import {
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  parseEther,
  parseEventLogs,
  zeroAddress,
  zeroHash,
} from 'viem';
import { hardhat } from 'viem/chains';
import { TributaryError } from '../../src/core/errors';
import { MemoryStore } from '../../src/core/memoryStore';
import { systemClock } from '../../src/core/systemClock';
import { Attester, type AttesterChain } from '../../src/governance/attester';
import { RegistryReader } from '../../src/governance/registryReader';
import { attesterSetAbi } from '../../src/l1/bindings/AttesterSet';
import { moduleRegistryAbi } from '../../src/l1/bindings/ModuleRegistry';
import { type DeployedContracts, deployContracts } from '../../src/l1/deployment/deployContracts';
import type { L1Call } from '../../src/l1/l1Call';
import type { L1Client } from '../../src/l1/l1Client';
import { L1TransactionSender } from '../../src/l1/l1TransactionSender';
import { compiledArtifact } from '../contracts/deploySystem';
import { accounts, BOND_WEI, CHALLENGE_WINDOW_SECONDS, connect, silentLogger, viemClients } from '../l1/l1Fixture';
import { rpc, startAnvil, type TestL1 } from '../l1/startL1';

export const ATTESTER_BOND_WEI = parseEther('1');
/** Seconds; all different, so that no step is due by accident. */
export const WINDOWS = { exit: 300, shadow: 200, canary: 400, finality: 100 };
export const RANGE_BLOCKS = 2;

/** What a manifest says beside the defaults of a kernel's. */
export interface VersionFields {
  kind?: number;
  implementation?: Hex;
  migration?: Hex;
  artifactHash?: Hex;
  differencesHash?: Hex;
}

/** anvil with the module registry on it, one attester admitted, and steps that tests take. */
export class GovernedL1 {
  readonly #senders: L1TransactionSender[] = [];
  #snapshot: Hex = '0x';

  private constructor(
    readonly l1: TestL1,
    readonly client: L1Client,
    readonly contracts: DeployedContracts,
  ) {}

  static async start(): Promise<GovernedL1> {
    const l1 = await startAnvil();
    const { exit, shadow, canary, finality } = WINDOWS;
    const { contracts } = await deployContracts({
      ...viemClients(l1.url, accounts.deployer),
      config: {
        sequencer: accounts.sequencer.address,
        guardian: accounts.guardian.address,
        timelock: { minDelaySeconds: 0, proposers: [accounts.deployer.address] },
        challengeWindowSeconds: CHALLENGE_WINDOW_SECONDS,
        initBondWei: BOND_WEI,
        governance: {
          delaySeconds: { module: exit, governance: exit },
          windows: {
            exitSeconds: { parameter: exit, module: exit, governance: exit },
            shadowSeconds: shadow,
            canarySeconds: canary,
            finalitySeconds: finality,
            rollBackHoldSeconds: 100,
            livenessGapSeconds: 10_000,
            lapseSeconds: 100_000,
          },
          shadow: { rangeBlocks: RANGE_BLOCKS, rangeCount: 2 },
          attesters: { accounts: [accounts.other.address], bondWei: ATTESTER_BOND_WEI, unbondSeconds: 1_000 },
        },
      },
      loadArtifact: compiledArtifact,
    });
    return new GovernedL1(l1, await connect([l1.url]), contracts);
  }

  get registry() {
    return { address: this.contracts.moduleRegistry as Hex, abi: moduleRegistryAbi } as const;
  }

  get attesterSet() {
    return { address: this.contracts.attesterSet as Hex, abi: attesterSetAbi } as const;
  }

  reader(): RegistryReader {
    return new RegistryReader(this.client, this.registry.address);
  }

  /** As a node begins: what it said before, only L1 knows. `refuses`: calls that L1 is made to refuse. */
  async attester(
    chain: AttesterChain,
    account = accounts.other,
    refuses: (call: L1Call) => boolean = () => false,
  ): Promise<Attester> {
    const sender = await L1TransactionSender.open({
      ...{ l1: this.client, account, store: new MemoryStore(), clock: systemClock },
      ...{ logger: silentLogger, pollIntervalMs: 20 },
    });
    this.#senders.push(sender);
    const [moduleRegistry, attesterSet] = [this.registry.address, this.attesterSet.address];
    const registry = this.reader();
    return new Attester({
      l1: this.client,
      moduleRegistry,
      attesterSet,
      sender: {
        address: sender.address,
        async send(call) {
          if (refuses(call)) throw new TributaryError('L1.TransactionRefused', call.label, { recovery: 'retry' });
          return sender.send(call);
        },
      },
      chain,
      registry,
      logger: silentLogger,
    });
  }

  /** Proposed by anyone and ratified as the timelock does after a vote. */
  async voted({ kind = 0, ...fields }: VersionFields): Promise<Hex> {
    const { publicClient, walletClient } = viemClients(this.l1.url, accounts.user);
    const predecessor = await publicClient.readContract({
      ...this.registry,
      functionName: 'activeVersion',
      args: [kind],
    });
    const manifest = {
      ...{ kind, predecessor, implementation: zeroAddress as Hex, artifactHash: zeroHash as Hex, abi_: 1 },
      ...{ executionAbiMin: 1, executionAbiMax: 1, activationL2Block: 0n, differencesHash: zeroHash as Hex },
      ...{ metadataHash: zeroHash, migration: '0x' as Hex, ...fields },
    };
    const hash = await walletClient.writeContract({ ...this.registry, functionName: 'propose', args: [manifest] });
    const { logs } = await publicClient.waitForTransactionReceipt({ hash });
    const [{ args }] = parseEventLogs({ abi: moduleRegistryAbi, logs, eventName: 'VersionProposed' });
    await this.#asTimelock('ratify', [args.versionId, args.manifestHash]);
    return args.versionId;
  }

  version(versionId: Hex) {
    return this.client.read((viem) =>
      viem.readContract({ ...this.registry, functionName: 'versionOf', args: [versionId] }),
    );
  }

  attesterOf(address: Hex) {
    return this.client.read((viem) =>
      viem.readContract({ ...this.attesterSet, functionName: 'attesterOf', args: [address] }),
    );
  }

  /** How many transactions an account ever made on L1. */
  async transactionCount(address: Hex): Promise<number> {
    return Number(await rpc<Hex>(this.l1.url, 'eth_getTransactionCount', [address, 'latest']));
  }

  async deploy(contractName: string, encodedArguments = ''): Promise<Hex> {
    const { publicClient, walletClient } = viemClients(this.l1.url, accounts.user);
    const { abi, bytecode } = await artifacts.readArtifact(contractName);
    const hash = await walletClient.deployContract({ abi, bytecode: `${bytecode}${encodedArguments}` as Hex });
    return (await publicClient.waitForTransactionReceipt({ hash })).contractAddress as Hex;
  }

  async wait(seconds: number): Promise<void> {
    await rpc(this.l1.url, 'evm_increaseTime', [seconds]);
    await rpc(this.l1.url, 'evm_mine', []);
  }

  /** Remembers everything, until `restore`. */
  async snapshot(): Promise<void> {
    this.#snapshot = await rpc<Hex>(this.l1.url, 'evm_snapshot', []);
  }

  async restore(): Promise<void> {
    await Promise.all(this.#senders.splice(0).map((sender) => sender.stop()));
    await rpc(this.l1.url, 'evm_revert', [this.#snapshot]);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.stop()));
    await this.l1.stop();
  }

  async #asTimelock(functionName: 'ratify', args: [Hex, Hex]): Promise<void> {
    const { url } = this.l1;
    const account = this.contracts.timelock as Hex;
    await rpc(url, 'anvil_setBalance', [account, '0xde0b6b3a7640000']);
    await rpc(url, 'anvil_impersonateAccount', [account]);
    const timelock = createWalletClient({ account, chain: hardhat, transport: http(url) });
    const data = encodeFunctionData({ abi: moduleRegistryAbi, functionName, args });
    const hash = await timelock.sendTransaction({ to: this.registry.address, data });
    await viemClients(url, accounts.user).publicClient.waitForTransactionReceipt({ hash });
  }
}
