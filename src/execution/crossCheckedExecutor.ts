import type { BlockHeader } from '../codec/header';
import { encodeReceipt, type Receipt } from '../codec/receipt';
import type { Transaction } from '../codec/transaction';
import { equalBytes, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { CallRequest, CallResult, ExecuteBlockRequest, ExecutedBlock, Executor, StateOverride } from './executor';

/**
 * Every block executed twice, by two implementations: `--cross-check`. A block on which they differ is not returned, so it is neither
 * committed nor posted; the error says which transaction and which field. Costs what the slower of the two costs.
 */
export class CrossCheckedExecutor implements Executor {
  /** @param executor whose results are used @param reference what they are compared with, on the same chain */
  constructor(
    private readonly executor: Executor,
    private readonly reference: Executor,
  ) {}

  /** @throws Execution.CrossCheckFailed (`halt`; details transactionIndex, field, expected, found), and what the executor throws */
  async executeBlock(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    const executed = await this.executor.executeBlock(request);
    const included = executed.block.transactions.slice(request.attributes.deposits.length);
    const again = await this.#runReference({
      attributes: request.attributes,
      transactions: included.filter((transaction) => transaction.type !== 0x7e),
      mode: 'strict',
    });
    if (equalBytes(executed.block.hash, again.block.hash)) return executed;
    throw crossCheckFailed(executed, again);
  }

  call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult> {
    return this.executor.call(request, at, overrides);
  }

  async close(): Promise<void> {
    await Promise.all([this.executor.close(), this.reference.close()]);
  }

  /** The reference refusing what the executor included is a difference too. */
  async #runReference(request: ExecuteBlockRequest): Promise<ExecutedBlock> {
    try {
      return await this.reference.executeBlock(request);
    } catch (cause) {
      if (!(cause instanceof TributaryError) || cause.code !== 'Execution.InvalidTransaction') throw cause;
      throw new TributaryError(
        'Execution.CrossCheckFailed',
        `block ${request.attributes.number}: the reference refuses what was included: ${cause.shortMessage}`,
        { recovery: 'halt', details: { ...cause.details }, cause },
      );
    }
  }
}

function crossCheckFailed(executed: ExecutedBlock, reference: ExecutedBlock): TributaryError {
  const { number } = executed.block.header;
  const difference =
    differentReceipt(executed, reference) ?? differentHeader(executed.block.header, reference.block.header);
  const { where, field, expected, found } = difference;
  return new TributaryError(
    'Execution.CrossCheckFailed',
    `block ${number}, ${where}: ${field} differs from the reference`,
    {
      recovery: 'halt',
      metaMessages: [`expected: ${expected}`, `found: ${found}`],
      details: { ...difference },
    },
  );
}

interface Difference {
  where: string;
  transactionIndex?: number;
  field: string;
  expected: string;
  found: string;
}

function differentReceipt(executed: ExecutedBlock, reference: ExecutedBlock): Difference | undefined {
  for (const [index, expected] of reference.receipts.entries()) {
    const found = executed.receipts.at(index);
    const transaction = reference.block.transactions[index];
    if (found && equalBytes(encodeReceipt(expected), encodeReceipt(found))) continue;
    return { ...receiptDifference(expected, found), ...place(index, transaction) };
  }
  return undefined;
}

function place(index: number, transaction: Transaction): Pick<Difference, 'where' | 'transactionIndex'> {
  return { where: `transaction ${index} (${toHex(transaction.hash)})`, transactionIndex: index };
}

function receiptDifference(expected: Receipt, found: Receipt | undefined): Omit<Difference, 'where'> {
  if (!found) return { field: 'receipt', expected: 'one', found: 'none' };
  for (const field of ['succeeded', 'gasUsed', 'cumulativeGasUsed', 'depositNonce'] as const) {
    if (expected[field] !== found[field]) {
      return { field, expected: String(expected[field]), found: String(found[field]) };
    }
  }
  return { field: 'logs', expected: logsText(expected), found: logsText(found) };
}

function logsText({ logs }: Receipt): string {
  return JSON.stringify(logs.map(({ address, topics, data }) => [toHex(address), topics.map(toHex), toHex(data)]));
}

function differentHeader(found: BlockHeader, expected: BlockHeader): Difference {
  for (const field of Object.keys(expected) as (keyof BlockHeader)[]) {
    const [a, b] = [text(expected[field]), text(found[field])];
    if (a !== b) return { where: 'header', field, expected: a, found: b };
  }
  return { where: 'header', field: 'hash', expected: 'the same fields', found: 'the same fields' };
}

function text(value: BlockHeader[keyof BlockHeader]): string {
  return value instanceof Uint8Array ? toHex(value) : String(value);
}
