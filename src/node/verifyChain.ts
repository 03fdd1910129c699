import type { Hex } from 'viem';
import type { Deployment } from '../chain/deployment';
import { TransactionDecoder } from '../codec/transactionDecoder';
import { toHex } from '../core/bytes';
import type { Clock, Logger } from '../core/ports';
import { DisputeGameClaims } from '../verifier/disputeGameClaims';
import { Verifier } from '../verifier/verifier';
import { artifactPlaces } from './artifactPlaces';
import { openL1Access } from './l1Access';
import { openChain } from './openChain';
import { waitingForArtifacts } from './upgrades';

export interface VerifyChainOptions {
  deployment: Deployment;
  /** L1 JSON-RPC, the preferred first. */
  urls: string[];
  /** Beacon APIs of consensus clients, for batches in blobs. */
  beaconUrls?: string[];
  /** Other nodes that keep blobs. */
  archiveUrls?: string[];
  dataDir: string;
  clock: Clock;
  logger: Logger;
  onProgress?: (l1Block: number, l1Head: number, l2Block: number) => void;
}

/** Where the verifier and L1 agree. */
export interface VerifiedChainHead {
  blockNumber: number;
  blockHash: Hex;
  l1Block: number;
  batches: { taken: number; cut: number; ignored: number };
  /** Batches that claim another hash for their last block. */
  wrongBatchClaims: { batch: number; blockNumber: number; claimed: Hex; derived: Hex }[];
  outputClaimsChecked: number;
  /** Addresses of the games that claim a wrong output root. */
  wrongOutputClaims: string[];
}

/**
 * Derives and executes everything up to the L1 head of now.
 * @throws Verifier.WrongL1, L1.Unreachable, L1.WrongChain, State.WrongChain
 */
export async function verifyChain(options: VerifyChainOptions): Promise<VerifiedChainHead> {
  const { deployment, urls, clock, logger, onProgress } = options;
  const { rollup } = deployment;
  const { beaconUrls, archiveUrls, dataDir } = options;
  const l1 = await openL1Access({ config: rollup, urls, beaconUrls, archiveUrls, dataDir, clock, logger });
  const { chain, executor, close } = await openChain(rollup, options.dataDir, {
    clock,
    logger,
    artifactPlaces: artifactPlaces(deployment, l1),
    derivesOnly: true,
  });
  const decoder = TransactionDecoder.forWaiting(logger);
  try {
    const verifier = new Verifier({
      config: rollup,
      source: l1.watcher,
      chain,
      executor,
      rules: executor,
      clock,
      logger,
      decoder,
      outputClaims: new DisputeGameClaims(l1.client, rollup.contracts.disputeGameFactory as Hex),
    });
    if (onProgress) verifier.progressed.on(({ l1Block, l1Head, l2Block }) => onProgress(l1Block, l1Head, l2Block));
    const { block, l1Block, batches, outputClaimsChecked, wrongOutputClaims, wrongBatchClaims } =
      await waitingForArtifacts(() => verifier.syncToL1Head(), clock, logger);
    return {
      blockNumber: block.header.number,
      blockHash: toHex(block.hash),
      l1Block: l1Block.number,
      batches,
      wrongBatchClaims: wrongBatchClaims.map(({ batchIndex, blockNumber, claimed, derived }) => ({
        batch: batchIndex,
        blockNumber,
        claimed: toHex(claimed),
        derived: toHex(derived),
      })),
      outputClaimsChecked,
      wrongOutputClaims: wrongOutputClaims.map(({ source }) => source),
    };
  } finally {
    await decoder.close();
    await close();
    await l1.close();
  }
}
