import type { Hex } from 'viem';

/**
 * Runtime code of the beacon roots contract, 97 bytes (EIP-4788). The test recovers its address from the EIP's keyless transaction.
 */
export const beaconRootsCode: Hex =
  '0x3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500';
