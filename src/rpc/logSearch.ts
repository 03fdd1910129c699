import type { Block } from '../codec/block';
import type { StoredReceipts } from '../codec/storedReceipts';
import type { ChainReader } from './dependencies';
import { type LogJson, logJson } from './json/receiptJson';
import type { RpcLimits } from './limits';
import type { LogFilter } from './logFilter';
import { invalidParams } from './rpcErrors';

/** The matching logs of one block, in order. */
export function logsOfBlock(
  block: Pick<Block, 'hash' | 'header' | 'transactions'>,
  receipts: StoredReceipts,
  filter: LogFilter,
  removed = false,
): LogJson[] {
  const found: LogJson[] = [];
  let logIndex = 0;
  for (const [transactionIndex, { logs }] of receipts.entries()) {
    for (const log of logs) {
      if (filter.matches(log)) found.push(logJson(log, { block, transactionIndex, logIndex }, removed));
      logIndex++;
    }
  }
  return found;
}

/**
 * The matching logs of the blocks `first` to `last` (both included; what is beyond the head has none).
 * Blocks whose bloom rules them out cost one header read. Lets others run every `sliceMs`.
 * @throws Rpc.InvalidParams naming the limit when the range or the result is too large
 */
export async function findLogs(
  chain: ChainReader,
  filter: LogFilter,
  first: number,
  last: number,
  limits: RpcLimits,
): Promise<LogJson[]> {
  if (last - first >= limits.logBlockCountMax) {
    throw invalidParams(
      `fromBlock, toBlock: block range too large: expected at most ${limits.logBlockCountMax} blocks, got ${last - first + 1}`,
    );
  }
  const found: LogJson[] = [];
  let sliceStartMs = performance.now();
  for (let number = first; number <= Math.min(last, chain.head.header.number); number++) {
    // One by one: a block can have more logs than a call can have arguments.
    for (const log of logsOfNumber(chain, number, filter)) found.push(log);
    if (found.length > limits.logResultCountMax) {
      throw invalidParams(
        `filter: query returned more than ${limits.logResultCountMax} results: narrow the block range`,
      );
    }
    if (performance.now() - sliceStartMs > limits.sliceMs) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceStartMs = performance.now();
    }
  }
  return found;
}

function logsOfNumber(chain: ChainReader, number: number, filter: LogFilter): LogJson[] {
  const header = chain.headerByNumber(number);
  if (!header || !filter.mayMatch(header.logsBloom)) return [];
  const block = chain.blockByNumber(number);
  const receipts = chain.receipts(number);
  return block && receipts ? logsOfBlock(block, receipts, filter) : [];
}
