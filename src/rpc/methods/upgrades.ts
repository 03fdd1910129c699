import { z } from 'zod';
import { TributaryError } from '../../core/errors';
import { quantity } from '../json/quantity';
import { type MethodGroup, method, parameter } from '../method';
import { address, bytes, count, expected, hash, optional, quantity as quantityParameter } from '../parameters';

/** What the node knows of the modules; times in seconds, hashes in hex. */
export interface UpgradesView {
  /** Kinds, versions, clocks and windows, as the registry on L1 has them now. */
  modules(): Promise<{ timestamp: number; versions: { versionId: string; next: { readyAt: number } | undefined }[] }>;
  /** What this node has and saw of each version of the kernel. */
  kernels(): { versionId: string }[];
}

/** A vote with its signature, as in `governance/ballot`. */
export interface RelayableVote {
  proposalId: bigint;
  support: number;
  voter: `0x${string}`;
  nonce: bigint;
  signature: `0x${string}`;
}

/** Brings votes to L1. */
export interface VoteRelay {
  /** Who pays. */
  readonly address: string;
  /** @returns the L1 transaction's hash @throws Relayer.* */
  relay(vote: RelayableVote): Promise<string>;
}

const versionId = parameter('versionId', optional(hash));
/** An `r`, `s`, `v` signature. */
const SIGNATURE_SIZE_BYTES = 65;
const signature = bytes.refine((value) => value.length === SIGNATURE_SIZE_BYTES, {
  error: `expected ${SIGNATURE_SIZE_BYTES} bytes`,
});
const vote = parameter(
  'vote',
  z.strictObject(
    { proposalId: quantityParameter, support: count, voter: address, nonce: quantityParameter, signature },
    { error: expected('an object {proposalId, support, voter, nonce, signature}') },
  ),
);

/** Modules and their upgrades, for programs: what `tributary gov` shows to people. */
export function upgradeMethods(upgrades: UpgradesView): MethodGroup {
  return {
    /** Each kind with the version that rules it, every version with its stage, clocks and next step, windows and shadow rule. */
    tributary_modules: method([], async () => toJson(await upgrades.modules())),

    /**
     * How far one version is, or each that is on its way: stage and clocks, seconds until its next step, and for kernels what this node has
     * of it and saw in shadow.
     */
    tributary_upgradeStatus: method([versionId], async ([wanted]) => {
      const { timestamp, versions } = await upgrades.modules();
      const kernels = new Map(upgrades.kernels().map((kernel) => [kernel.versionId.toLowerCase(), kernel]));
      const name = wanted && `0x${Buffer.from(wanted).toString('hex')}`;
      const shown = versions.filter((version) => (name ? version.versionId.toLowerCase() === name : version.next));
      if (name && shown.length === 0) {
        throw new TributaryError('Rpc.InvalidParams', `invalid params: versionId: the registry has no version ${name}`);
      }
      return shown.map((version) =>
        toJson({
          ...version,
          remainingSeconds: version.next && Math.max(0, version.next.readyAt - timestamp),
          node: kernels.get(version.versionId.toLowerCase()),
        }),
      );
    }),
  };
}

/** Voting without gas; only where a relayer is configured. */
export function relayMethods(relay: VoteRelay): MethodGroup {
  return {
    /** Sends `castVoteBySig` to the governor at the relayer's expense. Answers when it is in an L1 block. */
    tributary_relayVote: method([vote], async ([given]) => {
      const transactionHash = await relay.relay({
        ...given,
        voter: hexOf(given.voter),
        signature: hexOf(given.signature),
      });
      return { transactionHash, relayer: relay.address };
    }),
  };
}

/** Numbers as quantities, what is left out as null. */
function toJson(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return quantity(value);
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toJson(member)]));
}

function hexOf(value: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(value).toString('hex')}`;
}
