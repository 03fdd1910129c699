import type { Hex } from 'viem';
import { type Signer, signRaw } from '../../scripts/bench/signers';
import { fromHex, toHex } from '../../src/core/bytes';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { rpc } from './tributaryProcess';

const TRANSFER_GAS = 21_000n;
const RECEIVER = fromHex('0x00000000000000000000000000000000000000aa');
/** Raw transactions in one HTTP request, as a JSON-RPC batch. */
const BATCH_COUNT = 10;

/** Transfers at a steady rate from dev accounts that nobody else uses, until stopped. Every answer that is not a hash is a failed request. */
export class UpgradeLoad {
  /** How many transactions the node took. */
  accepted = 0;
  /** What came in place of a hash. */
  readonly failures: string[] = [];
  #stopping = false;
  #includedBefore = 0;
  #startedMs = 0;
  #stoppedMs = 0;
  #running: Promise<unknown> = Promise.resolve();

  /** @param perSecond over all senders */
  constructor(
    private readonly url: string,
    private readonly chainId: number,
    private readonly perSecond: number,
    private readonly senderCount: number,
    private readonly firstSender: number,
  ) {}

  async start(): Promise<this> {
    this.#includedBefore = await this.#nonces();
    this.#startedMs = performance.now();
    const accounts = devAccounts(this.senderCount, this.firstSender);
    this.#running = Promise.all(accounts.map(({ privateKey, account }) => this.#sendFrom(privateKey, account.address)));
    return this;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    this.#stoppedMs = performance.now();
  }

  /** That the node took, over the whole run. */
  transactionsPerSecond(): number {
    return (this.accepted * 1000) / (this.#stoppedMs - this.#startedMs);
  }

  /** How many are in blocks. */
  async included(): Promise<number> {
    return (await this.#nonces()) - this.#includedBefore;
  }

  async #nonces(): Promise<number> {
    const counts = devAccounts(this.senderCount, this.firstSender).map(({ account }) =>
      rpc<Hex>(this.url, 'eth_getTransactionCount', [account.address, 'latest']),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + Number(count), 0);
  }

  async #sendFrom(privateKey: Hex, address: Hex): Promise<void> {
    const nonce = Number(await rpc<Hex>(this.url, 'eth_getTransactionCount', [address, 'latest']));
    const signer: Signer = { privateKey: fromHex(privateKey), address: fromHex(address), nonce };
    const everyMs = (1000 * BATCH_COUNT * this.senderCount) / this.perSecond;
    for (let nextMs = performance.now(); !this.#stopping; nextMs += everyMs) {
      const waitMs = nextMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await this.#sendBatch(signer);
    }
  }

  async #sendBatch(signer: Signer): Promise<void> {
    const requests = Array.from({ length: BATCH_COUNT }, (_, id) => {
      const raw = signRaw(signer, this.chainId, {
        to: RECEIVER,
        value: 1n,
        gasLimit: TRANSFER_GAS,
        maxFeeWei: 20_000_000_000n,
      });
      return { jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [toHex(raw)] };
    });
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requests),
      });
      const answers = (await response.json()) as { result?: Hex; error?: { message: string } }[];
      for (const { result, error } of answers) {
        if (result) this.accepted++;
        else this.failures.push(error?.message ?? 'no answer');
      }
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}
