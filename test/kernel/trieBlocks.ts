import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import type { TrieAccountUpdate, TrieSlotUpdate } from '../../src/kernel/trie';
import { EMPTY_CODE_HASH, type TrieModel } from './trieHarness';

/**
 * Keys that share long prefixes, so that extensions, splits, collapses at every depth and (with all but the last nibbles
 * equal) embedded nodes come about: equal but for a few nibbles.
 */
export const crowdedKey = fc
  .tuple(fc.constantFrom(0, 15), fc.constantFrom(0, 1), fc.nat(1), fc.nat(5))
  .map(([first, middle, nextToLast, last]) => {
    // Bytes above 15, as nearly all hashes have: an owner of nibbles alone would be a path of the account trie's.
    const key = Buffer.alloc(32, 0xab);
    key[0] = (first << 4) | 0xb;
    key[15] = middle;
    key[31] = (nextToLast << 4) | last;
    return key;
  });

/** Few of these keys, so that blocks meet the same accounts again. */
const ownerKey = crowdedKey.map((key) => {
  const owner = Buffer.from(key);
  owner[31] &= 3;
  return owner;
});

const slotValue = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0n) },
  { weight: 3, arbitrary: fc.bigInt(1n, 127n) },
  { weight: 2, arbitrary: fc.bigInt(128n, 2n ** 64n) },
  { weight: 2, arbitrary: fc.bigInt(0n, 2n ** 256n - 1n) },
);

export type BlockUpdates = { accounts: TrieAccountUpdate[]; slots: TrieSlotUpdate[] };

const account: fc.Arbitrary<TrieAccountUpdate> = fc.record({
  hashedAddress: fc.oneof(ownerKey, crowdedKey),
  action: fc.constantFrom('write', 'write', 'write', 'delete', 'delete', 'replace'),
  nonce: fc.oneof(fc.bigInt(0n, 200n), fc.bigInt(0n, 2n ** 64n - 1n)),
  balance: fc.oneof(fc.bigInt(0n, 2n ** 80n), fc.bigInt(0n, 2n ** 256n - 1n)),
  codeHash: fc.constantFrom(EMPTY_CODE_HASH, EMPTY_CODE_HASH, Buffer.alloc(32, 0xcd)),
});

/** A block: account updates, each address once, and slots of some accounts, each slot once. */
export const block: fc.Arbitrary<BlockUpdates> = fc.record({
  accounts: fc.uniqueArray(account, { maxLength: 12, selector: (update) => toHex(update.hashedAddress) }),
  slots: fc
    .uniqueArray(
      fc.record({
        owner: ownerKey,
        slots: fc.uniqueArray(fc.record({ hashedSlot: crowdedKey, value: slotValue }), {
          maxLength: 12,
          selector: ({ hashedSlot }) => toHex(hashedSlot),
        }),
      }),
      { maxLength: 3, selector: ({ owner }) => toHex(owner) },
    )
    .map((groups) => groups.flatMap(({ owner, slots }) => slots.map((slot) => ({ hashedAddress: owner, ...slot })))),
});

/** What a block may really hold on top of `model`: slots only of accounts that exist after it. Applied to the model too. */
export function toValidBlock(model: TrieModel, { accounts, slots }: BlockUpdates): BlockUpdates {
  for (const update of accounts) model.set(update);
  const kept = slots.filter(({ hashedAddress }) => model.accounts.has(toHex(hashedAddress)));
  for (const { hashedAddress, hashedSlot, value } of kept) {
    model.setSlot(toHex(hashedAddress), toHex(hashedSlot), value);
  }
  return { accounts, slots: kept };
}
