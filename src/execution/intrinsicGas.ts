import type { Fork } from '../chain/forks';
import type { SignedTransaction } from '../codec/transaction';

const TRANSACTION_GAS = 21_000n;
/** EIP-2. */
const CREATE_GAS = 32_000n;
const ZERO_BYTE_GAS = 4n;
/** EIP-2028. A non-zero byte is four tokens of EIP-7623. */
const TOKENS_PER_NONZERO_BYTE = 4n;
/** EIP-2930. */
const ACCESS_LIST_ADDRESS_GAS = 2_400n;
/** EIP-2930. */
const ACCESS_LIST_STORAGE_KEY_GAS = 1_900n;
/** EIP-3860: for each started word of init code. */
const INIT_CODE_WORD_GAS = 2n;
/** EIP-7702: PER_EMPTY_ACCOUNT_COST. */
const AUTHORIZATION_GAS = 25_000n;
/** EIP-7623: TOTAL_COST_FLOOR_PER_TOKEN. */
const FLOOR_TOKEN_GAS = 10n;

type Charged = Pick<SignedTransaction, 'to' | 'data' | 'accessList' | 'authorizationList'>;

/**
 * Gas that a transaction costs before its first instruction (yellow paper 6.2; EIP-2028, 2930, 3860, 7702).
 * @param fork authorizations exist from Prague on
 */
export function intrinsicGas(transaction: Charged, fork: Fork): bigint {
  let gas = TRANSACTION_GAS + calldataTokens(transaction.data) * ZERO_BYTE_GAS;
  if (transaction.to === undefined) {
    gas += CREATE_GAS + INIT_CODE_WORD_GAS * BigInt(Math.ceil(transaction.data.length / 32));
  }
  for (const { storageKeys } of transaction.accessList) {
    gas += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_STORAGE_KEY_GAS * BigInt(storageKeys.length);
  }
  if (fork !== 'cancun') gas += AUTHORIZATION_GAS * BigInt(transaction.authorizationList.length);
  return gas;
}

/** The least gas that a transaction with this calldata is charged from Prague on, whatever it executes (EIP-7623). */
export function floorGas(transaction: Pick<SignedTransaction, 'data'>): bigint {
  return TRANSACTION_GAS + FLOOR_TOKEN_GAS * calldataTokens(transaction.data);
}

function calldataTokens(data: Uint8Array): bigint {
  let zeroBytes = 0;
  for (const byte of data) if (byte === 0) zeroBytes++;
  return BigInt(zeroBytes) + TOKENS_PER_NONZERO_BYTE * BigInt(data.length - zeroBytes);
}
