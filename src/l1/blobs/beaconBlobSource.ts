import { z } from 'zod';
import { BLOB_SIZE_BYTES } from '../../codec/blob/blobPacking';
import { fromHex, toHex } from '../../core/bytes';
import { redactUrl } from '../redactUrl';
import type { BlobCandidate, BlobRequest, BlobSource } from './blobSource';
import { blobSourceFault, fetchBounded } from './fetchBounded';

/** An L1 block's blobs in hex, 72 of them: more than any fork that is planned. */
const ANSWER_SIZE_BYTES_MAX = 72 * (2 * BLOB_SIZE_BYTES + 4_096);
const HEAD_SIZE_BYTES_MAX = 256 * 1024;

const bytes = (sizeBytes: number) => z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * sizeBytes}}$`));
const genesisAnswer = z.object({ data: z.object({ genesis_time: z.coerce.number().int().min(0) }) });
const specAnswer = z.object({ data: z.object({ SECONDS_PER_SLOT: z.coerce.number().int().min(1) }) });
const sidecarsAnswer = z.object({
  data: z.array(z.object({ blob: bytes(BLOB_SIZE_BYTES), kzg_commitment: bytes(48), kzg_proof: bytes(48) })),
});
const blobsAnswer = z.object({ data: z.array(bytes(BLOB_SIZE_BYTES)) });

/**
 * A consensus client's beacon API. Asks `blob_sidecars` first, whose proofs make a check quick, and `blobs` where that is gone (Fusaka
 * deprecated it) or empty. Blocks are named by slot; anvil, which serves the API without slots, gets the hash of its own block.
 */
export class BeaconBlobSource implements BlobSource {
  readonly name: string;
  readonly #url: string;
  readonly #timeoutMs: number;
  #slots: { genesisTime: number; secondsPerSlot: number } | 'none' | undefined;
  #hasSidecars = true;

  /** @param url of the API, without `/eth/v1` */
  constructor(url: string, timeoutMs = 15_000) {
    this.name = `beacon ${redactUrl(url)}`;
    this.#url = url.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
  }

  async find(request: BlobRequest): Promise<BlobCandidate[]> {
    const block = await this.#blockId(request);
    const sidecars = this.#hasSidecars ? await this.#sidecars(block) : [];
    return sidecars.length > 0 ? sidecars : this.#blobs(block, request);
  }

  async #sidecars(block: string): Promise<BlobCandidate[]> {
    const answer = await this.#get(`/eth/v1/beacon/blob_sidecars/${block}`, sidecarsAnswer, ANSWER_SIZE_BYTES_MAX);
    if (typeof answer !== 'number') {
      return answer.data.map(({ blob, kzg_commitment, kzg_proof }) => ({
        blob: fromHex(blob),
        evidence: { commitment: fromHex(kzg_commitment), proof: fromHex(kzg_proof) },
      }));
    }
    // 404 also says that it lacks this block.
    if (answer !== 404) this.#hasSidecars = false;
    return [];
  }

  async #blobs(block: string, { versionedHashes }: BlobRequest): Promise<BlobCandidate[]> {
    const query = versionedHashes.map((hash) => `versioned_hashes=${toHex(hash)}`).join('&');
    const answer = await this.#get(`/eth/v1/beacon/blobs/${block}?${query}`, blobsAnswer, ANSWER_SIZE_BYTES_MAX);
    return typeof answer === 'number' ? [] : answer.data.map((blob) => ({ blob: fromHex(blob) }));
  }

  async #blockId({ block }: BlobRequest): Promise<string> {
    this.#slots ??= await this.#readSlots();
    if (this.#slots === 'none') return toHex(block.hash);
    const { genesisTime, secondsPerSlot } = this.#slots;
    return String(Math.max(0, Math.floor((block.timestamp - genesisTime) / secondsPerSlot)));
  }

  async #readSlots(): Promise<{ genesisTime: number; secondsPerSlot: number } | 'none'> {
    const spec = await this.#get('/eth/v1/config/spec', specAnswer, HEAD_SIZE_BYTES_MAX);
    if (spec === 404) return 'none';
    const genesis = await this.#get('/eth/v1/beacon/genesis', genesisAnswer, HEAD_SIZE_BYTES_MAX);
    if (typeof spec === 'number' || typeof genesis === 'number') {
      throw blobSourceFault(`HTTP status ${typeof spec === 'number' ? spec : genesis} for the chain's parameters`);
    }
    return { genesisTime: genesis.data.genesis_time, secondsPerSlot: spec.data.SECONDS_PER_SLOT };
  }

  /** @returns the status where it is another than 200 */
  async #get<Schema extends z.ZodType>(
    path: string,
    schema: Schema,
    sizeBytesMax: number,
  ): Promise<z.output<Schema> | number> {
    const { status, body } = await fetchBounded(new URL(this.#url + path), sizeBytesMax, this.#timeoutMs);
    if (status !== 200) return status;
    let json: unknown;
    try {
      json = JSON.parse(new TextDecoder().decode(body));
    } catch {
      throw blobSourceFault('expected JSON');
    }
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw blobSourceFault(`unexpected answer: ${parsed.error.issues[0]?.path.join('.')}`);
    return parsed.data;
  }
}
