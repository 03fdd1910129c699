/**
 * Transaction rules: validation, intrinsic gas, fees, authorizations, refunds. Ends with an outcome; what it changed is in
 * the overlay until `applyTransaction`.
 */
import {
  B_BASE_FEE,
  B_BASE_FEE_RECIPIENT,
  B_BLOB_BASE_FEE,
  B_BLOBS_MAX,
  B_CHAIN_ID,
  B_COINBASE,
  B_GAS_LIMIT,
  B_GAS_USED,
  fork,
  OSAKA,
  PRAGUE,
} from './block';
import { isCollecting, noteFees, noteTransaction } from './accessList/collect';
import { beginFrames, createAddress, Entered, enterCall, enterCreate, immediateStatus } from './evm/calls';
import {
  clearRegionFull,
  gas,
  INITCODE_SIZE_MAX,
  INITCODE_WORD,
  isRegionFull,
  refund,
  setGas,
  setRefund,
  wordsOf,
} from './evm/gas';
import { interpret } from './evm/interpreter';
import { returnData, returnDataSize } from './evm/returnData';
import { logsCount, logsMark, revertLogs } from './evm/stateOps';
import { Status } from './evm/status';
import { keccak256 } from './keccak';
import { chargesL1Fee, l1Fee, l1FeeRecipient } from './l1Fee';
import { blockContext, LOGS, privateBase, workBase } from './memory';
import { delegationTarget, EMPTY_CODE_HASH, emptyCode, isDelegation, putCode } from './state/codeCache';
import { A_BALANCE, A_CODE_HASH, A_FLAGS, A_NONCE, ACCOUNT_EXISTS, markAccountDirty } from './state/flatCache';
import { copyAddress } from './state/hash';
import {
  accountOf,
  applyOverlay,
  beginOverlay,
  codeOf,
  covers,
  DESTROYED,
  findAccount,
  hasCode,
  isEmptyAccount,
  journalBalance,
  noteAccess,
  O_BALANCE,
  O_FLAGS,
  O_FLAT,
  O_NONCE,
  setCode,
  setNonce,
  slotOf,
  warmAccount,
  warmSlot,
} from './state/overlay';
import { CALLDATA_SURCHARGE, FLOOR_TOKEN, meetMagic } from './rules';
import { isParallel } from './state/multiVersion';
import { readAccount } from './state/stateAccess';
import {
  AUTH_ADDRESS,
  AUTH_AUTHORITY,
  AUTH_CHAIN_ID,
  AUTH_NONCE,
  AUTH_SIGNED,
  AUTHORIZATION_SIZE,
  HAS_TO,
  setTransaction,
  TX_ACCESS_COUNT,
  TX_ACCESS_LIST,
  TX_AUTHORIZATION_COUNT,
  TX_AUTHORIZATIONS,
  TX_BLOB_COUNT,
  TX_BLOB_HASHES,
  TX_CHAIN_ID,
  TX_DATA,
  TX_DATA_SIZE,
  TX_FLAGS,
  TX_GAS_LIMIT,
  TX_MAX_BLOB_FEE,
  TX_MAX_FEE,
  TX_MAX_TIP,
  TX_MINT,
  TX_NONCE,
  TX_SENDER,
  TX_TO,
  TX_TYPE,
  TX_VALUE,
} from './transactionContext';
import { add, copy, equals, fitsU64, fromBigEndian, isZero, lessThan, mulFull, setU64, setZero, sub } from './u256';

/** How a transaction is run. */
export const enum Mode {
  /** By all rules; pays its fee. */
  Transaction = 0,
  /** As `eth_call`: no nonce, fee or sender-code check, nothing paid; the host does not apply it. */
  Call = 1,
  /** A system call of a block (EIP-4788, EIP-2935): as Call, without intrinsic gas or nonce, and applied. */
  System = 2,
}

const TYPE_BLOB: u32 = 3;
const TYPE_SET_CODE: u32 = 4;
const TYPE_DEPOSIT: u32 = 0x7e;

const TX_BASE: u64 = 21000;
const TX_CREATE: u64 = 32000;
const TOKEN: u64 = 4;
const ACCESS_ADDRESS: u64 = 2400;
const ACCESS_KEY: u64 = 1900;
/** EIP-7702: charged per authorization, and given back in part where the account existed. */
const AUTHORIZATION: u64 = 25000;
const AUTHORIZATION_REFUND: i64 = 12500;
/** EIP-7825. */
const TX_GAS_MAX: u64 = 1 << 24;
const GAS_PER_BLOB: u64 = 1 << 17;
/** EIP-7594. */
const TX_BLOBS_MAX: u32 = 6;
/** EIP-3529: at most a fifth of the gas used is given back. */
const REFUND_QUOTIENT: u64 = 5;

