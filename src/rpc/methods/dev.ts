import type { DevControls } from '../dependencies';
import { localOnly } from '../localAccess';
import { type MethodGroup, method } from '../method';

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
  };
}
