import type { Block } from '../../codec/block';
import { encodeReceipt, type Receipt } from '../../codec/receipt';
import { concatBytes, equalBytes, type Hash, toFixedBytes, toHex, ZERO_HASH } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';

/**
 * Ways in which a candidate may differ from the version that ruled. `state` follows where gas or fees differ. `validity`: it refuses a
 * transaction that is in the block. `trap`, `timeout` and `crash` can't be declared: they are faults.
 */
export const DIFFERENCE_KINDS = ['baseFee', 'gasUsed', 'logs', 'state', 'status', 'validity'] as const;
export const FAULT_KINDS = ['crash', 'timeout', 'trap'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number] | (typeof FAULT_KINDS)[number];

export interface Difference {
  kind: DifferenceKind;
  blockNumber: number;
  /** Position in the block, where it is about a transaction. */
  transactionIndex?: number;
  /** Of the version that ruled. */
  expected: string;
  /** Of the candidate. */
  found: string;
}

/** What a candidate makes of one block. */
export interface ShadowBlock {
  blockNumber: number;
  /** Of what the candidate computed; the same on every node that computed. */
  resultHash: Hash;
  /** The first of each kind. */
  differences: Difference[];
  executeMs: number;
}

/** What attesters state about a range: `AttesterSet.attest`. */
export interface ShadowRange {
  from: number;
  to: number;
  /** keccak256 of the blocks' result hashes, in order. */
  resultHash: Hash;
  kinds: DifferenceKind[];
  /** The first of each kind, for people. */
  differences: Difference[];
}

/** What the candidate sealed for a block, on the state before it and with the block's base fee. */
export interface ShadowExecution {
  block: Block;
  receipts: Receipt[];
  /** That the candidate's rules give the block. */
  baseFeePerGas: bigint;
}

export function compareExecutions(
  actual: { block: Block; receipts: Receipt[] },
  found: ShadowExecution,
): Pick<ShadowBlock, 'resultHash' | 'differences'> {
  const { header } = actual.block;
  const differences = new Map<DifferenceKind, Difference>();
  const differ = (kind: DifferenceKind, expected: unknown, got: unknown, transactionIndex?: number) => {
    if (differences.has(kind)) return;
    const texts = { expected: String(expected), found: String(got) };
    differences.set(kind, { kind, blockNumber: header.number, transactionIndex, ...texts });
  };
  if (header.baseFeePerGas !== found.baseFeePerGas) differ('baseFee', header.baseFeePerGas, found.baseFeePerGas);
  for (const [index, receipt] of actual.receipts.entries()) {
    const other = found.receipts[index];
    if (receipt.succeeded !== other.succeeded) differ('status', receipt.succeeded, other.succeeded, index);
    if (receipt.gasUsed !== other.gasUsed) differ('gasUsed', receipt.gasUsed, other.gasUsed, index);
    if (logsText(receipt) !== logsText(other)) differ('logs', logsText(receipt), logsText(other), index);
  }
  if (!equalBytes(header.stateRoot, found.block.header.stateRoot)) {
    differ('state', toHex(header.stateRoot), toHex(found.block.header.stateRoot));
  }
  const base = toFixedBytes(found.baseFeePerGas, 32);
  const parts = [actual.block.hash, found.block.hash, base, ...found.receipts.map((receipt) => encodeReceipt(receipt))];
  return { resultHash: keccak256(concatBytes(...parts)), differences: [...differences.values()] };
}

/** Of a block that the candidate did not execute. */
export function failedBlock(blockNumber: number, blockHash: Hash, kind: DifferenceKind, found: string): ShadowBlock {
  return {
    blockNumber,
    resultHash: keccak256(concatBytes(blockHash, new TextEncoder().encode(kind))),
    differences: [{ kind, blockNumber, expected: 'a sealed block', found }],
    executeMs: 0,
  };
}

export function rangeOf(from: number, to: number, blocks: ShadowBlock[]): ShadowRange {
  const differences = new Map<DifferenceKind, Difference>();
  for (const difference of blocks.flatMap((block) => block.differences)) {
    if (!differences.has(difference.kind)) differences.set(difference.kind, difference);
  }
  return {
    from,
    to,
    resultHash: keccak256(concatBytes(...blocks.map(({ resultHash }) => resultHash))),
    kinds: [...differences.keys()].sort(),
    differences: [...differences.values()],
  };
}

/**
 * A manifest's `differencesHash`, and what attesters state: keccak256 of the kinds' names in order, joined by commas; zero for none.
 * @example differencesHash(['state', 'gasUsed']) // keccak256('gasUsed,state')
 */
export function differencesHash(kinds: Iterable<DifferenceKind>): Hash {
  const names = [...new Set(kinds)].sort();
  return names.length === 0 ? ZERO_HASH : keccak256(new TextEncoder().encode(names.join(',')));
}

/** The kinds that a manifest's `differencesHash` declares; undefined where it is the hash of something else. */
export function declaredKinds(hash: Hash): DifferenceKind[] | undefined {
  for (let set = 0; set < 2 ** DIFFERENCE_KINDS.length; set++) {
    const kinds = DIFFERENCE_KINDS.filter((_, bit) => (set & (1 << bit)) !== 0);
    if (equalBytes(differencesHash(kinds), hash)) return kinds;
  }
  return undefined;
}

/**
 * What to state of a range: zero where nothing differed; the declared hash where all that differed was declared; else the hash of what did,
 * which no registry takes.
 */
export function statedDifferences({ kinds }: Pick<ShadowRange, 'kinds'>, declaredHash: Hash): Hash {
  if (kinds.length === 0) return ZERO_HASH;
  const declared = new Set(declaredKinds(declaredHash) ?? []);
  return kinds.every((kind) => declared.has(kind)) ? declaredHash : differencesHash(kinds);
}

function logsText({ logs }: Receipt): string {
  return JSON.stringify(logs.map(({ address, topics, data }) => [toHex(address), topics.map(toHex), toHex(data)]));
}
