import { type Hex, keccak256, parseGwei } from 'viem';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { rpc } from './tributaryProcess';

const GAS_PRICE_WEI = parseGwei('20');
const TRANSFER_GAS = 21_000n;
/** Between two of a sender's, so that what a test has to look through does not grow with the machine. */
const PAUSE_MS = 20;

/**
 * Transfers from several dev accounts, one after the other each, until stopped; keeps what the node acknowledged. Every eighth funds a
 * fresh account that spends at once what it got, so that some transactions stand on others.
 */
export class TransferLoad {
  /** Hashes that the node has answered. */
  readonly acknowledged = new Set<Hex>();
  /** What the node answered instead, by its words, with counts. */
  readonly refusals = new Map<string, number>();
  #stopping = false;
  #running: Promise<unknown> = Promise.resolve();

  /** @param firstSender index of the first dev account used */
  constructor(
    private readonly url: string,
    private readonly chainId: number,
    private readonly senderCount: number,
    private readonly firstSender = 0,
  ) {}

  start(): this {
    this.#stopping = false;
    const accounts = devAccounts(this.senderCount, this.firstSender);
    this.#running = Promise.all(accounts.map(({ account }) => this.#sendFrom(account)));
    return this;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #sendFrom(account: PrivateKeyAccount): Promise<void> {
    for (let count = 0; !this.#stopping; count++) {
      try {
        if (count % 8 === 7) await this.#sendInARow(account);
        else await this.#send(account, '0x00000000000000000000000000000000000000aa', 1n);
      } catch (error) {
        const words = error instanceof Error ? error.message.replace(/0x[0-9a-f]+|\d+/g, '…') : String(error);
        this.refusals.set(words, (this.refusals.get(words) ?? 0) + 1);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #sendInARow(account: PrivateKeyAccount): Promise<void> {
    const fresh = privateKeyToAccount(generatePrivateKey());
    await this.#send(account, fresh.address, 2n * TRANSFER_GAS * GAS_PRICE_WEI);
    await this.#send(fresh, account.address, 1n);
  }

  async #send(from: PrivateKeyAccount, to: Hex, value: bigint): Promise<void> {
    const nonce = Number(await rpc<Hex>(this.url, 'eth_getTransactionCount', [from.address, 'pending']));
    const raw = await from.signTransaction({
      type: 'eip1559',
      chainId: this.chainId,
      nonce,
      to,
      value,
      gas: TRANSFER_GAS,
      maxFeePerGas: GAS_PRICE_WEI,
      maxPriorityFeePerGas: parseGwei('1'),
    });
    const hash = await rpc<Hex>(this.url, 'eth_sendRawTransaction', [raw]);
    if (hash !== keccak256(raw)) throw new Error(`expected the hash ${keccak256(raw)}, got ${hash}`);
    this.acknowledged.add(hash);
  }
}
