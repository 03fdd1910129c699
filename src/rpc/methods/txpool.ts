import type { SignedTransaction } from '../../codec/transaction';
import { toHex } from '../../core/bytes';
import type { RpcDependencies } from '../dependencies';
import { quantity } from '../json/quantity';
import { transactionJson } from '../json/transactionJson';
import { type MethodGroup, method } from '../method';

type ByNonce = Record<string, ReturnType<typeof transactionJson>>;

/** The waiting transactions as geth's `txpool_` shows them: `pending` can run now, `queued` waits for a nonce before it. */
export function txpoolMethods({ mempool }: Required<Pick<RpcDependencies, 'mempool'>>): MethodGroup {
  const isPending = (transaction: SignedTransaction) => transaction.nonce < mempool.pendingNonce(transaction.from);
  return {
    txpool_status: method([], () => {
      const content = mempool.content();
      const pending = content.filter(isPending).length;
      return { pending: quantity(pending), queued: quantity(content.length - pending) };
    }),
    txpool_content: method([], () => {
      const pending: Record<string, ByNonce> = {};
      const queued: Record<string, ByNonce> = {};
      for (const transaction of mempool.content()) {
        const bySender = isPending(transaction) ? pending : queued;
        const sender = toHex(transaction.from);
        bySender[sender] ??= {};
        bySender[sender][transaction.nonce.toString()] = transactionJson(transaction, undefined);
      }
      return { pending, queued };
    }),
  };
}
