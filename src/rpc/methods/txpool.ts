import type { SignedTransaction } from '../../codec/transaction';
import { toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { MempoolView } from '../dependencies';
import { quantity } from '../json/quantity';
import { transactionJson } from '../json/transactionJson';
import type { RpcLimits } from '../limits';
import { type MethodGroup, method } from '../method';

/** The waiting transactions as geth's `txpool_` shows them: `pending` can run now, `queued` waits for a nonce or a balance. */
export function txpoolMethods(mempool: MempoolView, limits: RpcLimits): MethodGroup {
  return {
    txpool_status: method([], () => {
      const content = mempool.content();
      return {
        pending: quantity(content.reduce((sum, { pending }) => sum + pending.length, 0)),
        queued: quantity(content.reduce((sum, { queued }) => sum + queued.length, 0)),
      };
    }),
    txpool_content: method([], () => {
      const content = mempool.content();
      const count = content.reduce((sum, { pending, queued }) => sum + pending.length + queued.length, 0);
      if (count > limits.txpoolContentCountMax) {
        const problem = `too many transactions to show: ${count}, limit ${limits.txpoolContentCountMax}`;
        throw new TributaryError('Rpc.LimitExceeded', problem);
      }
      return {
        pending: bySender(content.map(({ sender, pending }) => [sender, pending])),
        queued: bySender(content.map(({ sender, queued }) => [sender, queued])),
      };
    }),
  };
}

/** Sender → nonce (decimal) → transaction; senders without transactions are left out. */
function bySender(groups: [sender: Uint8Array, transactions: SignedTransaction[]][]) {
  return Object.fromEntries(
    groups
      .filter(([, transactions]) => transactions.length > 0)
      .map(([sender, transactions]) => [
        toHex(sender),
        Object.fromEntries(
          transactions.map((transaction) => [transaction.nonce, transactionJson(transaction, undefined)]),
        ),
      ]),
  );
}
