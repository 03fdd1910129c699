import type { BlockAttributes } from '../chain/blockAttributes';
import type { Block } from '../codec/block';
import type { SignedTransaction } from '../codec/transaction';
import { equalBytes, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';

/** @throws Execution.WrongParent when the block is not the one after `head` */
export function checkParent(attributes: BlockAttributes, head: Block): void {
  if (equalBytes(attributes.parentHash, head.hash) && attributes.number === head.header.number + 1) return;
  throw new TributaryError('Execution.WrongParent', 'the block does not build on the head', {
    recovery: 'reset',
    metaMessages: [
      `parent: ${attributes.number - 1} ${toHex(attributes.parentHash)}`,
      `head: ${head.header.number} ${toHex(head.hash)}`,
    ],
  });
}

/** What rejects a block in strict mode. */
export function invalidTransaction(
  index: number,
  transaction: SignedTransaction,
  cause: TributaryError,
): TributaryError {
  return new TributaryError('Execution.InvalidTransaction', `transaction ${index} is invalid: ${cause.shortMessage}`, {
    details: { index, hash: toHex(transaction.hash), reason: cause.code },
    cause,
  });
}
