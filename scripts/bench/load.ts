import { Agent, request } from 'node:http';
import secp256k1 from 'secp256k1';
import {
  bytesToHex,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  parseAbi,
  serializeTransaction,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';

const MNEMONIC = 'test test test test test test test test test test test junk';
/** One transaction per sender in each batch: Hardhat runs a batch's requests in no fixed order and refuses nonce gaps. */
export const SENDER_COUNT = 200;
const BATCH_SIZE = 50;
const CONNECTION_COUNT = 4;
const RECEIPT_TIMEOUT_MS = 120_000;
const NUDGE_INTERVAL_MS = 1_000;
const MAX_FEE_WEI = 1_000_000_000_000n;

export interface LoadResult {
  transactionCount: number;
  /** From the first byte sent to the last receipt seen. */
  durationMs: number;
  perSecond: number;
  /** Blocks that hold them. */
  blockCount: number;
}

type Receipt = { status: string; contractAddress?: string };
type Transaction = { to: Hex; value: bigint; data?: Hex; gas: bigint };

/** A client that counts what a chain does with pre-signed transactions through JSON-RPC. */
export class Load {
  readonly #senders = Array.from({ length: SENDER_COUNT }, (_, index) => {
    const account = mnemonicToAccount(MNEMONIC, { addressIndex: index });
    return { address: account.address, privateKey: account.getHdKey().privateKey as Uint8Array, nonce: 0 };
  });
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTION_COUNT });
  #chainId = 0;
  #recipients = 0n;

  constructor(readonly url: string) {}

  async start(): Promise<void> {
    this.#chainId = Number(await this.call('eth_chainId'));
    for (const sender of this.#senders) {
      sender.nonce = Number(await this.call('eth_getTransactionCount', [sender.address, 'latest']));
    }
  }

  /** Native transfers of 1 wei, each to an address never seen before. */
  signTransfers(count: number): Hex[] {
    return this.#sign(count, () => ({ to: this.#freshAddress(), value: 1n, gas: 21_000n }));
  }

  /** `transfer(fresh address, 1)` on one token. */
  signTokenTransfers(count: number, token: Hex): Hex[] {
    const abi = parseAbi(['function transfer(address to, uint256 amount) returns (bool)']);
    return this.#sign(count, () => ({
      to: token,
      value: 0n,
      gas: 80_000n,
      data: encodeFunctionData({ abi, functionName: 'transfer', args: [this.#freshAddress(), 1n] }),
    }));
  }

  /** Deploys OpenZeppelin's ERC-20 and gives every sender a balance. @returns its address */
  async deployToken(bytecode: Hex): Promise<Hex> {
    const [first] = this.#senders;
    const supply = encodeAbiParameters([{ type: 'uint256' }], [10n ** 24n]);
    const deploy = this.#signOne(first, {
      to: '0x' as Hex,
      value: 0n,
      data: (bytecode + supply.slice(2)) as Hex,
      gas: 3_000_000n,
    });
    const receipt = await this.#receipt((await this.call('eth_sendRawTransaction', [deploy])) as Hex);
    const token = receipt.contractAddress as Hex;
    const abi = parseAbi(['function transfer(address to, uint256 amount) returns (bool)']);
    for (const sender of this.#senders.slice(1)) {
      const data = encodeFunctionData({ abi, functionName: 'transfer', args: [sender.address, 10n ** 20n] });
      const hash = await this.call('eth_sendRawTransaction', [
        this.#signOne(first, { to: token, value: 0n, data, gas: 80_000n }),
      ]);
      await this.#receipt(hash as Hex);
    }
    return token;
  }

  /** Sends in batches of 50 over 4 connections and waits until every sender's last transaction has its receipt. */
  async run(signed: Hex[]): Promise<LoadResult> {
    const connections = Array.from({ length: CONNECTION_COUNT }, (_, connection) => requestBodies(signed, connection));
    const blockBefore = Number(await this.call('eth_blockNumber'));
    const startedMs = performance.now();
    const send = async (bodies: string[]) => {
      for (const body of bodies) {
        const answers = JSON.parse(await this.#post(body)) as { error?: { message: string } }[];
        const failed = answers.find((answer) => answer.error);
        if (failed) throw new Error(`a transaction was refused: ${failed.error?.message}`);
      }
    };
    await Promise.all(connections.map(send));
    for (const raw of signed.slice(-SENDER_COUNT)) await this.#receipt(keccak256(raw));
    const durationMs = performance.now() - startedMs;
    const blockCount = Number(await this.call('eth_blockNumber')) - blockBefore;
    return { transactionCount: signed.length, durationMs, perSecond: (signed.length / durationMs) * 1000, blockCount };
  }

  async call(method: string, params: unknown[] = []): Promise<unknown> {
    const answer = JSON.parse(await this.#post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #receipt(hash: Hex): Promise<Receipt> {
    const startedMs = Date.now();
    let nudges = 0;
    while (Date.now() < startedMs + RECEIPT_TIMEOUT_MS) {
      const receipt = (await this.call('eth_getTransactionReceipt', [hash])) as Receipt | null;
      if (receipt?.status === '0x1') return receipt;
      if (receipt) throw new Error(`transaction ${hash} failed`);
      // anvil now and then leaves pooled transactions until something new comes: do it the kindness of asking for a block.
      if (Date.now() > startedMs + NUDGE_INTERVAL_MS * (nudges + 1)) {
        nudges++;
        await this.call('evm_mine').catch(() => undefined);
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`no receipt of ${hash} within two minutes`);
  }

  #freshAddress(): Hex {
    this.#recipients++;
    return keccak256(`0x${this.#recipients.toString(16).padStart(64, '0')}`).slice(0, 42) as Hex;
  }

  #sign(count: number, next: () => Transaction): Hex[] {
    return Array.from({ length: count }, (_, i) => this.#signOne(this.#senders[i % SENDER_COUNT], next()));
  }

  #signOne(sender: { privateKey: Uint8Array; nonce: number }, { to, value, data, gas }: Transaction): Hex {
    const transaction = {
      type: 'eip1559',
      chainId: this.#chainId,
      nonce: sender.nonce++,
      to: to === '0x' ? null : to,
      value,
      data,
      gas,
      maxFeePerGas: MAX_FEE_WEI,
      maxPriorityFeePerGas: 1_000_000_000n,
    } as const;
    const digest = keccak256(serializeTransaction(transaction), 'bytes');
    const { signature, recid } = secp256k1.ecdsaSign(digest, sender.privateKey);
    return serializeTransaction(transaction, {
      r: bytesToHex(signature.subarray(0, 32)),
      s: bytesToHex(signature.subarray(32)),
      yParity: recid,
    });
  }

  #post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.url,
        {
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

/** A sender's transactions stay on one connection, in nonce order. */
function requestBodies(signed: Hex[], connection: number): string[] {
  const own = signed.filter((_, i) => (i % SENDER_COUNT) % CONNECTION_COUNT === connection);
  const bodies: string[] = [];
  for (let at = 0; at < own.length; at += BATCH_SIZE) {
    const batch = own.slice(at, at + BATCH_SIZE);
    bodies.push(
      JSON.stringify(batch.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }))),
    );
  }
  return bodies;
}
