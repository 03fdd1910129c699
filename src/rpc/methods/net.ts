import type { RpcDependencies } from '../dependencies';
import { type MethodGroup, method } from '../method';

export function netMethods({ config }: Pick<RpcDependencies, 'config'>): MethodGroup {
  return {
    net_version: method([], () => String(config.l2ChainId)),
    net_listening: method([], () => true),
    net_peerCount: method([], () => '0x0'),
  };
}
