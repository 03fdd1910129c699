/** Why a trie operation stopped. Kept per instance; cleared by `clearStatus` at the start of every exported operation. */

export const STATUS_OK: i32 = 0;
/** The arena has no free node: evict clean nodes (or export and evict), then go on from where it stopped. */
export const STATUS_OUT_OF_MEMORY: i32 = 1;
/** The host has no node at a path that its parent names. */
export const STATUS_MISSING_NODE: i32 = 2;
/** A loaded node does not decode, or does not hash to what its parent names. */
export const STATUS_CORRUPT_NODE: i32 = 3;
/** Storage changed under an account that the account trie does not hold. */
export const STATUS_MISSING_ACCOUNT: i32 = 4;
/** A proof or an export was asked for before the changes were hashed. */
export const STATUS_NOT_HASHED: i32 = 5;
/** The host's buffer is smaller than one record. */
export const STATUS_BUFFER_TOO_SMALL: i32 = 6;

/** Status of this instance's current operation. */
export let status: i32 = STATUS_OK;

export function setStatus(value: i32): void {
  status = value;
}
