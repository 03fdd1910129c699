import { serializeTransaction, type TransactionSerializableEIP1559 } from 'viem';
import type { L1FeeParameters } from '../chain/l1Attributes';
import { l1Fee, l1Price } from '../chain/l1Fee';
import { concatBytes, fromHex, toHex } from '../core/bytes';
import type { CallRequest } from '../execution/executor';

/** Bytes that a signature adds, all taken as non-zero: as GasPriceOracle and OP Stack's clients do. */
const SIGNATURE = new Uint8Array(68).fill(1);
const AUTHORIZATION_SIZE_BYTES = 101;

/**
 * The L1 data fee, wei, that a transaction like this call would pay: of a type 2 transaction with this nonce and gas limit, and a signature without zeros.
 * 0 where the block charges none.
 */
export function callL1Fee(
  { to, gasPrice, value, data, accessList, authorizationList }: CallRequest,
  { chainId, nonce, gasLimit }: { chainId: number; nonce: bigint; gasLimit: bigint },
  parameters: L1FeeParameters,
): bigint {
  if (l1Price(parameters) === 0n) return 0n;
  const transaction: TransactionSerializableEIP1559 = {
    type: 'eip1559',
    chainId,
    nonce: Number(nonce),
    gas: gasLimit,
    maxFeePerGas: gasPrice,
    maxPriorityFeePerGas: gasPrice,
    to: to ? toHex(to) : undefined,
    value,
    data: toHex(data),
    accessList: accessList.map(({ address, storageKeys }) => ({
      address: toHex(address),
      storageKeys: storageKeys.map(toHex),
    })),
  };
  const unsigned = fromHex(serializeTransaction(transaction));
  const authorizations = new Uint8Array(authorizationList.length * AUTHORIZATION_SIZE_BYTES).fill(1);
  return l1Fee(concatBytes(unsigned, authorizations, SIGNATURE), parameters);
}
