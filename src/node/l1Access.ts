import { join } from 'node:path';
import type { Hex } from 'viem';
import type { ChainConfig } from '../chain/chainConfig';
import type { Clock, Logger } from '../core/ports';
import { AnvilBlobSource } from '../l1/blobs/anvilBlobSource';
import { ArchiveBlobSource } from '../l1/blobs/archiveBlobSource';
import { BeaconBlobSource } from '../l1/blobs/beaconBlobSource';
import { BlobArchive } from '../l1/blobs/blobArchive';
import { BlobKzg } from '../l1/blobs/blobKzg';
import { BlobReader } from '../l1/blobs/blobReader';
import { L1BlockReader } from '../l1/l1BlockReader';
import { L1Client } from '../l1/l1Client';
import { L1Watcher } from '../l1/l1Watcher';

export interface L1AccessOptions {
  config: ChainConfig;
  urls: string[];
  /** Blobs are kept in the folder `blobs` in it. */
  dataDir: string;
  /** Beacon APIs of consensus clients. */
  beaconUrls?: string[];
  /** Other nodes that keep blobs. */
  archiveUrls?: string[];
  clock: Clock;
  logger: Logger;
  pollIntervalMs?: number;
  confirmations?: number;
}

/** One connection to the L1 and the readers over it. */
export interface L1Access {
  client: L1Client;
  reader: L1BlockReader;
  watcher: L1Watcher;
  /** What the node posts or reads is kept here. */
  archive: BlobArchive;
  kzg: BlobKzg;
  close(): Promise<void>;
}

/** @throws L1.Unreachable, L1.WrongChain */
export async function openL1Access(options: L1AccessOptions): Promise<L1Access> {
  const { config, urls, clock, pollIntervalMs, confirmations } = options;
  const logger = options.logger.child({ room: 'l1' });
  const client = await L1Client.connect({ urls, chainId: config.l1ChainId, clock, logger });
  const archive = new BlobArchive(join(options.dataDir, 'blobs'));
  const kzg = new BlobKzg();
  const anvil = await AnvilBlobSource.of(client);
  const sources = [
    ...(options.beaconUrls ?? []).map((url) => new BeaconBlobSource(url)),
    ...(options.archiveUrls ?? []).map((url) => new ArchiveBlobSource(url)),
    ...(anvil ? [anvil] : []),
  ];
  const contracts = {
    portal: config.contracts.portal as Hex,
    inbox: config.contracts.inbox as Hex,
    moduleRegistry: config.contracts.moduleRegistry as Hex | undefined,
    systemConfig: config.contracts.systemConfig as Hex | undefined,
  };
  const blobs = new BlobReader({ archive, sources, kzg, clock, logger });
  const reader = new L1BlockReader(client, contracts, blobs);
  const watcher = new L1Watcher({ reader, clock, logger, pollIntervalMs, confirmations });
  return { client, reader, watcher, archive, kzg, close: () => kzg.close() };
}
