import { decodeEventLog, encodeEventTopics, type Hex } from 'viem';
import type { L1FeeScalars } from '../chain/l1Block';
import { systemConfigAbi } from './bindings/SystemConfig';

/** First topic of the system config's event that derivation reads. */
export const [FEE_SCALARS_UPDATED_TOPIC] = encodeEventTopics({ abi: systemConfigAbi, eventName: 'FeeScalarsUpdated' });

/** @returns undefined for what the system config cannot have logged: every node skips it alike */
export function decodeFeeScalars(log: { topics: Hex[]; data: Hex }): L1FeeScalars | undefined {
  if (log.topics[0] !== FEE_SCALARS_UPDATED_TOPIC) return undefined;
  try {
    const topics = log.topics as [Hex, ...Hex[]];
    const { baseFeeScalar, blobBaseFeeScalar } = decodeEventLog({
      abi: systemConfigAbi,
      eventName: 'FeeScalarsUpdated',
      topics,
      data: log.data,
    }).args;
    return { baseFeeScalar, blobBaseFeeScalar };
  } catch {
    return undefined;
  }
}
