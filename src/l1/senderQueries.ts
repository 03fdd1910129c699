import { formatTransactionReceipt, type Hex, type TransactionReceipt } from 'viem';
import { toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { Logger } from '../core/ports';
import type { L1Client } from './l1Client';
import { currentFees, type L1FeeCaps, type L1Fees } from './l1Fees';
import { readL1Prices } from './l1Prices';
import type { PendingTransaction } from './pendingTransaction';

export interface SenderQueriesOptions {
  l1: L1Client;
  logger: Logger;
  /** Whose nonces. */
  address: Hex;
  feeCaps: L1FeeCaps;
  tipMinWei: bigint;
  tipCapWei: bigint;
}

/** What the sender of transactions asks the L1. */
export class SenderQueries {
  readonly #options: SenderQueriesOptions;

  constructor(options: SenderQueriesOptions) {
    this.#options = options;
  }

  /** The receipt of whichever attempt was included. */
  async receipt(pending: PendingTransaction): Promise<TransactionReceipt | undefined> {
    for (const hash of pending.hashes.toReversed()) {
      const receipt = await this.#options.l1.read((viem) =>
        viem.request({ method: 'eth_getTransactionReceipt', params: [toHex(hash)] }),
      );
      if (receipt) return formatTransactionReceipt(receipt);
    }
    return undefined;
  }

  /** Nonces that L1 has used up. */
  async transactionCount(): Promise<number> {
    return Number(
      await this.#options.l1.read((viem) =>
        viem.request({ method: 'eth_getTransactionCount', params: [this.#options.address, 'latest'] }),
      ),
    );
  }

  async headNumber(): Promise<number> {
    return Number(await this.#options.l1.read((viem) => viem.request({ method: 'eth_blockNumber' })));
  }

  /** What a transaction should offer now. */
  async currentFees(withBlobs = false): Promise<L1Fees> {
    const [block, tip, blobBaseFee] = await Promise.all([
      this.#options.l1.read((viem) => viem.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })),
      this.#suggestedTip(),
      withBlobs ? readL1Prices(this.#options.l1).then((prices) => prices.blobBaseFee ?? 1n) : undefined,
    ]);
    return currentFees(BigInt(block?.baseFeePerGas ?? 0), tip, this.#options.feeCaps, blobBaseFee);
  }

  async #suggestedTip(): Promise<bigint> {
    try {
      const tip = BigInt(await this.#options.l1.read((viem) => viem.request({ method: 'eth_maxPriorityFeePerGas' })));
      if (tip > this.#options.tipCapWei) {
        this.#options.logger.warn(
          { suggestedTipWei: tip, tipCapWei: this.#options.tipCapWei },
          'the L1 suggests an absurd tip: capped',
        );
        return this.#options.tipCapWei;
      }
      return tip > this.#options.tipMinWei ? tip : this.#options.tipMinWei;
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      return this.#options.tipMinWei; // an L1 that does not know the method
    }
  }
}
