/** What the kernel asks of its host, and nothing else. All synchronous; all big-endian where bytes are numbers. */

/**
 * Writes 104 bytes: nonce (u64, little-endian), balance (32, big-endian), code hash (32), storage root (32).
 * Returns 0 where there is no such account (nothing is written then).
 */
@external('host', 'loadAccount')
export declare function loadAccount(address: usize, out: usize): i32;

/** Writes the 32-byte value; zero where the slot was never written. */
@external('host', 'loadSlot')
export declare function loadSlot(address: usize, slot: usize, out: usize): void;

/** Writes up to `capacity` bytes and returns the code's full length; the kernel asks again where it was more. */
@external('host', 'loadCode')
export declare function loadCode(hash: usize, out: usize, capacity: i32): i32;

/** Computes a precompile; returns the output's length, or -1 where the precompile fails on this input. */
@external('host', 'precompile')
export declare function precompile(id: i32, input: usize, inputLength: i32, out: usize, capacity: i32): i32;

/** Writes the 32-byte hash of the block with this number, one of the last 256. */
@external('host', 'blockHash')
export declare function blockHash(number: u64, out: usize): void;
