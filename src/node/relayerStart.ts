import type { Address } from 'viem';
import { L1TransactionSender } from '../l1/l1TransactionSender';
import type { NodeFoundation } from './nodeFoundation';
import { Relayer } from './relayer';

/** Starts what brings signed votes to L1, where there is a key that pays and a governor to vote at. */
export async function startRelayer(context: NodeFoundation): Promise<Relayer | undefined> {
  const { options, l1, open, teardown } = context;
  const { governor, governanceToken } = options.deployment.l1.contracts;
  const account = options.keys.relayer;
  if (!account || !governor || !governanceToken) return undefined;
  const logger = options.logger.child({ room: 'relayer' });
  const sender = await L1TransactionSender.open({
    l1: l1.client,
    account,
    store: open.store,
    clock: options.clock,
    logger,
    pollIntervalMs: options.config.l1PollIntervalMs,
  });
  teardown.add(() => sender.stop());
  return new Relayer({
    l1: l1.client,
    governor: governor as Address,
    token: governanceToken as Address,
    sender,
    clock: options.clock,
    logger,
  });
}
