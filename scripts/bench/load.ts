import { concatBytes, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { readArtifact } from './artifact';
import { CONNECTION_COUNT, JsonRpcClient, sendBodies } from './jsonRpcClient';
import { devSigners, freshAddress, type Message, type Signer, signRaw } from './signers';
import { transferData } from './tokenCalls';

/** One transaction per sender in each batch: Hardhat runs a batch's requests in no fixed order and refuses nonce gaps. */
export const SENDER_COUNT = 200;
const BATCH_SIZE = 50;
const RECEIPT_TIMEOUT_MS = 120_000;
const NUDGE_INTERVAL_MS = 1_000;
export const TRANSFER_GAS_LIMIT = 21_000n;
export const TOKEN_TRANSFER_GAS_LIMIT = 80_000n;

export interface LoadResult {
  transactionCount: number;
  /** From the first byte sent to the last receipt seen. */
  durationMs: number;
  perSecond: number;
  /** Blocks that hold them. */
  blockCount: number;
}

type Receipt = { status: string; contractAddress?: string };

/** A client that counts what a chain does with pre-signed transactions through JSON-RPC. */
export class Load {
  readonly client: JsonRpcClient;
  readonly #senders: Signer[];
  #chainId = 0;
  #recipientCount = 0;

  constructor(url: string, senders = devSigners(SENDER_COUNT)) {
    this.client = new JsonRpcClient(url);
    this.#senders = senders;
  }

  async start(): Promise<void> {
    this.#chainId = Number(await this.client.call('eth_chainId'));
    for (const sender of this.#senders) {
      sender.nonce = Number(await this.client.call('eth_getTransactionCount', [toHex(sender.address), 'latest']));
    }
  }

  /** Native transfers of 1 wei, each to an address never seen before. */
  signTransfers(count: number): string[] {
    return this.#sign(count, () => ({ to: this.#freshAddress(), value: 1n, gasLimit: TRANSFER_GAS_LIMIT }));
  }

  /** `transfer(fresh address, 1)` on one token. */
  signTokenTransfers(count: number, token: string): string[] {
    const to = fromHex(token);
    const gasLimit = TOKEN_TRANSFER_GAS_LIMIT;
    return this.#sign(count, () => ({ to, data: transferData(this.#freshAddress(), 1n), gasLimit }));
  }

  /** Deploys OpenZeppelin's ERC-20 and gives every sender a balance. @returns its address */
  async deployToken(): Promise<string> {
    const supply = toFixedBytes(10n ** 24n, 32);
    const token = await this.deploy(concatBytes(readArtifact('ExampleToken').creationCode, supply));
    const [first, ...others] = this.#senders;
    let last = '';
    for (const { address } of others) {
      last = await this.#send(first, {
        to: fromHex(token),
        data: transferData(address, 10n ** 20n),
        gasLimit: TOKEN_TRANSFER_GAS_LIMIT,
      });
    }
    await this.receipt(last);
    return token;
  }

  /** @returns the contract's address */
  async deploy(creationCode: Uint8Array): Promise<string> {
    const deployment = { to: undefined, data: creationCode, gasLimit: 4_000_000n };
    const receipt = await this.receipt(await this.#send(this.#senders[0], deployment));
    return receipt.contractAddress ?? '';
  }

  /** Sends in batches of 50 over 4 connections and waits until every sender's last transaction has its receipt. */
  async run(signed: string[]): Promise<LoadResult> {
    const bodies = Array.from({ length: CONNECTION_COUNT }, (_, connection) => requestBodies(signed, connection));
    const lastHashes = signed.slice(-SENDER_COUNT).map((raw) => toHex(keccak256(fromHex(raw))));
    const blockBefore = Number(await this.client.call('eth_blockNumber'));
    const startedMs = performance.now();
    await Promise.all(
      bodies.map(async (own) => {
        for (const body of own) await this.client.sendBatch(body);
      }),
    );
    for (const hash of lastHashes) await this.receipt(hash);
    const durationMs = performance.now() - startedMs;
    const blockCount = Number(await this.client.call('eth_blockNumber')) - blockBefore;
    return { transactionCount: signed.length, durationMs, perSecond: (signed.length / durationMs) * 1000, blockCount };
  }

  /** Waits for a receipt, of success. */
  async receipt(hash: string): Promise<Receipt> {
    const startedMs = Date.now();
    let nudgeCount = 0;
    while (Date.now() < startedMs + RECEIPT_TIMEOUT_MS) {
      const receipt = (await this.client.call('eth_getTransactionReceipt', [hash])) as Receipt | null;
      if (receipt?.status === '0x1') return receipt;
      if (receipt) throw new Error(`transaction ${hash} failed`);
      // anvil now and then leaves pooled transactions until something new comes: do it the kindness of asking for a block.
      if (Date.now() > startedMs + NUDGE_INTERVAL_MS * (nudgeCount + 1)) {
        nudgeCount++;
        await this.client.call('evm_mine').catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`no receipt of ${hash} within two minutes`);
  }

  close(): void {
    this.client.close();
  }

  #freshAddress(): Uint8Array {
    return freshAddress(this.#recipientCount++);
  }

  #sign(count: number, next: () => Message): string[] {
    return Array.from({ length: count }, (_, i) => this.#signOne(this.#senders[i % this.#senders.length], next()));
  }

  #signOne(sender: Signer, message: Message): string {
    return toHex(signRaw(sender, this.#chainId, message));
  }

  async #send(sender: Signer, message: Message): Promise<string> {
    return (await this.client.call('eth_sendRawTransaction', [this.#signOne(sender, message)])) as string;
  }
}

/** A sender's transactions stay on one connection, in nonce order. */
function requestBodies(signed: string[], connection: number): string[] {
  const own = signed.filter((_, i) => (i % SENDER_COUNT) % CONNECTION_COUNT === connection);
  return sendBodies(own, BATCH_SIZE);
}
