import type { Block } from '../../codec/block';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import { findBlock } from '../blockLookup';
import type { ChainReader, RpcDependencies } from '../dependencies';
import { receiptJson } from '../json/receiptJson';
import { transactionJson } from '../json/transactionJson';
import type { RpcLimits } from '../limits';
import { type MethodGroup, method, parameter } from '../method';
import { blockNumberOrTag, bytes, count, hash, optional } from '../parameters';

const transactionHash = parameter('transactionHash', hash);
const index = parameter('index', count);
const rawTransaction = parameter('transaction', bytes);

export function transactionMethods({ chain, mempool }: Pick<RpcDependencies, 'chain' | 'mempool'>): MethodGroup {
  const inBlock = (block: Block | undefined, position: number) => {
    const transaction = block?.transactions[position];
    if (!block || !transaction) return null;
    const receipt = transaction.type === 0x7e ? chain.receipts(block.header.number)?.at(position) : undefined;
    return transactionJson(transaction, { block, index: position, depositNonce: receipt?.depositNonce });
  };
  const rawInBlock = (block: Block | undefined, position: number) => {
    const transaction = block?.transactions[position];
    return transaction ? toHex(transaction.raw) : null;
  };

  return {
    eth_getTransactionByHash: method([transactionHash], ([hash]) => {
      const location = chain.transactionLocation(hash);
      if (location) return inBlock(chain.blockByNumber(location.blockNumber), location.index);
      const waiting = mempool?.get(hash);
      return waiting ? transactionJson(waiting, undefined) : null;
    }),
    eth_getRawTransactionByHash: method([transactionHash], ([hash]) => {
      const location = chain.transactionLocation(hash);
      if (location) return rawInBlock(chain.blockByNumber(location.blockNumber), location.index);
      const waiting = mempool?.get(hash);
      return waiting ? toHex(waiting.raw) : null;
    }),
    eth_getTransactionByBlockHashAndIndex: method([parameter('blockHash', hash), index], ([hash, position]) =>
      inBlock(chain.blockByHash(hash), position),
    ),
    eth_getTransactionByBlockNumberAndIndex: method(
      [parameter('block', blockNumberOrTag), index],
      ([selector, position]) => inBlock(findBlock(chain, selector), position),
    ),
    eth_getTransactionReceipt: method([transactionHash], ([hash]) => receiptOf(chain, hash)),
  };
}

type SubmissionDependencies = Pick<RpcDependencies, 'chain' | 'clock'> & Required<Pick<RpcDependencies, 'submitter'>>;

export function submissionMethods(dependencies: SubmissionDependencies, limits: RpcLimits): MethodGroup {
  const { submitter } = dependencies;
  return {
    eth_sendRawTransaction: method([rawTransaction], async ([raw]) => toHex(await submitter.submit(raw))),
    /** EIP-7966. */
    eth_sendRawTransactionSync: method([rawTransaction, parameter('timeoutMs', optional(count))], ([raw, timeoutMs]) =>
      submitAndWait(dependencies, raw, Math.min(timeoutMs ?? limits.syncSendTimeoutMs, limits.syncSendTimeoutMsMax)),
    ),
  };
}

function receiptOf(chain: ChainReader, hash: Hash) {
  const location = chain.transactionLocation(hash);
  const block = location && chain.blockByNumber(location.blockNumber);
  const receipts = location && chain.receipts(location.blockNumber);
  return block && receipts ? receiptJson(block, receipts, location.index) : null;
}

/** @throws Rpc.ReceiptTimeout with the hash as data: the transaction may still get into a block */
async function submitAndWait({ chain, clock, submitter }: SubmissionDependencies, raw: Uint8Array, timeoutMs: number) {
  const hash = keccak256(raw);
  let stopListening: () => void = () => undefined;
  let cancelTimeout: () => void = () => undefined;
  try {
    const included = new Promise<void>((resolve) => {
      stopListening = chain.committed.on(({ block }) => {
        if (block.transactions.some((transaction) => equalBytes(transaction.hash, hash))) resolve();
      });
    });
    const timedOut = new Promise<never>((_, reject) => {
      cancelTimeout = clock.schedule(timeoutMs, () => reject(receiptTimeout(hash, timeoutMs)));
    });
    const submitted = submitter.submit(raw).then(() => (chain.transactionLocation(hash) ? undefined : included));
    await Promise.race([submitted, timedOut]);
    return receiptOf(chain, hash);
  } finally {
    stopListening();
    cancelTimeout();
  }
}

function receiptTimeout(hash: Hash, timeoutMs: number): TributaryError {
  const problem = `the transaction was added to the mempool but wasn't processed within ${timeoutMs} ms`;
  return new TributaryError('Rpc.ReceiptTimeout', problem, { details: { data: toHex(hash) } });
}
