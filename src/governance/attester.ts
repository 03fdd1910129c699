import { type Abi, encodeFunctionData, type Hex } from 'viem';
import { type Hash, toBigInt, toFixedBytes, toHex } from '../core/bytes';
import { errorMessage, hasErrorCode, type TributaryError } from '../core/errors';
import type { Logger } from '../core/ports';
import type { VersionFault } from '../execution/versions/versionedExecutor';
import { attesterSetAbi } from '../l1/bindings/AttesterSet';
import { moduleRegistryAbi } from '../l1/bindings/ModuleRegistry';
import type { L1Call } from '../l1/l1Call';
import type { L1Client } from '../l1/l1Client';
import { EXECUTION_KIND, type RegisteredVersion, type RegistryReader, Stage } from './registryReader';
import { type ShadowRange, statedDifferences } from './shadow/shadowResult';
import { type ShadowRule, Statements } from './statements';

/** What an attester needs of the chain; `state/ChainStore` has it. */
export interface AttesterChain {
  label(name: 'safe'): { header: { number: number } };
  blockHashByNumber(blockNumber: number): Hash | undefined;
  metadata(name: string): Uint8Array | undefined;
  setMetadata(name: string, value: Uint8Array): Promise<void>;
}

export interface AttesterOptions {
  l1: L1Client;
  moduleRegistry: Hex;
  attesterSet: Hex;
  /** With the attester's own key; `L1TransactionSender` fits. */
  sender: { readonly address: Hex; send(call: L1Call): Promise<unknown> };
  chain: AttesterChain;
  registry: Pick<RegistryReader, 'shadowRule'>;
  logger: Logger;
}

/** IModuleRegistry.EvidenceKind, of what is checked on chain without further proof. Silence is not offered (docs/adr/0313). */
const Evidence = { attesterFaults: 0, failedHealthCheck: 2 } as const;

/**
 * Says on L1 what this node saw, under its own key: what candidates did in shadow, and the first fault of a canary. Takes every step that
 * the registry allows anyone to take, when it allows it: nothing in an upgrade or a roll-back waits for a person.
 *
 * It speaks only of blocks that are derived from L1, and once: who says two things loses its bond.
 */
export class Attester {
  readonly #options: AttesterOptions;
  #hasBond = false;
  readonly #statements: Statements;

  constructor(options: AttesterOptions) {
    this.#options = options;
    this.#statements = new Statements(options.l1, options.attesterSet, options.sender.address);
  }

