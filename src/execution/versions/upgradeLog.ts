import type { ExecutionUpgrade, LoggedUpgrade } from '../../chain/executionUpgrade';
import { assert } from '../../core/assert';
import { concatBytes, equalBytes, type Hash, toBigInt, toFixedBytes } from '../../core/bytes';
import type { KeyValueOperation } from '../../core/ports';
import { metadataOperation } from '../../state/chainStore';

/** An upgrade with the L2 block that took in the L1 block which logged it. */
export interface TakenUpgrade extends LoggedUpgrade {
  l2Number: number;
  l2Hash: Hash;
}

/** What the log needs of the chain; `state/ChainStore` has it. */
export interface UpgradeLogChain {
  blockHashByNumber(blockNumber: number): Hash | undefined;
  metadata(name: string): Uint8Array | undefined;
}

const NAME = 'execution.upgrades';
/** kind (1) ‖ L1 number (8) ‖ L2 number (8) ‖ L2 hash (32) ‖ version (32) ‖ artifact (32) ‖ activation block (8) ‖ predecessor or restored (32). */
const RECORD_SIZE_BYTES = 153;
const KIND = { activation: 0, rollBack: 1 } as const;

/**
 * The upgrades that the chain on disk has taken in, up to the block `head`, in log order.
 *
 * They belong to L2 blocks, not to L1 blocks: each is written in the batch of the block whose origin passed it, and counts while that block
 * is on the chain. So a rewind, whatever its reason, takes them away by itself, and derivation, sequencer and calls can't disagree.
 */
export function takenUpgrades(chain: UpgradeLogChain, head: number): TakenUpgrade[] {
  const bytes = chain.metadata(NAME);
  if (!bytes) return [];
  return decode(bytes).filter(({ l2Number, l2Hash }) => {
    const hash = l2Number <= head ? chain.blockHashByNumber(l2Number) : undefined;
    return hash !== undefined && equalBytes(hash, l2Hash);
  });
}

/** To be written with the block that took in the last of `upgrades`. */
export function upgradesOperation(upgrades: TakenUpgrade[]): KeyValueOperation {
  return metadataOperation(NAME, concatBytes(...upgrades.map(encode)));
}

function encode({ upgrade, l1Number, l2Number, l2Hash }: TakenUpgrade): Uint8Array {
  const isActivation = upgrade.kind === 'activation';
  return concatBytes(
    Uint8Array.of(KIND[upgrade.kind]),
    toFixedBytes(l1Number, 8),
    toFixedBytes(l2Number, 8),
    l2Hash,
    upgrade.versionId,
    upgrade.artifactHash,
    toFixedBytes(isActivation ? upgrade.activationL2Block : 0, 8),
    isActivation ? upgrade.predecessorHash : upgrade.restoredHash,
  );
}

function decode(bytes: Uint8Array): TakenUpgrade[] {
  assert(bytes.length % RECORD_SIZE_BYTES === 0, `an upgrade's record has ${RECORD_SIZE_BYTES} bytes`);
  const upgrades: TakenUpgrade[] = [];
  for (let at = 0; at < bytes.length; at += RECORD_SIZE_BYTES) {
    const number = (offset: number) => Number(toBigInt(bytes.subarray(at + offset, at + offset + 8)));
    const hash = (offset: number) => bytes.slice(at + offset, at + offset + 32);
    const common = { versionId: hash(49), artifactHash: hash(81) };
    const upgrade: ExecutionUpgrade =
      bytes[at] === KIND.activation
        ? { kind: 'activation', ...common, activationL2Block: number(113), predecessorHash: hash(121) }
        : { kind: 'rollBack', ...common, restoredHash: hash(121) };
    upgrades.push({ upgrade, l1Number: number(1), l2Number: number(9), l2Hash: hash(17) });
  }
  return upgrades;
}