// The outcome, in the private region.
const OUTCOME: usize = 8192;
export const R_STATUS: usize = 0;
export const R_LOG_COUNT: usize = 4;
export const R_GAS_USED: usize = 8;
export const R_LOGS: usize = 16;
export const R_LOGS_SIZE: usize = 20;
export const R_OUTPUT: usize = 24;
export const R_OUTPUT_SIZE: usize = 28;
/** 20 bytes; where R_HAS_CONTRACT is set. */
export const R_CONTRACT: usize = 32;
export const R_HAS_CONTRACT: usize = 52;
export const R_GAS_PRICE: usize = 56;
/** Lazy credits: 32 bytes each, to the coinbase and to the base fee's recipient. */
export const R_TIP: usize = 88;
export const R_BASE_FEE_PAID: usize = 120;
/** Gas used before refunds and the floor: what an estimate starts from. */
export const R_GAS_SPENT: usize = 152;
/** The sender's nonce before. */
export const R_NONCE: usize = 160;
/** The third lazy credit: 32 bytes, to the recipient of L1 data fees. */
export const R_L1_FEE: usize = 168;
export const R_SIZE: usize = 200;

@inline
export function outcome(): usize {
  return privateBase() + OUTCOME;
}

let intrinsic: u64 = 0;
let floor: u64 = 0;

/** Sets `intrinsic` and `floor`. */
function computeIntrinsicGas(tx: usize): void {
  const data = tx + <usize>load<u32>(tx, TX_DATA);
  const size = load<u32>(tx, TX_DATA_SIZE);
  meetMagic(data, size);
  let zeros: u64 = 0;
  for (let i: u32 = 0; i < size; i++) zeros += u64(load<u8>(data + i) == 0);
  const tokens = zeros + (<u64>size - zeros) * 4;
  let cost = TX_BASE + tokens * TOKEN + (size > 0 ? CALLDATA_SURCHARGE : 0);
  if ((load<u32>(tx, TX_FLAGS) & HAS_TO) == 0) cost += TX_CREATE + INITCODE_WORD * wordsOf(size);
  let entry = tx + <usize>load<u32>(tx, TX_ACCESS_LIST);
  for (let i = load<u32>(tx, TX_ACCESS_COUNT); i > 0; i--) {
    const keys = load<u32>(entry, 20);
    cost += ACCESS_ADDRESS + <u64>keys * ACCESS_KEY;
    entry += 24 + (<usize>keys << 5);
  }
  cost += <u64>load<u32>(tx, TX_AUTHORIZATION_COUNT) * AUTHORIZATION;
  intrinsic = cost;
  floor = fork() >= PRAGUE ? TX_BASE + tokens * FLOOR_TOKEN : 0;
}

/** out = a 256-bit word times a u64; false where it does not fit 256 bits. */
function multiply(word: usize, factor: u64, out: usize): bool {
  const wide = workBase() + 2048;
  const small = workBase() + 2112;
  setU64(small, factor);
  mulFull(word, small, wide);
  copy(wide, out);
  return isZero(wide + 32);
}

