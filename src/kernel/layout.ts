/**
 * Offsets that the kernel and its host agree on. The kernel's side of each table is named beside it; a test
 * (test/kernel/layout.test.ts) reads them back from the source.
 */

/** assembly/block.ts. */
export const BlockField = {
  number: 0,
  timestamp: 8,
  gasLimit: 16,
  chainId: 24,
  baseFee: 32,
  prevRandao: 64,
  blobBaseFee: 96,
  coinbase: 128,
  baseFeeRecipient: 152,
  fork: 176,
  blobsMax: 180,
  gasUsed: 184,
  l1BaseFee: 192,
  l1BlobBaseFee: 224,
  l1BaseFeeScalar: 256,
  l1BlobBaseFeeScalar: 260,
  l1FeeRecipient: 264,
} as const;

/** assembly/transactionContext.ts. */
export const TransactionField = {
  type: 0,
  flags: 4,
  nonce: 8,
  gasLimit: 16,
  chainId: 24,
  value: 32,
  maxFee: 64,
  maxTip: 96,
  maxBlobFee: 128,
  sender: 160,
  to: 180,
  dataSize: 200,
  data: 204,
  accessList: 208,
  accessCount: 212,
  blobHashes: 216,
  blobCount: 220,
  authorizations: 224,
  authorizationCount: 228,
  mint: 232,
  l1Gas: 264,
} as const;
export const TRANSACTION_FIXED_SIZE_BYTES = 272;
export const TRANSACTION_HAS_TO = 1;

/** assembly/runTransactions.ts. */
export const RecordField = { length: 0, rawSize: 4, sender: 8, raw: 32 } as const;
/** assembly/decodeTransaction.ts. */
export const AUTHORITY_SIZE_BYTES = 24;

export const AuthorizationField = { chainId: 0, nonce: 32, address: 40, authority: 60, signed: 80 } as const;
export const AUTHORIZATION_SIZE_BYTES = 88;

/** assembly/transaction.ts. */
export const OutcomeField = {
  status: 0,
  logCount: 4,
  gasUsed: 8,
  logs: 16,
  logsSize: 20,
  output: 24,
  outputSize: 28,
  contract: 32,
  hasContract: 52,
  gasPrice: 56,
  gasSpent: 152,
  senderNonce: 160,
} as const;

/** assembly/evm/stateOps.ts. */
export const LogField = { address: 0, topicCount: 20, dataSize: 24 } as const;
export const LOG_HEADER_SIZE_BYTES = 28;

/** assembly/state/flatCache.ts. */
export const AccountField = {
  address: 0,
  flags: 20,
  nonce: 24,
  balance: 32,
  codeHash: 64,
  storageRoot: 96,
  dirtySlots: 128,
  nextDirty: 132,
} as const;
export const ACCOUNT_EXISTS = 1;
export const ACCOUNT_NEW_CODE = 8;
export const SlotField = { nextDirty: 8, key: 16, value: 48, committed: 80 } as const;

/** assembly/host.ts: what `loadAccount` writes. */
export const LoadedAccountField = { nonce: 0, balance: 8, codeHash: 40, storageRoot: 72 } as const;

/** assembly/block.ts. */
export const FORK_NUMBERS = { cancun: 0, prague: 1, osaka: 2 } as const;
