/**
 * Many transactions in one call: decoded, executed, applied and sealed one after the other, up to the first that is not included.
 *
 * A record: u32 its length (a multiple of 8) · u32 bytes of the transaction · sender 20 · 4 free · the transaction, padded to 8 · the
 * authorities (decodeTransaction.ts).
 */
import { decodeTransaction } from './decodeTransaction';
import { Status } from './evm/status';
import { addItem } from './sealing/orderedRoot';
import { addReceipt } from './sealing/receipt';
import { applyTransaction, executeTransaction, Mode, outcome, R_STATUS } from './transaction';
import { HAS_TO, TX_FLAGS, TX_SENDER, TX_TYPE } from './transactionContext';

export const RECORD_LENGTH: usize = 0;
export const RECORD_RAW_SIZE: usize = 4;
export const RECORD_SENDER: usize = 8;
export const RECORD_RAW: usize = 32;

/** Where the run ended. */
let stoppedAt: usize = 0;

/**
 * Runs up to `count` records from `at` on, decoding each at `room`. Returns how many were included; where that is not all, the outcome tells the
 * status of the one at `runEnd`, which changed nothing.
 */
export function runTransactions(at: usize, count: u32, room: usize): u32 {
  for (let done: u32 = 0; done < count; done++) {
    stoppedAt = at;
    if (!runRecord(at, room)) return done;
    at += <usize>load<u32>(at, RECORD_LENGTH);
  }
  stoppedAt = at;
  return count;
}

/** The first record that was not included. */
export function runEnd(): usize {
  return stoppedAt;
}

function runRecord(record: usize, room: usize): bool {
  const raw = record + RECORD_RAW;
  const size = load<u32>(record, RECORD_RAW_SIZE);
  const authorities = raw + ((<usize>size + 7) & ~7);
  if (!decodeTransaction(raw, size, record + RECORD_SENDER, authorities, room)) return stop(Status.Malformed);
  if (executeTransaction(room, Mode.Transaction) >= Status.NonceTooLow) return false;
  applyTransaction();
  const item = addItem(0, size);
  if (item != 0) memory.copy(item, raw, size);
  const creator = (load<u32>(room, TX_FLAGS) & HAS_TO) == 0 ? room + TX_SENDER : 0;
  // It is applied, but the block is lost without its receipts.
  return addReceipt(load<u32>(room, TX_TYPE), creator) || stop(Status.RegionFull);
}

function stop(status: Status): bool {
  store<u32>(outcome(), status, R_STATUS);
  return false;
}