/** What the rules say of the transaction before it runs, state aside. */
function validateForm(tx: usize): Status {
  const type = load<u32>(tx, TX_TYPE);
  const creation = (load<u32>(tx, TX_FLAGS) & HAS_TO) == 0;
  if (type > TYPE_SET_CODE || (type == TYPE_SET_CODE && fork() < PRAGUE)) return Status.TypeNotSupported;
  const chainId = load<u64>(tx, TX_CHAIN_ID);
  if (chainId != load<u64>(blockContext(), B_CHAIN_ID) && (chainId != 0 || type != 0)) return Status.WrongChainId;
  if (load<u64>(tx, TX_NONCE) == u64.MAX_VALUE) return Status.NonceMax;
  const gasLimit = load<u64>(tx, TX_GAS_LIMIT);
  if (gasLimit < intrinsic || gasLimit < floor) return Status.IntrinsicGasTooLow;
  if (creation && load<u32>(tx, TX_DATA_SIZE) > INITCODE_SIZE_MAX) return Status.InitcodeTooLarge;
  if (fork() >= OSAKA && gasLimit > TX_GAS_MAX) return Status.GasAboveCap;
  const used = load<u64>(blockContext(), B_GAS_USED);
  const limit = load<u64>(blockContext(), B_GAS_LIMIT);
  if (used > limit || gasLimit > limit - used) return Status.GasAboveBlock;
  if (lessThan(tx + TX_MAX_FEE, tx + TX_MAX_TIP)) return Status.TipAboveFeeCap;
  if (lessThan(tx + TX_MAX_FEE, blockContext() + B_BASE_FEE)) return Status.FeeCapBelowBaseFee;
  if (type == TYPE_BLOB) {
    const count = load<u32>(tx, TX_BLOB_COUNT);
    if (creation) return Status.ToMissing;
    if (count == 0) return Status.NoBlobs;
    if (count > load<u32>(blockContext(), B_BLOBS_MAX)) return Status.TooManyBlobs;
    if (fork() >= OSAKA && count > TX_BLOBS_MAX) return Status.TooManyBlobs;
    const hashes = tx + <usize>load<u32>(tx, TX_BLOB_HASHES);
    for (let i: u32 = 0; i < count; i++) {
      if (load<u8>(hashes + (<usize>i << 5)) != 1) return Status.BlobVersionUnknown;
    }
    if (lessThan(tx + TX_MAX_BLOB_FEE, blockContext() + B_BLOB_BASE_FEE)) return Status.BlobFeeCapTooLow;
  }
  if (type == TYPE_SET_CODE) {
    if (creation) return Status.ToMissing;
    if (load<u32>(tx, TX_AUTHORIZATION_COUNT) == 0) return Status.EmptyAuthorizationList;
  }
  return Status.Success;
}

/** What the rules say of the sender. */
function validateSender(tx: usize, sender: usize): Status {
  const nonce = load<u64>(sender, O_NONCE);
  if (load<u64>(tx, TX_NONCE) < nonce) return Status.NonceTooLow;
  if (load<u64>(tx, TX_NONCE) > nonce) return Status.NonceTooHigh;
  if (hasCode(sender) && !isDelegation(codeOf(sender))) return Status.SenderNotEoa;
  const cost = workBase() + 2176;
  const part = workBase() + 2208;
  if (!multiply(tx + TX_MAX_FEE, load<u64>(tx, TX_GAS_LIMIT), cost)) return Status.InsufficientFunds;
  if (!multiply(tx + TX_MAX_BLOB_FEE, blobGas(tx), part)) return Status.InsufficientFunds;
  if (add(cost, part, cost) != 0 || add(cost, tx + TX_VALUE, cost) != 0) return Status.InsufficientFunds;
  l1Fee(tx, part);
  if (add(cost, part, cost) != 0) return Status.InsufficientFunds;
  return covers(sender, cost) ? Status.Success : Status.InsufficientFunds;
}

@inline
function blobGas(tx: usize): u64 {
  return <u64>load<u32>(tx, TX_BLOB_COUNT) * GAS_PER_BLOB;
}

/** Takes the whole gas limit's price, the blobs' and the L1 data fee from the sender. */
function buyGas(tx: usize, sender: usize, price: usize): void {
  const cost = workBase() + 2176;
  journalBalance(sender);
  multiply(price, load<u64>(tx, TX_GAS_LIMIT), cost);
  sub(sender + O_BALANCE, cost, sender + O_BALANCE);
  multiply(blockContext() + B_BLOB_BASE_FEE, blobGas(tx), cost);
  sub(sender + O_BALANCE, cost, sender + O_BALANCE);
  const dataFee = outcome() + R_L1_FEE;
  l1Fee(tx, dataFee);
  sub(sender + O_BALANCE, dataFee, sender + O_BALANCE);
}

/** price = min(tip, cap - base fee) + base fee (EIP-1559). */
function computePrice(tx: usize, price: usize): void {
  const baseFee = blockContext() + B_BASE_FEE;
  sub(tx + TX_MAX_FEE, baseFee, price);
  if (lessThan(tx + TX_MAX_TIP, price)) copy(tx + TX_MAX_TIP, price);
  add(price, baseFee, price);
}

