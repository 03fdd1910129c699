import type { DevControls } from '../dependencies';
import { localOnly } from '../localAccess';
import { type MethodGroup, method, parameter } from '../method';
import { count, optional } from '../parameters';

/** Blocks that one request may ask for. */
const MINED_BLOCK_COUNT_MAX = 1000;

const blockCount = count.refine((value) => value <= MINED_BLOCK_COUNT_MAX, {
  error: `expected at most ${MINED_BLOCK_COUNT_MAX} blocks`,
});

/** Methods that steer a dev chain; they do not exist on any other. */
export function devMethods(dev: DevControls): MethodGroup {
  return {
    /** The timestamp that anvil takes here is no parameter: a block's time follows L1's rules. */
    evm_mine: localOnly(
      method([], async () => {
        await dev.sealNow();
        return '0x0';
      }),
    ),
    /** What Hardhat's `mine(count)` sends; the interval between timestamps that comes with it has no meaning here, for the same reason. */
    hardhat_mine: localOnly(
      method(
        [parameter('blocks', optional(blockCount)), parameter('intervalSeconds', optional(count))],
        async ([blocks]) => {
          for (let sealed = 0; sealed < (blocks ?? 1); sealed++) await dev.sealNow();
          return true;
        },
      ),
    ),
  };
}
