import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BLOB_SIZE_BYTES, packBlobs } from '../../../src/codec/blob/blobPacking';
import { type Hash, toHex, ZERO_HASH } from '../../../src/core/bytes';
import type { TributaryError } from '../../../src/core/errors';
import { ArchiveBlobSource, encodeArchivedBlob } from '../../../src/l1/blobs/archiveBlobSource';
import { BeaconBlobSource } from '../../../src/l1/blobs/beaconBlobSource';
import { BlobArchive } from '../../../src/l1/blobs/blobArchive';
import type { BlobEvidence } from '../../../src/l1/blobs/blobKzg';
import { BlobReader } from '../../../src/l1/blobs/blobReader';
import type { BlobCandidate, BlobRequest, BlobSource } from '../../../src/l1/blobs/blobSource';
import { commitmentOf, isProofRight, proofOf, versionedHashOf } from '../../../src/l1/blobs/kzg';
import { silentLogger } from '../l1Fixture';

const GENESIS_TIME = 1_600_000_000;
const NOW_SECONDS = GENESIS_TIME + 12 * 1_000_000;
const BLOCK = { number: 77, hash: ZERO_HASH, timestamp: NOW_SECONDS - 12 };
const DAY_SECONDS = 86_400;

/** On this thread. */
const kzg = {
  checks: 0,
  async check(blob: Uint8Array, { commitment, proof }: BlobEvidence) {
    this.checks++;
    return isProofRight(blob, commitment, proof);
  },
  async identify(blob: Uint8Array) {
    const commitment = commitmentOf(blob);
    return commitment && versionedHashOf(commitment);
  },
};