function warmAccessList(tx: usize): void {
  let entry = tx + <usize>load<u32>(tx, TX_ACCESS_LIST);
  const key = workBase() + 2240;
  for (let i = load<u32>(tx, TX_ACCESS_COUNT); i > 0; i--) {
    const account = accountOf(entry);
    warmAccount(account);
    const keys = load<u32>(entry, 20);
    entry += 24;
    for (let k: u32 = 0; k < keys; k++) {
      fromBigEndian(entry, key);
      // Naming a slot is not reading it.
      warmSlot(slotOf(account, key, true));
      entry += 32;
    }
  }
}

/** Writes the delegations that their owners signed (EIP-7702); what does not hold is passed over. */
function applyAuthorizations(tx: usize): void {
  let authorization = tx + <usize>load<u32>(tx, TX_AUTHORIZATIONS);
  for (let i = load<u32>(tx, TX_AUTHORIZATION_COUNT); i > 0; i--) {
    applyAuthorization(authorization);
    authorization += AUTHORIZATION_SIZE;
  }
}

function applyAuthorization(authorization: usize): void {
  const chainId = authorization + AUTH_CHAIN_ID;
  if (!isZero(chainId) && (!fitsU64(chainId) || load<u64>(chainId) != load<u64>(blockContext(), B_CHAIN_ID))) return;
  const nonce = load<u64>(authorization, AUTH_NONCE);
  if (nonce == u64.MAX_VALUE || load<u32>(authorization, AUTH_SIGNED) == 0) return;
  const authority = accountOf(authorization + AUTH_AUTHORITY);
  warmAccount(authority);
  noteAccess(authority);
  if (hasCode(authority) && !isDelegation(codeOf(authority))) return;
  if (load<u64>(authority, O_NONCE) != nonce) return;
  const flat = <usize>load<u32>(authority, O_FLAT);
  // In a parallel run the flat entry is older than the authority, and accounts exist if and only if they are not empty.
  const exists = flat != 0 && (load<u32>(flat, A_FLAGS) & ACCOUNT_EXISTS) != 0 && !isParallel();
  if (!isEmptyAccount(authority) || exists) {
    setRefund(refund() + AUTHORIZATION_REFUND);
  }
  const delegate = authorization + AUTH_ADDRESS;
  if (load<u64>(delegate) == 0 && load<u64>(delegate, 8) == 0 && load<u32>(delegate, 16) == 0) {
    if (hasCode(authority)) setCode(authority, EMPTY_CODE_HASH, emptyCode());
  } else {
    const code = workBase() + 2272;
    const hash = workBase() + 2304;
    store<u8>(code, 0xef);
    store<u8>(code, 0x01, 1);
    store<u8>(code, 0x00, 2);
    copyAddress(delegate, code + 3);
    keccak256(code, 23, hash);
    setCode(authority, hash, putCode(hash, code, 23));
  }
  setNonce(authority, nonce + 1);
}

/** Runs the call or creation with `gas()` gas; status in `immediateStatus()`. */
function run(tx: usize, sender: usize, nonce: u64): void {
  const result = outcome();
  const data = tx + <usize>load<u32>(tx, TX_DATA);
  const size = load<u32>(tx, TX_DATA_SIZE);
  let entered: Entered;
  if ((load<u32>(tx, TX_FLAGS) & HAS_TO) != 0) {
    const to = accountOf(tx + TX_TO);
    warmAccount(to);
    const code = codeOf(to);
    noteAccess(to);
    if (isDelegation(code)) {
      const delegate = accountOf(delegationTarget(code));
      warmAccount(delegate);
      noteAccess(delegate);
    }
    entered = enterCall(to, to, sender, tx + TX_SENDER, tx + TX_VALUE, data, size, 0);
  } else {
    createAddress(tx + TX_SENDER, nonce, result + R_CONTRACT);
    store<u32>(result, 1, R_HAS_CONTRACT);
    const created = accountOf(result + R_CONTRACT);
    warmAccount(created);
    noteAccess(created);
    entered = enterCreate(created, sender, tx + TX_VALUE, data, size);
  }
  if (entered == Entered.Frame) interpret();
}

/** Of the last execution. */
let isSystemCall: bool = false;
let paysFees: bool = false;

