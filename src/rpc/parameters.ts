import { z } from 'zod';
import { describeValue } from './rpcErrors';

/** Schemas of the values that Ethereum's JSON-RPC knows. Hex comes in, bytes and bigint go on. */

const UINT64_MAX = 2n ** 64n - 1n;

/** zod's error function: what was expected, what came. */
export function expected(what: string): (issue: { input?: unknown }) => string {
  return (issue) => `expected ${what}, got ${describeValue(issue.input)}`;
}

function hexString(pattern: RegExp, what: string) {
  return z.string({ error: expected(what) }).regex(pattern, { error: expected(what) });
}

/** Hex whose form a schema has already checked. */
function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
}

/** Left out or `null`. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined);
}

export const address = hexString(/^0x[0-9a-fA-F]{40}$/, 'an address (0x and 40 hex digits)').transform(bytesOf);

export const hash = hexString(/^0x[0-9a-fA-F]{64}$/, 'a hash (0x and 64 hex digits)').transform(bytesOf);

/** Any number of whole bytes. */
export const bytes = z
  .string({ error: expected('hex data (0x and an even number of digits)') })
  .refine((hex) => hex.length % 2 === 0 && /^0x[0-9a-fA-F]*$/.test(hex), {
    error: expected('hex data (0x and an even number of digits)'),
  })
  .transform(bytesOf);

const slotString = hexString(/^0x[0-9a-fA-F]{1,64}$/, 'a storage slot (0x and 1 to 64 hex digits)');

function slotBytes(hex: string): Uint8Array {
  return bytesOf(`0x${hex.slice(2).padStart(64, '0')}`);
}

/** Up to 32 bytes, zeros put in front: a storage slot. */
export const slot = slotString.transform(slotBytes);

/** A slot to prove: kept as it was written, since the answer repeats it. */
export const proofSlot = slotString.transform((hex) => ({ written: hex, slot: slotBytes(hex) }));

/** Unsigned, 256 bits at most. */
export const quantity = hexString(/^0x[0-9a-fA-F]{1,64}$/, 'a quantity (0x and 1 to 64 hex digits)').transform(BigInt);

/** Unsigned, 64 bits at most. */
export const uint64 = quantity.refine((value) => value <= UINT64_MAX, {
  error: (issue) => `expected at most 2^64 - 1, got ${String(issue.input)}`,
});

/** A quantity, or a JSON number, that JavaScript holds exactly: counts and indices. */
export const count = z
  .union([quantity, z.number().int().nonnegative().transform(BigInt)], { error: expected('a quantity') })
  .refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER), {
    error: (issue) => `expected at most 2^53 - 1, got ${String(issue.input)}`,
  })
  .transform(Number);

export const flag = z.boolean({ error: expected('true or false') });

export type BlockTag = 'latest' | 'pending' | 'earliest' | 'safe' | 'finalized';

/** Names a block: a tag, a number, or a hash (EIP-1898). */
export type BlockSelector = { tag: BlockTag } | { number: number } | { hash: Uint8Array };

const blockTag = z.enum(['latest', 'pending', 'earliest', 'safe', 'finalized']);

const WHAT_BLOCK = 'a block number, tag (latest, pending, earliest, safe, finalized) or {blockNumber} or {blockHash}';

/** A tag or a number: for methods with `ByNumber` in their name, and log ranges. */
export const blockNumberOrTag = z.union(
  [blockTag.transform((tag): BlockSelector => ({ tag })), count.transform((number): BlockSelector => ({ number }))],
  { error: expected('a block number or tag (latest, pending, earliest, safe, finalized)') },
);

/** EIP-1898. Every block this node keeps is canonical, so `requireCanonical` holds by itself. */
const blockObject = z
  .object({ blockNumber: optional(count), blockHash: optional(hash), requireCanonical: optional(flag) })
  .transform(({ blockNumber, blockHash }, context): BlockSelector => {
    if (blockHash !== undefined && blockNumber === undefined) return { hash: blockHash };
    if (blockNumber !== undefined && blockHash === undefined) return { number: blockNumber };
    context.addIssue({ code: 'custom', message: 'expected either blockNumber or blockHash' });
    return z.NEVER;
  });

/** Any block; `latest` when left out. A bare hash is taken too, as geth does. */
export const block = optional(
  z.union([hash.transform((value): BlockSelector => ({ hash: value })), blockNumberOrTag, blockObject], {
    error: expected(WHAT_BLOCK),
  }),
).transform((selector): BlockSelector => selector ?? { tag: 'latest' });
