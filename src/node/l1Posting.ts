import type { Hex } from 'viem';
import { Batcher } from '../batcher/batcher';
import type { DerivedChain } from '../batcher/batcherPorts';
import { equalBytes } from '../core/bytes';
import type { Clock } from '../core/ports';
import { sleep } from '../l1/backoff';
import { inboxAbi } from '../l1/bindings/Inbox';
import type { BlobPosting } from '../l1/blobs/blobSidecar';
import { OUTPUT_CLAIM_GAME_TYPE } from '../l1/deployment/contractsConfig';
import { readL1Prices } from '../l1/l1Prices';
import { L1TransactionSender } from '../l1/l1TransactionSender';
import type { SigningAccount } from '../l1/signTransaction';
import { Proposer } from '../settlement/proposer';
import type { VerifierProgress } from '../verifier/verifierPorts';
import { BatcherGate } from './batcherGate';
import type { L1Access } from './l1Access';
import type { MetricSource } from './metrics';
import type { NodeFoundation } from './nodeFoundation';

/** What the node's own verifier has derived. */
interface VerifiedProgress extends DerivedChain {
  progress(): VerifierProgress | undefined;
}

/** Between looks whether derivation has noticed an L1 reorganization. */
const REORG_POLL_MS = 100;

/** Starts the batcher with its own key; it posts whenever the Inbox lets it. @returns its metrics */
export async function startBatcher(
  context: NodeFoundation,
  account: SigningAccount,
  derived: VerifiedProgress,
): Promise<MetricSource[]> {
  const { options, l1, open, teardown } = context;
  const { rollup } = options.deployment;
  const sender = await openSender(context, account, 'batcher', { kzg: l1.kzg, archive: l1.archive });
  const createBatcher = () =>
    new Batcher({
      chain: open.chain,
      derived,
      sender,
      l1HeadNumber: () => headSeenByDerivation(l1, derived, options.clock),
      inbox: rollup.contracts.inbox as Hex,
      l2ChainId: rollup.l2ChainId,
      decodedSizeBytesMax: rollup.batchDecompressedSizeBytesMax,
      clock: options.clock,
      logger: options.logger.child({ room: 'batcher' }),
      maxAgeMs: options.config.batchAgeMsMax,
      // A blob costs a second of processor time, which a dev machine has better use for.
      dataAvailability: options.config.dataAvailability ?? (options.config.dev ? 'calldata' : 'auto'),
      prices: () => readL1Prices(l1.client),
    });
  const logger = options.logger.child({ room: 'batcher' });
  const inbox = { address: rollup.contracts.inbox as Hex, abi: inboxAbi } as const;
  const gate = new BatcherGate({
    create: createBatcher,
    mayPost: () =>
      l1.client.read((viem) => viem.readContract({ ...inbox, functionName: 'mayPost', args: [account.address] })),
    clock: options.clock,
    logger,
    closedPollMs: options.config.l1PollIntervalMs,
  });
  gate.start();
  teardown.add(() => gate.stop());
  const status = () => gate.status();
  return [
    {
      name: 'batcher_permitted',
      help: '1 while the Inbox takes batches of this account',
      read: () => (gate.isOpen ? 1 : 0),
    },
    {
      name: 'batcher_unposted_blocks',
      help: 'Sealed blocks that no batch holds yet',
      read: () => status()?.unpostedBlockCount,
    },
    { name: 'batcher_batches_total', help: 'Batches posted since start', read: () => status()?.batchesPosted },
    { name: 'batcher_blobs_total', help: 'Blobs posted since start', read: () => status()?.blobsPosted },
    { name: 'batcher_bytes_total', help: 'Bytes of batches posted since start', read: () => status()?.bytesPosted },
    {
      name: 'batcher_l1_gas_total',
      help: 'L1 gas used by batches since start',
      read: () => optionalNumber(status()?.l1GasUsed),
    },
    { name: 'batcher_restarts_total', help: 'Batches posted anew since start', read: () => status()?.restarts },
  ];
}

/** Starts the proposer with its own key. @returns its metrics */
export async function startProposer(context: NodeFoundation, account: SigningAccount): Promise<MetricSource[]> {
  const { options, l1, open, teardown } = context;
  const proposer = new Proposer({
    chain: open.chain,
    // A dev L1 does not reorganize by itself, and nobody wants to wait for its finality.
    claims: options.config.dev ? 'safe' : 'finalized',
    l1: l1.client,
    sender: await openSender(context, account, 'proposer'),
    disputeGameFactory: options.deployment.rollup.contracts.disputeGameFactory as Hex,
    gameType: OUTPUT_CLAIM_GAME_TYPE,
    clock: options.clock,
    logger: options.logger.child({ room: 'proposer' }),
    intervalMs: options.config.proposalIntervalMs,
  });
  proposer.start();
  teardown.add(() => proposer.stop());
  const status = () => proposer.status();
  return [
    { name: 'proposer_block_number', help: 'Newest block claimed on L1', read: () => status().lastProposedBlock },
    { name: 'proposer_claims_total', help: 'Output roots claimed since start', read: () => status().claimsMade },
    { name: 'proposer_open_games', help: 'Own claims whose bond is out', read: () => status().openGames },
  ];
}

/**
 * The L1's head, once what derivation knows at this height or above is of the same chain: just after an L1 reorganization it still tells of
 * blocks that are gone, and a batch behind those would be ignored.
 */
async function headSeenByDerivation(l1: L1Access, derived: VerifiedProgress, clock: Clock): Promise<number> {
  for (;;) {
    const head = await l1.reader.latest();
    const progress = derived.progress();
    if (!progress || progress.l1Block < head.number) return head.number;
    const block = await l1.reader.block(progress.l1Block);
    if (block && equalBytes(block.hash, progress.l1Hash)) return head.number;
    await sleep(clock, REORG_POLL_MS);
  }
}

async function openSender(
  { options, l1, open, teardown }: NodeFoundation,
  account: SigningAccount,
  room: string,
  blobs?: BlobPosting,
): Promise<L1TransactionSender> {
  const sender = await L1TransactionSender.open({
    l1: l1.client,
    account,
    store: open.store,
    clock: options.clock,
    logger: options.logger.child({ room }),
    pollIntervalMs: options.config.l1PollIntervalMs,
    blobs,
  });
  teardown.add(() => sender.stop());
  return sender;
}

function optionalNumber(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}
