import { toHex } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import type { RpcDependencies } from '../dependencies';
import { type MethodGroup, method, parameter } from '../method';
import { bytes } from '../parameters';

export function web3Methods({ version, dev }: Pick<RpcDependencies, 'version' | 'dev'>): MethodGroup {
  // Hardhat's network helpers talk only to a node whose version starts with the name of a dev node that they know.
  const clientVersion = dev ? `anvil/tributary-v${version}` : `tributary/v${version}`;
  return {
    web3_clientVersion: method([], () => clientVersion),
    web3_sha3: method([parameter('data', bytes)], ([data]) => toHex(keccak256(data))),
  };
}
