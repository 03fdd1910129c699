import type { Fork } from '../chain/forks';
import type { SignedTransaction } from '../codec/transaction';

/** Largest init code (EIP-3860), bytes. */
export const INIT_CODE_SIZE_BYTES_MAX = 49_152;
/** Largest gas limit of a signed transaction from Osaka on (EIP-7825). Deposits are exempt. */
export const TRANSACTION_GAS_LIMIT_MAX = 16_777_216n;
/** EIP-7702: charged per authorization, and what comes back when the authority exists already. */
export const AUTHORIZATION_GAS = 25_000n;
export const EXISTING_AUTHORITY_REFUND_GAS = 12_500n;

const TRANSACTION_GAS = 21_000n;
const CREATION_GAS = 32_000n;
const ZERO_BYTE_GAS = 4n;
const NONZERO_BYTE_GAS = 16n;
const INIT_CODE_WORD_GAS = 2n;
const ACCESS_LIST_ADDRESS_GAS = 2_400n;
const ACCESS_LIST_SLOT_GAS = 1_900n;
const FLOOR_GAS_PER_TOKEN = 10n;

/** What gas is charged for: any message, signed or not. */
export type GasMessage = Pick<SignedTransaction, 'to' | 'data' | 'accessList' | 'authorizationList'>;

/** Gas that a message costs before its first instruction (yellow paper g₀; EIP-2028, 2930, 3860, 7702). */
export function intrinsicGas(message: GasMessage): bigint {
  const zeroCount = zeroByteCount(message.data);
  let gas = TRANSACTION_GAS + ZERO_BYTE_GAS * zeroCount;
  gas += NONZERO_BYTE_GAS * (BigInt(message.data.length) - zeroCount);
  if (!message.to) gas += CREATION_GAS + INIT_CODE_WORD_GAS * BigInt(Math.ceil(message.data.length / 32));
  for (const { storageKeys } of message.accessList) {
    gas += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_SLOT_GAS * BigInt(storageKeys.length);
  }
  return gas + AUTHORIZATION_GAS * BigInt(message.authorizationList.length);
}

/** The least that a message pays for its calldata from Prague on (EIP-7623); 0 before. */
export function floorGas(message: GasMessage, fork: Fork): bigint {
  if (fork === 'cancun') return 0n;
  const zeroCount = zeroByteCount(message.data);
  const tokens = zeroCount + 4n * (BigInt(message.data.length) - zeroCount);
  return TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * tokens;
}

function zeroByteCount(data: Uint8Array): bigint {
  let count = 0;
  for (const byte of data) if (byte === 0) count++;
  return BigInt(count);
}
