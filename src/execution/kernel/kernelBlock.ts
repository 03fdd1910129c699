import { addresses } from '../../chain/addresses';
import type { ChainConfig } from '../../chain/chainConfig';
import { forkAt } from '../../chain/forks';
import { type L1FeeParameters, NO_L1_FEE } from '../../chain/l1Attributes';
import type { BlockHeader } from '../../codec/header';
import type { KernelBlock } from '../../kernel/kernel';

/** The block fields that instructions and fees read, in the kernel's form. */
export function kernelBlock(
  config: ChainConfig,
  block: Pick<BlockHeader, 'number' | 'coinbase' | 'timestamp' | 'prevRandao' | 'gasLimit' | 'baseFeePerGas'>,
  l1FeeParameters: L1FeeParameters = NO_L1_FEE,
): KernelBlock {
  return {
    number: block.number,
    timestampSeconds: block.timestamp,
    gasLimit: block.gasLimit,
    chainId: BigInt(config.l2ChainId),
    fork: forkAt(config, block.timestamp),
    baseFeePerGas: block.baseFeePerGas,
    prevRandao: block.prevRandao,
    coinbase: block.coinbase,
    baseFeeRecipient: addresses.baseFeeVault,
    l1Fee: { parameters: l1FeeParameters, recipient: addresses.l1FeeVault },
  };
}
