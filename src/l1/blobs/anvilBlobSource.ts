import { fromHex, toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import type { L1Client } from '../l1Client';
import type { BlobCandidate, BlobRequest, BlobSource } from './blobSource';
import { blobSourceFault } from './fetchBounded';

/** For development: anvil keeps its blobs and gives them out over JSON-RPC (`anvil_getBlobByHash`). */
export class AnvilBlobSource implements BlobSource {
  readonly name = 'anvil';
  readonly #l1: L1Client;

  private constructor(l1: L1Client) {
    this.#l1 = l1;
  }

  /** @returns undefined where the L1 is another program. @throws L1.Unreachable */
  static async of(l1: L1Client): Promise<AnvilBlobSource | undefined> {
    const source = new AnvilBlobSource(l1);
    try {
      return (await source.#ask('web3_clientVersion', [])).startsWith('anvil/') ? source : undefined;
    } catch (error) {
      if (error instanceof TributaryError) throw error;
      return undefined; // an L1 that does not tell
    }
  }

  async find({ versionedHashes }: BlobRequest): Promise<BlobCandidate[]> {
    const candidates: BlobCandidate[] = [];
    try {
      for (const hash of versionedHashes) {
        const blob = await this.#ask('anvil_getBlobByHash', [toHex(hash)]);
        if (blob.startsWith('0x')) candidates.push({ blob: fromHex(blob) });
      }
    } catch (error) {
      throw blobSourceFault(errorMessage(error));
    }
    return candidates;
  }

  /** @returns the empty string for anything but a string */
  async #ask(method: string, params: unknown[]): Promise<string> {
    const request = { method, params } as never;
    const answer: unknown = await this.#l1.read((viem) => viem.request(request));
    return typeof answer === 'string' ? answer : '';
  }
}
