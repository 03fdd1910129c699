import type { Hex } from 'viem';

/**
 * Runtime code of the block hash history contract, 83 bytes (EIP-2935). The test recovers its address from the EIP's keyless transaction.
 */
export const historyStorageCode: Hex =
  '0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500';