/** Executes; the outcome says how it ended. `result` is the outcome's address. */
export function executeTransaction(tx: usize, mode: Mode): Status {
  const result = outcome();
  memory.fill(result, 0, R_SIZE);
  clearRegionFull();
  beginOverlay();
  beginFrames();
  revertLogs(0, 0);
  setRefund(0);
  const price = result + R_GAS_PRICE;
  setTransaction(tx, price);
  // Applying must find who is paid in the cache: it can neither run out of room nor ask the host.
  if (mode != Mode.Call) {
    readAccount(blockContext() + B_COINBASE);
    if (hasBaseFeeRecipient()) readAccount(blockContext() + B_BASE_FEE_RECIPIENT);
    if (chargesL1Fee()) readAccount(l1FeeRecipient());
  }
  const isDeposit = load<u32>(tx, TX_TYPE) == TYPE_DEPOSIT;
  isSystemCall = mode == Mode.System;
  paysFees = mode == Mode.Transaction && !isDeposit;
  const status = isDeposit ? executeDeposit(tx) : executeByMode(tx, mode);
  store<u32>(result, isRegionFull() ? Status.RegionFull : status, R_STATUS);
  return isRegionFull() ? Status.RegionFull : status;
}

function executeByMode(tx: usize, mode: Mode): Status {
  const gasLimit = load<u64>(tx, TX_GAS_LIMIT);
  const price = outcome() + R_GAS_PRICE;
  const sender = accountOf(tx + TX_SENDER);
  if (mode != Mode.System) noteAccess(sender);
  const nonce = load<u64>(sender, O_NONCE);
  store<u64>(outcome(), nonce, R_NONCE);
  intrinsic = 0;
  floor = 0;
  if (mode != Mode.System) computeIntrinsicGas(tx);
  if (mode == Mode.Transaction) {
    let status = validateForm(tx);
    if (status == Status.Success) status = validateSender(tx, sender);
    if (status != Status.Success) return status;
    computePrice(tx, price);
    buyGas(tx, sender, price);
    setNonce(sender, nonce + 1);
  } else {
    copy(tx + TX_MAX_FEE, price);
    if (gasLimit < intrinsic || gasLimit < floor) return Status.IntrinsicGasTooLow;
    if (mode == Mode.Call && !isZero(price) && !holdFee(sender, price, gasLimit)) return Status.InsufficientFunds;
    if (lessThan(sender + O_BALANCE, tx + TX_VALUE)) return Status.InsufficientFunds;
    // As a transaction would, so that a contract created from here has the address it will have.
    if (mode == Mode.Call) setNonce(sender, nonce + 1);
  }
  warmAccount(sender);
  warmAccessList(tx);
  applyAuthorizations(tx);
  setGas(gasLimit - intrinsic);
  run(tx, sender, nonce);
  const used = finish(gasLimit);
  if (mode == Mode.Transaction) settle(sender, price, gasLimit - used, used);
  return immediateStatus();
}

/** A call that names a price can't spend what its gas would cost; false where the sender lacks that. */
function holdFee(sender: usize, price: usize, gasLimit: u64): bool {
  const cost = workBase() + 2176;
  if (!multiply(price, gasLimit, cost) || lessThan(sender + O_BALANCE, cost)) return false;
  journalBalance(sender);
  sub(sender + O_BALANCE, cost, sender + O_BALANCE);
  return true;
}

/** Fills the outcome; returns the gas used after refunds and floor. */
function finish(gasLimit: u64): u64 {
  const result = outcome();
  const spent = gasLimit - gas();
  const refunded = min<u64>(<u64>max<i64>(refund(), 0), spent / REFUND_QUOTIENT);
  const used = max<u64>(spent - refunded, floor);
  store<u64>(result, spent, R_GAS_SPENT);
  store<u64>(result, used, R_GAS_USED);
  store<u32>(result, logsCount(), R_LOG_COUNT);
  store<u32>(result, <u32>(privateBase() + LOGS), R_LOGS);
  store<u32>(result, logsMark(), R_LOGS_SIZE);
  store<u32>(result, <u32>returnData(), R_OUTPUT);
  store<u32>(result, returnDataSize(), R_OUTPUT_SIZE);
  return used;
}

/** Pays unused gas back and sets the lazy credits. */
function settle(sender: usize, price: usize, unused: u64, used: u64): void {
  const amount = workBase() + 2176;
  multiply(price, unused, amount);
  journalBalance(sender);
  add(sender + O_BALANCE, amount, sender + O_BALANCE);
  const baseFee = blockContext() + B_BASE_FEE;
  sub(price, baseFee, amount);
  multiply(amount, used, outcome() + R_TIP);
  multiply(baseFee, used, outcome() + R_BASE_FEE_PAID);
}

