import { parseTransaction, type TransactionReceipt } from 'viem';
import { type Hash, toHex } from '../core/bytes';
import { Deferred } from './deferred';
import type { L1Call } from './l1Call';
import type { L1Fees } from './l1Fees';
import type { PendingRecord } from './pendingTransactionStore';

/** A call under way: its nonce, what was signed for it, and how it fares. */
export interface PendingTransaction extends PendingRecord {
  call: L1Call;
  gasLimit: bigint;
  fees: L1Fees;
  sentAtMs: number;
  /** L1's head when it was last sent. */
  sentAtBlock: number;
  /** The L1 refused it as too cheap: replace it at the next look. */
  underpriced: boolean;
  /** Looks in a row at which its nonce was used up but none of its attempts had a receipt. */
  looksWithoutReceipt: number;
  /** The L1 refused the form of its sidecar once. */
  isSidecarSwitched?: boolean;
  /** Of the empty transfer that took its place. */
  cancelHash?: Hash;
  /** What it was before an empty transfer took its place. */
  cancelledLabel?: string;
  /** Since when its nonce is free and the L1 does not know it; undefined when it does. */
  unknownSinceMs: number | undefined;
  settle: Deferred<TransactionReceipt>;
}

/** Not signed yet. */
export function pendingFor(
  fields: Pick<PendingTransaction, 'call' | 'sidecar' | 'nonce' | 'gasLimit' | 'fees' | 'sentAtMs' | 'sentAtBlock'>,
): PendingTransaction {
  return {
    ...fields,
    label: fields.call.label,
    raw: '0x02',
    hashes: [],
    underpriced: false,
    looksWithoutReceipt: 0,
    unknownSinceMs: undefined,
    settle: new Deferred(),
  };
}

/** As an earlier run left it. */
export function pendingOf(record: PendingRecord): PendingTransaction {
  const { to, data, value, gas, ...fees } = parseTransaction(record.raw);
  return {
    ...record,
    call: { label: record.label, to: to ?? '0x', data: data ?? '0x', value: value ?? 0n },
    gasLimit: gas ?? 0n,
    fees: {
      maxFeePerGas: fees.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? 0n,
      ...(record.sidecar && { maxFeePerBlobGas: fees.maxFeePerBlobGas ?? 0n }),
    },
    // Overdue, but not passed over: it is sent again as it is.
    sentAtMs: 0,
    sentAtBlock: Number.MAX_SAFE_INTEGER,
    underpriced: false,
    looksWithoutReceipt: 0,
    unknownSinceMs: undefined,
    settle: new Deferred(),
  };
}

/** Of the newest attempt. */
export function hashOf(pending: PendingTransaction): string {
  const hash = pending.hashes.at(-1);
  return hash ? toHex(hash) : '(unsigned)';
}
