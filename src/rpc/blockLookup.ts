import type { Block } from '../codec/block';
import { TributaryError } from '../core/errors';
import type { ChainReader } from './dependencies';
import type { BlockSelector } from './parameters';

/** The block that `selector` names; `pending` is the latest. Undefined when there is none. */
export function findBlock(chain: ChainReader, selector: BlockSelector): Block | undefined {
  if ('hash' in selector) return chain.blockByHash(selector.hash);
  if ('number' in selector) return chain.blockByNumber(selector.number);
  switch (selector.tag) {
    case 'latest':
    case 'pending':
      return chain.head;
    case 'earliest':
      return chain.blockByNumber(0);
    case 'safe':
    case 'finalized':
      return chain.label(selector.tag);
  }
}

/**
 * For methods that read the state of a block, where null would be no answer.
 * @throws Rpc.HeaderNotFound
 */
export function requireBlock(chain: ChainReader, selector: BlockSelector): Block {
  const block = findBlock(chain, selector);
  if (!block) throw new TributaryError('Rpc.HeaderNotFound', 'header not found');
  return block;
}
