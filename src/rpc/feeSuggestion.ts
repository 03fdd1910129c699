import { effectiveGasPrice } from '../codec/transaction';
import type { ChainReader } from './dependencies';

/** Wei per gas: enough while blocks have room, since then every transaction gets in. */
const TIP_MIN = 1_000_000n;
/** A block counts as full when less than this part of it (one in …) was left. */
const ROOM_FRACTION = 20n;

/** The tip (wei per gas) to offer: the least one while blocks have room, a tenth above the last block's median when it was full. */
export function suggestedTip(chain: Pick<ChainReader, 'head'>): bigint {
  const { header, transactions } = chain.head;
  if (header.gasLimit - header.gasUsed > header.gasLimit / ROOM_FRACTION) return TIP_MIN;
  const tips = transactions
    .flatMap((transaction) =>
      transaction.type === 0x7e ? [] : [effectiveGasPrice(transaction, header.baseFeePerGas) - header.baseFeePerGas],
    )
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = tips[Math.floor(tips.length / 2)] ?? 0n;
  const raised = median + median / 10n;
  return raised > TIP_MIN ? raised : TIP_MIN;
}
