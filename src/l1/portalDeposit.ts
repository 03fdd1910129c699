import { decodeAbiParameters, type Hex } from 'viem';
import type { PortalDeposit } from '../chain/l1Block';
import { fromHex, toBigInt } from '../core/bytes';

/** keccak256("TransactionDeposited(address,address,uint256,bytes)"): OP Stack's event. */
export const TRANSACTION_DEPOSITED_TOPIC = '0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32';

/** mint (32) ‖ value (32) ‖ gasLimit (8) ‖ isCreation (1). */
const OPAQUE_DATA_FIXED_SIZE_BYTES = 73;

/**
 * Decodes a `TransactionDeposited(from, to, version, opaqueData)` log, version 0, where opaqueData is
 * mint (32 bytes) ‖ value (32) ‖ gasLimit (8) ‖ isCreation (1) ‖ data.
 * @returns undefined for what no version 0 Portal can have logged: every node skips it alike
 */
export function decodePortalDeposit(log: { topics: Hex[]; data: Hex; logIndex: number }): PortalDeposit | undefined {
  const [signature, from, to, version] = log.topics;
  if (signature !== TRANSACTION_DEPOSITED_TOPIC || log.topics.length !== 4 || BigInt(version) !== 0n) return undefined;
  const opaqueData = decodeBytes(log.data);
  if (!opaqueData || opaqueData.length < OPAQUE_DATA_FIXED_SIZE_BYTES) return undefined;
  const isCreation = opaqueData[72] !== 0;
  return {
    logIndex: log.logIndex,
    from: fromHex(from).subarray(12),
    to: isCreation ? undefined : fromHex(to).subarray(12),
    mint: toBigInt(opaqueData.subarray(0, 32)),
    value: toBigInt(opaqueData.subarray(32, 64)),
    gasLimit: toBigInt(opaqueData.subarray(64, 72)),
    data: opaqueData.slice(OPAQUE_DATA_FIXED_SIZE_BYTES),
  };
}

function decodeBytes(data: Hex): Uint8Array | undefined {
  try {
    return fromHex(decodeAbiParameters([{ type: 'bytes' }], data)[0]);
  } catch {
    return undefined;
  }
}
