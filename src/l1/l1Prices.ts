import type { PublicClient, RpcBlock } from 'viem';
import { TributaryError } from '../core/errors';
import { blobBaseFee } from './blobBaseFee';
import type { L1Client } from './l1Client';

/** What the next L1 block asks, wei per gas. For decisions only: derivation has its own rule (`blobBaseFee`). */
export interface L1Prices {
  baseFeePerGas: bigint;
  /** Undefined where the L1 takes no blobs. */
  blobBaseFee: bigint | undefined;
}

/** Hardhat's network has the header fields of blobs, but takes none. */
const CLIENTS_WITHOUT_BLOBS = /^HardhatNetwork\//;

/** @throws L1.Unreachable */
export async function readL1Prices(l1: L1Client): Promise<L1Prices> {
  const block = await l1.read((viem) => viem.request({ method: 'eth_getBlockByNumber', params: ['latest', false] }));
  return { baseFeePerGas: BigInt(block?.baseFeePerGas ?? 0), blobBaseFee: await readBlobBaseFee(l1, block) };
}

/**
 * From `eth_feeHistory` (the next block's), else `eth_blobBaseFee`, else from the newest header: the L1 knows its blob schedule
 * (blob-parameter-only forks, EIP-7892), the header does not tell it.
 */
async function readBlobBaseFee(l1: L1Client, block: RpcBlock | null): Promise<bigint | undefined> {
  if (!block?.excessBlobGas) return undefined;
  const client = await asked(l1, (viem) => viem.request({ method: 'web3_clientVersion' }));
  if (client && CLIENTS_WITHOUT_BLOBS.test(client)) return undefined;
  const history = await asked(l1, (viem) => viem.request({ method: 'eth_feeHistory', params: ['0x1', 'latest', []] }));
  const next = (history as { baseFeePerBlobGas?: string[] } | undefined)?.baseFeePerBlobGas?.at(-1);
  // Some clients fill the list with zeros; the least price is 1.
  if (next && BigInt(next) > 0n) return BigInt(next);
  const current = await asked(l1, (viem) => viem.request({ method: 'eth_blobBaseFee' }));
  if (current && BigInt(current) > 0n) return BigInt(current);
  const { requestsHash } = block as { requestsHash?: string | null };
  return blobBaseFee({ excessBlobGas: BigInt(block.excessBlobGas), requestsHash });
}

/** @returns undefined when the L1 does not know the method. @throws L1.Unreachable */
async function asked<Answer>(l1: L1Client, ask: (viem: PublicClient) => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await l1.read(ask);
  } catch (error) {
    if (error instanceof TributaryError) throw error;
    return undefined;
  }
}
