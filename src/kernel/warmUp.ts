import { assert } from '../core/assert';
import { fromHex, ZERO_ADDRESS, ZERO_HASH } from '../core/bytes';
import { keccak256 } from '../core/keccak';
import { Kernel } from './kernel';
import type { StateBackend } from './stateBackend';
import { Status } from './status';

const CONTRACT = new Uint8Array(20).fill(0x11);
/** A loop over the commonest instructions, calldata[0] times. Stack: the count, then the index. */
const LOOP = fromHex(
  [
    '5f355f5b', // count = calldata[0], index = 0; 03: loop
    '81811015602557', // leave at index ≥ count
    '805f5260605f20', // keccak256 of three words of memory, the first the index
    '810260031c602052', // times the index, shifted: the second word
    '602051545060010160', // a slot by that number; index + 1
    '0356', // go on at 03
    '5b00', // 25: the end
  ].join(''),
);
const CALLS = 400;
const ITERATIONS_PER_CALL = 40;

/**
 * Has the kernel compiled with optimization before it is needed, in about 30 ms: V8 never replaces a function that is running, so that
 * without many short calls at first the first long one stays slow (2 times as slow, hashing 8 times). Once per module and process;
 * workers that are given the same module share what is compiled.
 * @param module default: the kernel of this package @throws WebAssembly.RuntimeError when it traps
 */
export function warmUpKernel(module?: WebAssembly.Module): void {
  const codeHash = keccak256(LOOP);
  const storageRoot = keccak256(fromHex('80'));
  const backend: StateBackend = {
    loadAccount: (address) =>
      address[0] === CONTRACT[0] ? { nonce: 1n, balance: 0n, codeHash, storageRoot } : undefined,
    loadSlot: () => undefined,
    loadCode: () => LOOP,
    loadTrieNode: () => undefined,
    blockHash: () => ZERO_HASH,
  };
  const kernel = new Kernel(backend, { accountBits: 8, slotBits: 8, codeCacheSizeBytes: 2 ** 21, module });
  kernel.beginBlock({
    number: 1,
    timestampSeconds: 1,
    gasLimit: 2n ** 40n,
    chainId: 1n,
    fork: 'osaka',
    baseFeePerGas: 0n,
    prevRandao: ZERO_HASH,
    coinbase: ZERO_ADDRESS,
  });
  const data = new Uint8Array(32);
  data[31] = ITERATIONS_PER_CALL;
  const call = { type: 0, from: ZERO_ADDRESS, to: CONTRACT, value: 0n, gasLimit: 10_000_000n, data };
  for (let i = 0; i < CALLS; i++)
    assert(kernel.call(call).status === Status.success, 'the warm-up loop must run to its end');
}
