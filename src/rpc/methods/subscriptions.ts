import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { RpcDependencies } from '../dependencies';
import { headerJson } from '../json/blockJson';
import { transactionJson } from '../json/transactionJson';
import type { RpcLimits } from '../limits';
import { LogFilter, logFilterSchema } from '../logFilter';
import { logsOfBlock } from '../logSearch';
import { type MethodGroup, method, parameter, type RequestContext } from '../method';
import { bytes, expected, flag, optional } from '../parameters';
import { invalidParams } from '../rpcErrors';
import type { WebSocketConnection } from '../webSocketConnection';

type Dependencies = Pick<RpcDependencies, 'chain' | 'mempool'>;
/** Calls `tell` for each event from now on; the result stops it. */
type Source = (tell: (result: unknown) => void) => () => void;

export function subscriptionMethods({ chain, mempool }: Dependencies, limits: RpcLimits): MethodGroup {
  const kinds = mempool ? ['newHeads', 'logs', 'newPendingTransactions'] : ['newHeads', 'logs'];
  const kind = parameter('subscription', z.enum(kinds, { error: expected(kinds.join(', ')) }));
  const options = parameter(
    'options',
    optional(
      z.union([flag, logFilterSchema(limits.logFilterItemCountMax)], {
        error: expected('a log filter or true or false'),
      }),
    ),
  );

  const newHeads: Source = (tell) => chain.committed.on(({ block }) => tell(headerJson(block.header, block.hash)));
  const logs =
    (filter: LogFilter): Source =>
    (tell) =>
      chain.committed.on(({ block, receipts }) => {
        if (filter.mayMatch(block.header.logsBloom)) for (const log of logsOfBlock(block, receipts, filter)) tell(log);
      });
  const newPendingTransactions =
    (full: boolean): Source =>
    (tell) =>
      mempool?.added.on((transaction) =>
        tell(full ? transactionJson(transaction, undefined) : toHex(transaction.hash)),
      ) ?? (() => undefined);

  return {
    eth_subscribe: method([kind, options], ([wanted, option], context) => {
      const connection = requireConnection(context);
      const isQuery = typeof option === 'object';
      if (wanted === 'logs' && typeof option === 'boolean') throw invalidParams('options: expected a log filter');
      if (wanted === 'newPendingTransactions' && isQuery) throw invalidParams('options: expected true or false');
      if (wanted === 'newHeads') return subscribe(connection, newHeads, limits);
      if (wanted === 'logs') return subscribe(connection, logs(isQuery ? option.filter : new LogFilter()), limits);
      return subscribe(connection, newPendingTransactions(option === true), limits);
    }),
    eth_unsubscribe: method([parameter('subscriptionId', bytes)], ([id], context) => {
      const { subscriptions } = requireConnection(context);
      subscriptions.get(toHex(id))?.();
      return subscriptions.delete(toHex(id));
    }),
  };
}

/** @throws Rpc.LimitExceeded */
function subscribe(connection: WebSocketConnection, source: Source, limits: RpcLimits): string {
  if (connection.subscriptions.size >= limits.subscriptionsPerConnectionMax) {
    const problem = `too many subscriptions on this connection: limit ${limits.subscriptionsPerConnectionMax}`;
    throw new TributaryError('Rpc.LimitExceeded', problem);
  }
  const id = toHex(randomBytes(16));
  const end = source((result) => {
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: id, result } });
    // A turn later, so that the reply with the id goes out before the first event.
    setImmediate(() => {
      if (connection.subscriptions.has(id)) connection.send(text);
    });
  });
  connection.subscriptions.set(id, end);
  return id;
}

function requireConnection(context: RequestContext): WebSocketConnection {
  if (context.connection) return context.connection;
  throw new TributaryError('Rpc.MethodNotFound', 'notifications not supported: subscriptions need a WebSocket');
}
