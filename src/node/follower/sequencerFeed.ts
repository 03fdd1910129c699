import { z } from 'zod';
import { fromHex, type Hash } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import { redactUrl } from '../../l1/redactUrl';

/** A block as the sequencer says it sealed it. Nothing of it is checked yet but its form. */
export interface FedBlock {
  number: number;
  hash: Hash;
  parentHash: Hash;
  /** Seconds. */
  timestamp: number;
  l1Origin: { number: number; hash: Hash };
  /** Raw, without deposits. */
  transactions: Uint8Array[];
  /** Encoded (EIP-7928), where it was asked for and the sequencer has it. Executing it again is faster with it. */
  accessList?: Uint8Array;
}

/** The sequencer as its followers see it. */
export interface SequencerFeed {
  /** @throws Follower.SequencerUnreachable (`retry`) */
  head(): Promise<{ number: number; hash: Hash }>;
  /**
   * Blocks from number `first` on, as many as the sequencer gives at once; none when it has none.
   * @throws Follower.SequencerUnreachable (`retry`)
   */
  blocks(first: number, countMax: number): Promise<FedBlock[]>;
}

const REQUEST_TIMEOUT_MS = 15_000;
/** Hex of the 2 MiB that a sequencer puts in an answer, with more for a last block, its access list and JSON. */
const ANSWER_SIZE_BYTES_MAX = 24 * 1024 * 1024;

const data = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/)
  .transform((text) => fromHex(text as `0x${string}`));
const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => fromHex(text as `0x${string}`));
const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,13}$/)
  .transform(Number);
const blockReference = z.object({ number: quantity, hash });
const fedBlock = z.object({
  number: quantity,
  hash,
  parentHash: hash,
  timestamp: quantity,
  l1Origin: blockReference,
  transactions: z.array(data),
  accessList: data.optional(),
});
const chainInfo = z.object({ latest: blockReference });

/** Over the sequencer node's JSON-RPC. Answers are bounded in time and size, and untrusted. */
export class RpcSequencerFeed implements SequencerFeed {
  /** @param withAccessLists ask for them, too: for an executor that makes use of them */
  constructor(
    private readonly url: string,
    private readonly withAccessLists: boolean,
  ) {}

  async head(): Promise<{ number: number; hash: Hash }> {
    return (await this.#request('tributary_chainInfo', [], chainInfo)).latest;
  }

  blocks(first: number, countMax: number): Promise<FedBlock[]> {
    return this.#request(
      'tributary_sealedBlocks',
      [first, countMax, this.withAccessLists],
      z.array(fedBlock).max(countMax),
    );
  }

  async #request<Schema extends z.ZodType>(
    method: string,
    params: unknown[],
    schema: Schema,
  ): Promise<z.output<Schema>> {
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const answer = JSON.parse(await boundedText(response)) as { result?: unknown; error?: { message?: string } };
      if (answer.error) throw new TypeError(`it answers: ${answer.error.message}`);
      return schema.parse(answer.result);
    } catch (cause) {
      throw new TributaryError(
        'Follower.SequencerUnreachable',
        `the sequencer at ${redactUrl(this.url)} did not answer ${method}: ${errorMessage(cause)}`,
        { recovery: 'retry', cause },
      );
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    sizeBytes += part.value.length;
    if (sizeBytes > ANSWER_SIZE_BYTES_MAX) {
      await reader?.cancel();
      throw new RangeError(`the answer is larger than ${ANSWER_SIZE_BYTES_MAX} bytes`);
    }
    chunks.push(part.value);
  }
  return Buffer.concat(chunks).toString();
}
