import type { Block } from '../../codec/block';
import { toHex } from '../../core/bytes';
import type { RpcDependencies } from '../dependencies';
import { quantity } from '../json/quantity';
import { type MethodGroup, method } from '../method';

type Dependencies = Pick<RpcDependencies, 'chain' | 'config' | 'l1' | 'version'>;

/** What is Tributary's own. */
export function tributaryMethods({ chain, config, l1, version }: Dependencies): MethodGroup {
  return {
    /** The chain's configuration as in `deployment.json`, and how far it is derived from L1. */
    tributary_chainInfo: method([], () => {
      const l1Head = l1?.head();
      return {
        version,
        config,
        latest: blockReference(chain.head),
        safe: blockReference(chain.label('safe')),
        finalized: blockReference(chain.label('finalized')),
        l1Head: l1Head ? { number: quantity(l1Head.number), hash: toHex(l1Head.hash) } : null,
      };
    }),
  };
}

function blockReference({ hash, header, l1Origin }: Block) {
  return {
    number: quantity(header.number),
    hash: toHex(hash),
    timestamp: quantity(header.timestamp),
    l1Origin: {
      number: quantity(l1Origin.number),
      hash: toHex(l1Origin.hash),
      sequenceNumber: quantity(l1Origin.sequenceNumber),
    },
  };
}
