import { Agent, request } from 'node:http';

export const CONNECTION_COUNT = 4;
const ANSWER_TIMEOUT_MS = 120_000;

/** JSON-RPC over a few kept connections. */
export class JsonRpcClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTION_COUNT });

  constructor(readonly url: string) {}

  async call(method: string, params: unknown[] = []): Promise<unknown> {
    const answer = JSON.parse(await this.post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })));
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  /** A batch whose requests must all succeed. */
  async sendBatch(body: string): Promise<void> {
    const answers = JSON.parse(await this.post(body)) as { error?: { message: string } }[];
    const failed = answers.find((answer) => answer.error);
    if (failed) throw new Error(`a request of a batch failed: ${failed.error?.message}`);
  }

  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.url,
        {
          method: 'POST',
          agent: this.#agent,
          // anvil now and then never comes back from evm_mine.
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => resolve(Buffer.concat(chunks).toString()));
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Bodies of batches that send raw transactions. */
export function sendBodies(transactions: string[], batchSize: number): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < transactions.length; at += batchSize) {
    const batch = transactions.slice(at, at + batchSize);
    const requests = batch.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }));
    bodies.push(JSON.stringify(requests));
  }
  return bodies;
}