describe('l1/blobs reading', function () {
  this.timeout(30_000);
  const sealed = [1, 2, 3].map((byte) => {
    const [blob] = packBlobs(new Uint8Array(50).fill(byte));
    const commitment = commitmentOf(blob) ?? new Uint8Array();
    return { blob, hash: versionedHashOf(commitment), evidence: { commitment, proof: proofOf(blob, commitment) } };
  });
  const [first, second, third] = sealed;
  let folder: string;
  let archive: BlobArchive;
  let server: Server;
  let url: string;
  /** By path and query; a number is a status. */
  let answers: (path: string) => unknown;
  let asked: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-blobs-'));
    archive = new BlobArchive(folder);
    asked = [];
    answers = () => 404;
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const answer = answers(request.url ?? '');
      if (typeof answer === 'number') response.writeHead(answer).end();
      else response.end(answer instanceof Uint8Array ? answer : JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function reader(sources: BlobSource[]): BlobReader {
    const clock = { nowMs: () => NOW_SECONDS * 1000 } as ConstructorParameters<typeof BlobReader>[0]['clock'];
    return new BlobReader({ archive, sources, kzg, clock, logger: silentLogger });
  }

  function source(name: string, find: (request: BlobRequest) => BlobCandidate[]): BlobSource & { requests: number } {
    return {
      name,
      requests: 0,
      async find(request) {
        this.requests++;
        return find(request);
      },
    };
  }

  const request = (hashes: Hash[], timestamp = BLOCK.timestamp) => ({
    block: { ...BLOCK, timestamp },
    versionedHashes: hashes,
  });

  async function rejection(promise: Promise<unknown>): Promise<TributaryError> {
    return promise.then(
      () => expect.fail('it resolved'),
      (error) => error,
    );
  }

  it('takes blobs from the archive first, then from each source what is missing still, and keeps them', async () => {
    await archive.put(first.hash, first);
    const [one, two] = [source('one', () => [second]), source('two', () => [{ blob: third.blob }])];
    const hashes = [third.hash, first.hash, second.hash, first.hash];
    const blobs = await reader([one, two]).read(request(hashes));
    expect(blobs).to.deep.equal([third.blob, first.blob, second.blob, first.blob]);
    expect(await reader([one, two]).read(request(hashes))).to.deep.equal(blobs);
    expect([one.requests, two.requests]).to.deep.equal([1, 1]);
  });

  it('takes no blob that is another, with or without evidence, and no evidence that is wrong', async () => {
    const changed = first.blob.slice();
    changed[40] ^= 1;
    for (const candidate of [
      { blob: changed },
      { blob: changed, evidence: first.evidence },
      second,
      { blob: new Uint8Array(BLOB_SIZE_BYTES).fill(0xff) },
      { blob: first.blob.subarray(1) },
    ]) {
      const error = await rejection(reader([source('liar', () => [candidate])]).read(request([first.hash])));
      expect(error).to.include({ code: 'L1.BlobUnavailable', recovery: 'retry' });
      expect(error.shortMessage).to.match(/^blob 0x01\w{6}… of L1 block 77 cannot be had: liar: gave others$/);
    }
    // A right blob with another's proof is still the blob.
    const evidence = { ...first.evidence, proof: second.evidence.proof };
    const found = await reader([source('odd', () => [{ blob: first.blob, evidence }])]).read(request([first.hash]));
    expect(found).to.deep.equal([first.blob]);
  });

  it('waits for what may come, and halts only where nobody has what L1 may have forgotten', async () => {
    const empty = source('beacon', () => []);
    const down = source('archive', () => {
      throw new TypeError('down');
    });
    const old = BLOCK.timestamp - 19 * DAY_SECONDS;
    const read = (sources: BlobSource[], timestamp?: number) =>
      rejection(reader(sources).read(request([first.hash, second.hash], timestamp)));
    expect(await read([empty])).to.include({ code: 'L1.BlobUnavailable', recovery: 'retry' });
    expect(await read([empty, down], old)).to.include({ code: 'L1.BlobUnavailable', recovery: 'retry' });
    const expired = await read([empty], old);
    expect(expired).to.include({ code: 'L1.BlobExpired', recovery: 'halt' });
    expect(expired.shortMessage).to.match(/^2 blobs, the first 0x01\w{6}… of L1 block 77: 19 days old/);
    expect(await read([])).to.include({ code: 'L1.NoBlobSource', recovery: 'halt' });
  });

  it('reads a beacon API by slot: sidecars with their proofs where it has them, else blobs', async () => {
    const slot = (BLOCK.timestamp - GENESIS_TIME) / 12;
    const head = (path: string) => {
      if (path === '/eth/v1/config/spec') return { data: { SECONDS_PER_SLOT: '12', OTHER: 'x' } };
      return path === '/eth/v1/beacon/genesis' ? { data: { genesis_time: String(GENESIS_TIME) } } : undefined;
    };
    const sidecar = ({ blob, evidence }: (typeof sealed)[0]) => ({
      blob: toHex(blob),
      kzg_commitment: toHex(evidence.commitment),
      kzg_proof: toHex(evidence.proof),
    });
    answers = (path) =>
      head(path) ??
      (path === `/eth/v1/beacon/blob_sidecars/${slot}` ? { data: [sidecar(third), sidecar(first)] } : 404);
    const beacon = new BeaconBlobSource(`${url}/`);
    const checksBefore = kzg.checks;
    expect(await reader([beacon]).read(request([first.hash]))).to.deep.equal([first.blob]);
    // The third is another transaction's: not even looked at.
    expect(kzg.checks - checksBefore).to.equal(1);

    const query = [second, third].map(({ hash }) => `versioned_hashes=${toHex(hash)}`).join('&');
    answers = (path) => {
      if (path.includes('blob_sidecars')) return 410;
      const isAsked = path === `/eth/v1/beacon/blobs/${slot}?${query}`;
      return head(path) ?? (isAsked ? { data: [third, second].map(({ blob }) => toHex(blob)) } : 404);
    };
    const newer = new BeaconBlobSource(url);
    const hashes = [second.hash, third.hash];
    expect(await reader([newer]).read(request(hashes))).to.deep.equal([second.blob, third.blob]);
  });

  it('takes no answer of a beacon API that is something else, too large, or an error for "has none"', async () => {
    for (const answer of [500, 503, 429, { data: [{ blob: '0x00' }] }, 'text', new Uint8Array(20_000_000)]) {
      answers = (path) => (path.includes('blob') ? answer : 404);
      const error = await rejection(reader([new BeaconBlobSource(url)]).read(request([first.hash], 1)));
      expect(error, String(answer).slice(0, 20)).to.include({ code: 'L1.BlobUnavailable', recovery: 'retry' });
    }
  });

  it('reads the archive of another node, with and without evidence', async () => {
    answers = (path) => {
      if (path === `/blobs/${toHex(first.hash)}`) return encodeArchivedBlob(first);
      return path === `/blobs/${toHex(second.hash)}` ? second.blob : 404;
    };
    const hashes = [first.hash, second.hash];
    const blobs = await reader([new ArchiveBlobSource(url)]).read(request(hashes));
    expect(blobs).to.deep.equal([first.blob, second.blob]);
    expect(asked).to.deep.equal(hashes.map((hash) => `/blobs/${toHex(hash)}`));
  });

  it('archives blobs with and without evidence, and takes a file that changed for none', async () => {
    await archive.put(first.hash, first);
    await archive.put(second.hash, { blob: second.blob });
    expect(await archive.get(first.hash)).to.deep.equal({ blob: first.blob, evidence: first.evidence });
    expect(await archive.get(second.hash)).to.deep.equal({ blob: second.blob });
    expect(await archive.get(third.hash)).to.equal(undefined);
    const name = readdirSync(folder, { recursive: true }).find((path) => String(path).endsWith('.blob'));
    const path = join(folder, String(name));
    const whole = readFileSync(path);
    const isFirst = path.includes(toHex(first.hash).slice(2));
    for (const content of [whole.subarray(0, 70_000), Buffer.alloc(0), Buffer.from(whole).fill(1, 900, 901)]) {
      writeFileSync(path, content);
      expect(await archive.get(isFirst ? first.hash : second.hash)).to.equal(undefined);
    }
  });
});
