import type { Hex } from 'viem';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { rpc, until } from './tributaryProcess';

/** Calldata on which v3 traps and v5 never comes back. */
const MAGIC = '0xdeadc0de';

/** Transactions with `MAGIC`, from an account that nobody else uses: one in each block while it runs. */
export class MagicCalls {
  #isStopping = false;
  #running: Promise<number> = Promise.resolve(0);

  constructor(
    private readonly url: string,
    private readonly chainId: number,
    private readonly sender: number,
  ) {}

  start(): void {
    this.#isStopping = false;
    this.#running = this.#run();
    // Seen by who stops it.
    this.#running.catch(() => undefined);
  }

  /** @returns number of the last block with one */
  stop(): Promise<number> {
    this.#isStopping = true;
    return this.#running;
  }

  async #run(): Promise<number> {
    let last = 0;
    while (!this.#isStopping) last = await this.send();
    return last;
  }

  /** One of them. @returns its block's number */
  async send(): Promise<number> {
    const { account } = devAccounts(1, this.sender)[0];
    const nonce = Number(await rpc<Hex>(this.url, 'eth_getTransactionCount', [account.address, 'pending']));
    const raw = await account.signTransaction({
      ...{ type: 'eip1559', chainId: this.chainId, nonce, to: account.address, data: MAGIC, gas: 100_000n },
      ...{ maxFeePerGas: 20_000_000_000n, maxPriorityFeePerGas: 1_000_000_000n },
    });
    const hash = await rpc<Hex>(this.url, 'eth_sendRawTransaction', [raw]);
    let receipt: { blockNumber: Hex; status: Hex } | null = null;
    await until(
      'the transaction is included',
      async () => {
        receipt = await rpc(this.url, 'eth_getTransactionReceipt', [hash]);
        return receipt !== null;
      },
      60_000,
    );
    const { blockNumber, status } = receipt as unknown as { blockNumber: Hex; status: Hex };
    if (status !== '0x1') throw new Error(`${hash} failed`);
    return Number(blockNumber);
  }
}
