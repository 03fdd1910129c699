import type { Hex } from 'viem';
import { equalBytes, fromHex, type Hash, ZERO_HASH } from '../core/bytes';
import { attesterSetAbi } from '../l1/bindings/AttesterSet';
import type { L1Client } from '../l1/l1Client';
import type { RegisteredVersion } from './registryReader';

/** IModuleRegistry.ShadowRule. */
export interface ShadowRule {
  rangeBlocks: number;
  rangeCount: number;
}

/** Windows and ranges that are tried; older ones were tried before. */
const TRIED_MAX = 4;

/**
 * What one attester has stated on L1. That is where it is kept: an attester that starts again, even from an empty disk, knows what it said,
 * so it neither contradicts itself nor forgets what a version has behind it.
 */
export class Statements {
  /** Version → first block of a range → whether what was seen is declared. */
  readonly #known = new Map<Hex, Map<number, boolean>>();

  constructor(
    private readonly l1: L1Client,
    private readonly attesterSet: Hex,
    private readonly attester: Hex,
  ) {}

  /** Whether the range was stated, in this run or an earlier one. @throws L1.Unreachable */
  async has(version: RegisteredVersion, from: number): Promise<boolean> {
    if (this.#of(version.versionId).has(from)) return true;
    const { resultHash, differencesHash } = await this.l1.read((viem) =>
      viem.readContract({
        address: this.attesterSet,
        abi: attesterSetAbi,
        functionName: 'statementOf',
        args: [version.versionId, BigInt(from), this.attester],
      }),
    );
    if (BigInt(resultHash) === 0n) return false;
    this.add(version, from, fromHex(differencesHash));
    return true;
  }

  add({ versionId, differencesHash }: RegisteredVersion, from: number, statedHash: Hash): void {
    const isDeclared = equalBytes(statedHash, ZERO_HASH) || equalBytes(statedHash, differencesHash);
    this.#of(versionId).set(from, isDeclared);
  }

  /** The first time that a version is asked about: reads what was stated of the newest ranges before. @throws L1.Unreachable */
  async recall(version: RegisteredVersion, safeBlock: number, { rangeBlocks, rangeCount }: ShadowRule): Promise<void> {
    if (this.#known.has(version.versionId)) return;
    const newest = Math.floor(safeBlock / rangeBlocks);
    const oldest = Math.max(0, newest - 2 * rangeCount - TRIED_MAX);
    for (let range = oldest; range <= newest; range++) await this.has(version, range * rangeBlocks);
    this.#of(version.versionId);
  }

  /** First blocks of the newest rows of ranges with which the version may be queued. */
  rows(versionId: Hex, { rangeBlocks, rangeCount }: ShadowRule): number[] {
    const known = this.#of(versionId);
    const isRow = (first: number) =>
      Array.from({ length: rangeCount }, (_, index) => first + index * rangeBlocks).every((from) => known.get(from));
    return [...known.keys()]
      .filter(isRow)
      .sort((a, b) => a - b)
      .slice(-TRIED_MAX);
  }

  /** First blocks of the newest ranges in which something undeclared was seen. */
  undeclared(versionId: Hex): number[] {
    const ranges = [...this.#of(versionId)].filter(([, isDeclared]) => !isDeclared).map(([from]) => from);
    return ranges.sort((a, b) => a - b).slice(-TRIED_MAX);
  }

  #of(versionId: Hex): Map<number, boolean> {
    const known = this.#known.get(versionId) ?? new Map<number, boolean>();
    this.#known.set(versionId, known);
    return known;
  }
}
