import { TributaryError } from '../../core/errors';

/** Of this package's own kernel these are handled; of another version they are faults of its. */
const HANDLED_CODES = new Set([
  'Kernel.RegionFull',
  'Kernel.TransactionTooLarge',
  'Kernel.TrieOutOfMemory',
  'Kernel.TrieBufferTooSmall',
  'Kernel.TrieExchangeFull',
]);

/**
 * Whether the kernel is at fault, not its input and not the host: it trapped, left its memory, or answered what no kernel may. The instance is
 * not to be used again. Disk errors and the like are the host's.
 * @param isForeign of another version than this package's: its running out of room and its breaking invariants of the host count too
 */
export function isKernelFault(error: unknown, isForeign: boolean): boolean {
  if (error instanceof WebAssembly.RuntimeError) return true;
  // A stack overflow in WebAssembly, and an address that leads out of the memory, in TypeScript.
  if (error instanceof RangeError) return true;
  if (!(error instanceof TributaryError) || !isForeign) return false;
  if (error.code === 'Core.InvariantBroken' || HANDLED_CODES.has(error.code)) return true;
  return error.code.startsWith('Kernel.') && error.code !== 'Kernel.NotBuilt';
}
