import type { Hex, TransactionReceipt } from 'viem';
import { toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import type { Logger } from '../core/ports';
import { type BlobSidecar, versionedHashesOf } from './blobs/blobSidecar';
import { executionGas, GAS_LIMIT_MAX, type GasExperience, gasLimitFor, gasOfBytes } from './gasLimit';
import { callReverted, type L1Call } from './l1Call';
import { type L1Client, toQuantity } from './l1Client';
import type { PendingTransaction } from './pendingTransaction';
import { detailsOf, revertReason } from './revertReason';

export interface CallGasOptions {
  l1: L1Client;
  logger: Logger;
  /** Who calls. */
  from: Hex;
  /** Most that is offered per blob gas. */
  blobFeeCapWei: bigint;
}

/** How much more than the L1 estimates is asked for at most, after calls that ran out of gas. */
const GAS_FACTOR_MAX = 64n;

/** How much gas calls are given: what the L1 estimates, checked against what their bytes cost and what calls of their kind have used. */
export class CallGas {
  /** By label: what such calls came to. */
  readonly #experience = new Map<string, GasExperience>();
  readonly #options: CallGasOptions;

  constructor(options: CallGasOptions) {
    this.#options = options;
  }

  /**
   * @throws L1.TransactionReverted when it would revert (nothing was sent then), L1.TransactionRefused
   */
  async limitFor(call: L1Call, sidecar: BlobSidecar | undefined): Promise<bigint> {
    const request = this.#request(call, sidecar);
    try {
      const gas = await this.#options.l1.read((viem) => viem.request({ method: 'eth_estimateGas', params: [request] }));
      const estimate = BigInt(gas);
      const isPossible = estimate >= gasOfBytes(call.data) / 4n && estimate <= GAS_LIMIT_MAX;
      if (!isPossible) {
        const fields = { label: call.label, estimate, gasOfBytes: gasOfBytes(call.data), gasLimitMax: GAS_LIMIT_MAX };
        this.#options.logger.warn(fields, 'the L1 gives a gas estimate that cannot be: bounding it');
      }
      return gasLimitFor(estimate, call.data, this.#gasOf(call.label));
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      const reason = revertReason(error, call.abi);
      if (reason) throw callReverted(call, reason.sentence);
      if (await this.#succeedsWithMostGas(request)) return GAS_LIMIT_MAX;
      throw new TributaryError('L1.TransactionRefused', `the L1 refuses ${call.label}: ${detailsOf(error)}`, {
        recovery: 'retry',
        details: { reason: detailsOf(error) },
      });
    }
  }

  /**
   * Where a call asks for more gas than it uses, Hardhat looks for the estimate above what a transaction may have, and then refuses that
   * ("transaction gas limit … is greater than the cap"). Such a call gets the most.
   */
  async #succeedsWithMostGas(request: object): Promise<boolean> {
    const params = [{ ...request, gas: toBigQuantity(GAS_LIMIT_MAX) }, 'latest'] as const;
    try {
      await this.#options.l1.read((viem) => viem.request({ method: 'eth_call', params: [...params] }));
      return true;
    } catch {
      // The estimate's words say more.
      return false;
    }
  }

  #request(call: L1Call, sidecar: BlobSidecar | undefined) {
    const request = { from: this.#options.from, to: call.to, data: call.data, value: toBigQuantity(call.value ?? 0n) };
    if (!sidecar) return request;
    const maxFeePerBlobGas = toBigQuantity(this.#options.blobFeeCapWei);
    return { ...request, blobVersionedHashes: versionedHashesOf(sidecar).map(toHex), maxFeePerBlobGas };
  }

  /** Why a transaction that L1 included failed; one that ran out of gas is given more next time. */
  async failureOf(pending: PendingTransaction, receipt: TransactionReceipt): Promise<TributaryError> {
    const { call, gasLimit } = pending;
    // A call within the call leaves a 64th of what it had (EIP-150).
    if (receipt.gasUsed * 64n >= gasLimit * 61n) {
      const { executionGas, factor } = this.#gasOf(call.label);
      const doubled = 2n * factor < GAS_FACTOR_MAX ? 2n * factor : GAS_FACTOR_MAX;
      this.#experience.set(call.label, { executionGas, factor: doubled });
      const reason = `out of gas: of ${gasLimit}, made of the L1's estimate, it used ${receipt.gasUsed}`;
      return callReverted(call, reason, receipt.transactionHash);
    }
    const request = this.#request(call, pending.sidecar);
    try {
      // Best effort: asked again after the block, which mostly shows what had changed since the gas was estimated.
      const at = toQuantity(Number(receipt.blockNumber));
      await this.#options.l1.read((viem) => viem.request({ method: 'eth_call', params: [request, at] }));
    } catch (error) {
      const reason = revertReason(error, call.abi);
      if (reason) return callReverted(call, reason.sentence, receipt.transactionHash);
    }
    return callReverted(call, 'for a reason that L1 does not tell', receipt.transactionHash);
  }

  #gasOf(label: string): GasExperience {
    return this.#experience.get(label) ?? { executionGas: 0n, factor: 1n };
  }

  /** Of one that succeeded. */
  learn({ label, call }: PendingTransaction, gasUsed: bigint): void {
    const known = this.#gasOf(label).executionGas;
    const used = executionGas(gasUsed, call.data);
    // biome-ignore lint/complexity/useMathMinMax: Math.max has no bigints
    const most = used < known ? known : used;
    this.#experience.set(label, { executionGas: most, factor: 1n });
  }
}

function toBigQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`;
}