  /** States what shadow found of a range, unless the range was stated before: to say two things costs the bond. */
  async attest(version: RegisteredVersion, range: ShadowRange): Promise<void> {
    if (await this.#statements.has(version, range.from)) return;
    const { attesterSet } = this.#options;
    const differences = statedDifferences(range, version.differencesHash);
    const args = [version.versionId, BigInt(range.from), BigInt(range.to), toHex(range.resultHash), toHex(differences)];
    const isSaid = await this.#send('AttesterSet.attest', attesterSet, attesterSetAbi as Abi, 'attest', args);
    if (isSaid) this.#statements.add(version, range.from, differences);
  }

  /** Keeps the earliest fault of a version, to be reported once its block is derived from L1. */
  async keepFault({ versionId, blockNumber }: VersionFault): Promise<void> {
    if (!versionId) return;
    const known = this.#faultOf(toHex(versionId));
    if (known !== undefined && known <= blockNumber) return;
    await this.#options.chain.setMetadata(faultName(toHex(versionId)), toFixedBytes(blockNumber, 8));
  }

  /**
   * Takes each step that is due. One that L1 does not take, for it can't be tried or paid for, keeps no other version waiting.
   * @throws L1.TransactionRefused (`retry`) for the first of these, when all others were taken
   */
  async step(versions: RegisteredVersion[]): Promise<void> {
    this.#hasBond ||= await this.#raiseBond();
    const rule = versions.some(isJudged) ? await this.#options.registry.shadowRule() : undefined;
    let refusal: TributaryError | undefined;
    for (const version of versions) {
      try {
        await this.#stepWith(version, rule);
      } catch (error) {
        if (!hasErrorCode(error, 'L1.TransactionRefused')) throw error;
        refusal ??= error;
      }
    }
    if (refusal) throw refusal;
  }

  async #stepWith(version: RegisteredVersion, rule: ShadowRule | undefined): Promise<void> {
    if (version.stage === Stage.canary) await this.#reportFault(version);
    if (rule && isJudged(version)) {
      await this.#statements.recall(version, this.#options.chain.label('safe').header.number, rule);
    }
    for (const [name, args] of this.#stepsOf(version, rule)) {
      const { moduleRegistry } = this.#options;
      if (await this.#send(`ModuleRegistry.${name}`, moduleRegistry, moduleRegistryAbi as Abi, name, args)) return;
    }
  }

  #stepsOf({ versionId, kind, stage }: RegisteredVersion, rule: ShadowRule | undefined): Step[] {
    const queue = (from: number): Step => ['queue', [versionId, BigInt(from)]];
    // Before what would bring it on.
    const refusals = this.#statements.undeclared(versionId).map((from): Step => ['refuse', [versionId, BigInt(from)]]);
    switch (stage) {
      case Stage.voted:
        return [['beginShadow', [versionId]]];
      case Stage.shadow:
        if (kind !== EXECUTION_KIND) return [queue(0)];
        return [...refusals, ...(rule ? this.#statements.rows(versionId, rule).map(queue) : [])];
      case Stage.queued:
        return [...refusals, ['activate', [versionId]]];
      case Stage.canary: {
        const evidence = kind === EXECUTION_KIND ? Evidence.attesterFaults : Evidence.failedHealthCheck;
        return [
          ['rollBack', [versionId, evidence, '0x']],
          // A fault that is known here keeps this node from confirming.
          ...(this.#faultOf(versionId) === undefined ? [['confirm', [versionId]] as Step] : []),
        ];
      }
      case Stage.active:
        return [['finalizeVersion', [versionId]]];
      default:
        return [];
    }
  }

  /** What an admitted attester lacks of its bond. @returns whether it counts */
  async #raiseBond(): Promise<boolean> {
    const { l1, attesterSet, sender } = this.#options;
    const set = { address: attesterSet, abi: attesterSetAbi } as const;
    const args = [sender.address] as const;
    const [attester, bondWei] = await Promise.all([
      l1.read((viem) => viem.readContract({ ...set, functionName: 'attesterOf', args })),
      l1.read((viem) => viem.readContract({ ...set, functionName: 'bondWei' })),
    ]);
    if (!attester.isAdmitted || attester.unbondsAt !== 0n) return false;
    const missing = bondWei - attester.bondWei;
    if (missing <= 0n) return true;
    return this.#send('AttesterSet.bond', attesterSet, attesterSetAbi as Abi, 'bond', [...args], missing);
  }

  async #reportFault({ versionId }: RegisteredVersion): Promise<void> {
    const { chain, l1, attesterSet, sender, logger } = this.#options;
    const blockNumber = this.#faultOf(versionId);
    if (blockNumber === undefined || chain.label('safe').header.number < blockNumber) return;
    const hash = chain.blockHashByNumber(blockNumber);
    if (!hash) return;
    const reported = await l1.read((viem) =>
      viem.readContract({
        address: attesterSet,
        abi: attesterSetAbi,
        functionName: 'faultOf',
        args: [versionId, sender.address],
      }),
    );
    if (BigInt(reported.l2BlockHash) !== 0n) return;
    logger.warn({ versionId, blockNumber }, "reporting a canary's fault");
    const args = [versionId, BigInt(blockNumber), toHex(hash)];
    await this.#send('AttesterSet.reportFault', attesterSet, attesterSetAbi as Abi, 'reportFault', args);
  }

  #faultOf(versionId: Hex): number | undefined {
    const bytes = this.#options.chain.metadata(faultName(versionId));
    return bytes && Number(toBigInt(bytes));
  }

  /** @returns false where the contract does not allow it (now), which is how it is found out what is due */
  async #send(label: string, to: Hex, abi: Abi, functionName: string, args: unknown[], value = 0n): Promise<boolean> {
    const { sender, logger } = this.#options;
    try {
      await sender.send({ label, to, abi, value, data: encodeFunctionData({ abi, functionName, args }) });
      logger.info({ args: args.map(String) }, `${label} is done`);
      return true;
    } catch (error) {
      if (!hasErrorCode(error, 'L1.TransactionReverted')) throw error;
      logger.debug({ error: errorMessage(error) }, `${label} is not due`);
      return false;
    }
  }
}

/** A function of the registry's, and its arguments. */
type Step = [name: string, args: unknown[]];

/** Whether attesters state what they see of it. */
function isJudged({ kind, stage }: RegisteredVersion): boolean {
  return kind === EXECUTION_KIND && (stage === Stage.shadow || stage === Stage.queued);
}

/** version id → number (8) of the first block on which it trapped here. */
function faultName(versionId: Hex): string {
  return `governance.fault.${versionId}`;
}