/**
 * A deposit (OP Stack, type 0x7e): mints first, pays no fee, is never invalid. What would make another transaction
 * invalid makes it fail with all its gas used; the mint and the raised nonce stay.
 */
function executeDeposit(tx: usize): Status {
  const gasLimit = load<u64>(tx, TX_GAS_LIMIT);
  const sender = accountOf(tx + TX_SENDER);
  noteAccess(sender);
  const nonce = load<u64>(sender, O_NONCE);
  store<u64>(outcome(), nonce, R_NONCE);
  if (!isZero(tx + TX_MINT)) {
    journalBalance(sender);
    // The L1 can't mint more than there is; a sum past 2^256 would be a forged deposit and is cut off.
    if (add(sender + O_BALANCE, tx + TX_MINT, sender + O_BALANCE) != 0) memory.fill(sender + O_BALANCE, 0xff, 32);
  }
  setNonce(sender, nonce + 1);
  setZero(outcome() + R_GAS_PRICE);
  computeIntrinsicGas(tx);
  const creation = (load<u32>(tx, TX_FLAGS) & HAS_TO) == 0;
  if (
    gasLimit < intrinsic ||
    gasLimit < floor ||
    lessThan(sender + O_BALANCE, tx + TX_VALUE) ||
    (creation && load<u32>(tx, TX_DATA_SIZE) > INITCODE_SIZE_MAX)
  ) {
    setGas(0);
    setRefund(0);
    floor = 0;
    finish(gasLimit);
    return Status.Failed;
  }
  warmAccount(sender);
  setGas(gasLimit - intrinsic);
  run(tx, sender, nonce);
  finish(gasLimit);
  return immediateStatus();
}

/** Writes the last executed transaction's changes and lazy credits to the flat cache. It must have been included. */
export function applyTransaction(): void {
  const coinbase = blockContext() + B_COINBASE;
  // What a contract that ceases to exist would be credited ceases to exist with it.
  const inOverlay = findAccount(coinbase);
  const burned = inOverlay != 0 && (load<u32>(inOverlay, O_FLAGS) & DESTROYED) != 0;
  if (!isCollecting()) {
    applyChanges(coinbase, burned);
    return;
  }
  const tips = readAccount(coinbase);
  const baseFees: usize = hasBaseFeeRecipient() ? readAccount(blockContext() + B_BASE_FEE_RECIPIENT) : 0;
  const l1Fees: usize = chargesL1Fee() ? readAccount(l1FeeRecipient()) : 0;
  noteTransaction(isSystemCall, tips, baseFees, l1Fees);
  applyChanges(coinbase, burned);
  noteFees(paysFees, tips, baseFees, l1Fees);
}

function applyChanges(coinbase: usize, burned: bool): void {
  const result = outcome();
  applyOverlay();
  store<u64>(blockContext(), load<u64>(blockContext(), B_GAS_USED) + load<u64>(result, R_GAS_USED), B_GAS_USED);
  if (!burned) credit(coinbase, result + R_TIP);
  if (hasBaseFeeRecipient()) credit(blockContext() + B_BASE_FEE_RECIPIENT, result + R_BASE_FEE_PAID);
  if (chargesL1Fee()) credit(l1FeeRecipient(), result + R_L1_FEE);
}

@inline
function hasBaseFeeRecipient(): bool {
  const recipient = blockContext() + B_BASE_FEE_RECIPIENT;
  return load<u64>(recipient) != 0 || load<u64>(recipient, 8) != 0 || load<u32>(recipient, 16) != 0;
}

/** Adds to the balance in the flat cache; adding nothing removes an account that is empty (EIP-161). */
function credit(address: usize, amount: usize): void {
  const flat = readAccount(address);
  if (flat == 0) return;
  const flags = load<u32>(flat, A_FLAGS);
  if (isZero(amount)) {
    const empty =
      load<u64>(flat, A_NONCE) == 0 && isZero(flat + A_BALANCE) && equals(flat + A_CODE_HASH, EMPTY_CODE_HASH);
    if (!empty || (flags & ACCOUNT_EXISTS) == 0) return;
    store<u32>(flat, flags & ~ACCOUNT_EXISTS, A_FLAGS);
  } else {
    add(flat + A_BALANCE, amount, flat + A_BALANCE);
    store<u32>(flat, flags | ACCOUNT_EXISTS, A_FLAGS);
  }
  markAccountDirty(flat);
}
