import type { Fork } from '../chain/forks';
import type { SignedTransaction } from '../codec/transaction';
import { TributaryError } from '../core/errors';
import { checkTransaction } from '../execution/transactionRules';

/** EIP-2681 allows 2^64 - 2; ones that a JavaScript number does not hold exactly could never come up in turn. */
export const NONCE_MAX = BigInt(Number.MAX_SAFE_INTEGER);
/** A replacement must raise fee cap and tip by this much. */
export const REPLACEMENT_RISE_PERCENT = 10n;

/** The rules of the next block, as far as admission looks at them. */
export interface AdmissionRules {
  chainId: number;
  fork: Fork;
  /** Largest gas limit that fits into a block beside its L1 attributes deposit: a larger one would wait forever. */
  gasLimitMax: bigint;
}

/**
 * The checks that need neither the state nor the pool, in geth's words.
 * @throws Mempool.ExceedsBlockGasLimit, Mempool.NonceTooHigh, and Execution.* of `checkTransaction`
 */
export function checkAdmission(transaction: SignedTransaction, rules: AdmissionRules): void {
  checkTransaction(transaction, rules.chainId, rules.fork);
  const { gasLimit, nonce } = transaction;
  if (gasLimit > rules.gasLimitMax) {
    throw refusal('ExceedsBlockGasLimit', `exceeds block gas limit: gas ${gasLimit}, at most ${rules.gasLimitMax}`);
  }
  if (nonce > NONCE_MAX) throw refusal('NonceTooHigh', `nonce too high: tx nonce ${nonce}, at most ${NONCE_MAX}`);
}

/** Whether `next` may take the place of `previous`: both prices up by `REPLACEMENT_RISE_PERCENT`, and by at least one wei. */
export function isReplacementPriced(next: SignedTransaction, previous: SignedTransaction): boolean {
  return (
    isRaised(next.maxFeePerGas, previous.maxFeePerGas) &&
    isRaised(next.maxPriorityFeePerGas, previous.maxPriorityFeePerGas)
  );
}

function isRaised(price: bigint, previous: bigint): boolean {
  return price > previous && price >= (previous * (100n + REPLACEMENT_RISE_PERCENT)) / 100n;
}

export function nonceTooLow(accountNonce: number, nonce: number): TributaryError {
  return refusal('NonceTooLow', `nonce too low: next nonce ${accountNonce}, tx nonce ${nonce}`);
}

/** The whole balance does not pay for the transaction alone. All in wei. */
export function insufficientFunds(balance: bigint, cost: bigint): TributaryError {
  return refusal(
    'InsufficientFunds',
    `insufficient funds for gas * price + value: balance ${balance}, tx cost ${cost}, overshot ${cost - balance}`,
  );
}

/** The balance does not pay for the transaction beside the sender's others that may run, which cost up to `queuedCost`. All in wei. */
export function insufficientFundsWithQueued(balance: bigint, queuedCost: bigint, cost: bigint): TributaryError {
  const overshot = queuedCost + cost - balance;
  return refusal(
    'InsufficientFunds',
    `insufficient funds for gas * price + value: balance ${balance}, queued cost ${queuedCost}, tx cost ${cost}, overshot ${overshot}`,
  );
}

/** Code `Mempool.<name>`: the transaction is refused, or leaves the pool, for a reason of its own. */
export function refusal(name: string, words: string): TributaryError {
  return new TributaryError(`Mempool.${name}`, words);
}
