/**
 * Whole transactions in and sealed receipts out, many in one call: how a block's transactions, as records of runTransactions.ts, become those of a
 * run, and what the run has settled goes into the block's lists. By the main thread's instance.
 */
import { AUTHORITY_SIZE, decodedTransactionEnd, decodeTransaction } from '../decodeTransaction';
import { Status } from '../evm/status';
import { RECORD_LENGTH, RECORD_RAW, RECORD_RAW_SIZE, RECORD_SENDER } from '../runTransactions';
import { addItem } from '../sealing/orderedRoot';
import { addReceipt } from '../sealing/receipt';
import { R_STATUS } from '../transaction';
import { AUTHORIZATION_SIZE, HAS_TO, TX_FIXED_SIZE, TX_FLAGS, TX_SENDER, TX_TYPE } from '../transactionContext';
import { recordOf, T_RESULT, T_SOURCE } from './region';
import { addTransaction, takeResult } from './worker';

/** In front of a decoded transaction: where its record lies. */
export const PREFIX_SIZE: usize = 8;

/** Where the last `addRecords` has written to. */
let roomUsedTo: usize = 0;

/**
 * Adds the transactions of `count` records from `at` on to the run, decoded from `room` on, which is aligned to 8. Returns how many: the next is no
 * transaction, or has no room before `roomEnd`.
 */
export function addRecords(at: usize, count: u32, room: usize, roomEnd: usize): u32 {
  for (let added: u32 = 0; added < count; added++) {
    roomUsedTo = room;
    const raw = at + RECORD_RAW;
    const size = load<u32>(at, RECORD_RAW_SIZE);
    const length = <usize>load<u32>(at, RECORD_LENGTH);
    const authorities = raw + ((<usize>size + 7) & ~7);
    const authorityCount = (at + length - authorities) / AUTHORITY_SIZE;
    const sizeMax = PREFIX_SIZE + TX_FIXED_SIZE + (<usize>size << 1) + authorityCount * AUTHORIZATION_SIZE;
    if (room + sizeMax > roomEnd) return added;
    const source = room + PREFIX_SIZE;
    if (!decodeTransaction(raw, size, at + RECORD_SENDER, authorities, source)) return added;
    store<u32>(room, <u32>at);
    addTransaction(source);
    room = (decodedTransactionEnd() + 7) & ~7;
    at += length;
  }
  roomUsedTo = room;
  return count;
}

/** The first byte that the next `addRecords` may use. */
export function roomEnd(): usize {
  return roomUsedTo;
}

/**
 * Seals the settled transactions from..to-1, which came by `addRecords`: makes their results this block's, in order. Returns where it ended: at one that is
 * not included, or, where that one is, at one whose receipt has no room.
 */
export function sealResults(from: u32, to: u32): u32 {
  for (let index = from; index < to; index++) {
    const source = <usize>load<u32>(recordOf(index), T_SOURCE);
    if (load<i32>(<usize>load<u32>(recordOf(index), T_RESULT), R_STATUS) >= Status.NonceTooLow) return index;
    takeResult(index);
    const record = <usize>load<u32>(source - PREFIX_SIZE);
    const size = load<u32>(record, RECORD_RAW_SIZE);
    const item = addItem(0, size);
    if (item != 0) memory.copy(item, record + RECORD_RAW, size);
    const creator = (load<u32>(source, TX_FLAGS) & HAS_TO) == 0 ? source + TX_SENDER : 0;
    if (!addReceipt(load<u32>(source, TX_TYPE), creator)) return index;
  }
  return to;
}
