import { z } from 'zod';
import type { Block } from '../../codec/block';
import { effectiveGasPrice } from '../../codec/transaction';
import { nextBaseFee } from '../baseFeeForecast';
import { requireBlock } from '../blockLookup';
import type { RpcDependencies } from '../dependencies';
import { suggestedTip } from '../feeSuggestion';
import { quantity } from '../json/quantity';
import type { RpcLimits } from '../limits';
import { type MethodGroup, method, parameter } from '../method';
import { blockNumberOrTag, count, expected, optional } from '../parameters';

type Dependencies = Pick<RpcDependencies, 'chain' | 'config' | 'rules'>;

export function feeMethods(dependencies: Dependencies, limits: RpcLimits): MethodGroup {
  const { chain } = dependencies;
  const baseFeeAfter = ({ header }: Block) =>
    chain.headerByNumber(header.number + 1)?.baseFeePerGas ?? nextBaseFee(dependencies);
  const percentiles = z
    .array(
      z
        .number({ error: expected('a number') })
        .min(0)
        .max(100),
      { error: expected('a list of percentiles') },
    )
    .max(limits.feeHistoryPercentileCountMax)
    .refine((values) => values.every((value, index) => index === 0 || value >= values[index - 1]), {
      error: 'expected ascending percentiles',
    });

  return {
    eth_gasPrice: method([], () => quantity(nextBaseFee(dependencies) + suggestedTip(chain))),
    eth_maxPriorityFeePerGas: method([], () => quantity(suggestedTip(chain))),
    eth_blobBaseFee: method([], () => '0x1'),
    eth_feeHistory: method(
      [
        parameter('blockCount', count),
        parameter('newestBlock', blockNumberOrTag),
        parameter('rewardPercentiles', optional(percentiles)),
      ],
      ([blockCount, newest, rewardPercentiles]) => {
        const last = requireBlock(chain, newest);
        const first = Math.max(0, last.header.number - Math.min(blockCount, limits.feeHistoryBlockCountMax) + 1);
        const blocks: Block[] = [];
        for (let number = first; number <= last.header.number; number++) {
          const block = chain.blockByNumber(number);
          if (block) blocks.push(block);
        }
        return {
          oldestBlock: quantity(first),
          baseFeePerGas: [...blocks.map(({ header }) => header.baseFeePerGas), baseFeeAfter(last)].map(quantity),
          gasUsedRatio: blocks.map(({ header }) => Number(header.gasUsed) / Number(header.gasLimit)),
          baseFeePerBlobGas: [...blocks, last].map(() => '0x1'),
          blobGasUsedRatio: blocks.map(() => 0),
          ...(rewardPercentiles?.length
            ? { reward: blocks.map((block) => rewardsOf(chain, block, rewardPercentiles).map(quantity)) }
            : {}),
        };
      },
    ),
  };
}

/** Tips (wei per gas) at each percentile of the block's gas, by ascending tip; deposits pay none and are left out. */
function rewardsOf(chain: RpcDependencies['chain'], block: Block, percentiles: number[]): bigint[] {
  const receipts = chain.receipts(block.header.number);
  const paid = block.transactions.flatMap((transaction, index) => {
    const gasUsed = receipts?.at(index)?.gasUsed;
    if (transaction.type === 0x7e || gasUsed === undefined) return [];
    const { baseFeePerGas } = block.header;
    return [{ gasUsed: Number(gasUsed), tip: effectiveGasPrice(transaction, baseFeePerGas) - baseFeePerGas }];
  });
  if (paid.length === 0) return percentiles.map(() => 0n);
  paid.sort((a, b) => (a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0));
  const totalGas = paid.reduce((sum, { gasUsed }) => sum + gasUsed, 0);
  let index = 0;
  let gasSoFar = paid[0].gasUsed;
  return percentiles.map((percentile) => {
    while (gasSoFar < (totalGas * percentile) / 100 && index < paid.length - 1) gasSoFar += paid[++index].gasUsed;
    return paid[index].tip;
  });
}
