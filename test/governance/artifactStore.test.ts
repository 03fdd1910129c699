import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Hash, toHex } from '../../src/core/bytes';
import { hasErrorCode } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { systemClock } from '../../src/core/systemClock';
import { ARTIFACT_SIZE_BYTES_MAX } from '../../src/execution/versions/kernelArtifact';
import { type ArtifactPlace, ArtifactStore } from '../../src/governance/artifact/artifactStore';
import { MirrorPlace } from '../../src/governance/artifact/mirrorPlace';
import { KERNEL_PATH } from '../../src/kernel/kernelModule';
import { RecordingLogger } from '../verifier/testNode';

const kernel = new Uint8Array(readFileSync(KERNEL_PATH));
const hash = keccak256(kernel);
/** Valid WebAssembly, but no kernel. */
const empty = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

describe('ArtifactStore of a node', () => {
  let folder: string;
  let logger: RecordingLogger;
  let store: ArtifactStore;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-artifacts-'));
    logger = new RecordingLogger();
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  function open(places: ArtifactPlace[] = []): ArtifactStore {
    store = new ArtifactStore({ folder, places, clock: systemClock, logger });
    return store;
  }
  const path = (artifactHash: Hash) => join(folder, `${toHex(artifactHash)}.wasm`);
  const place = (name: string, read: ArtifactPlace['read']): ArtifactPlace => ({ name, read });
  const arrival = (from: ArtifactStore) => new Promise<Hash>((resolve) => from.arrived.on(resolve));

  it('takes an artifact from the first place that has it, keeps it, and needs no place from then on', async () => {
    const asked: string[] = [];
    const from = (name: string, bytes: Uint8Array | undefined) =>
      place(name, async () => {
        asked.push(name);
        return bytes;
      });
    const first = open([from('nothing', undefined), from('mirror', kernel), from('never asked', kernel)]);
    const arrived = arrival(first);
    first.want(hash);
    first.want(hash);
    expect(toHex(await arrived)).to.equal(toHex(hash));
    expect(first.module(hash)).to.be.instanceOf(WebAssembly.Module);
    expect(asked).to.deep.equal(['nothing', 'mirror']);
    await first.close();
    const second = open();
    expect(await second.fetch(hash)).to.equal(true);
    expect(second.places).to.deep.equal([folder]);
  });

  it('goes on looking until it comes, and says where it looks', async () => {
    let isThere = false;
    const late = open([place('a late mirror', async () => (isThere ? kernel : undefined))]);
    const arrived = arrival(late);
    late.want(hash);
    await settled(() => logger.messages.length > 0);
    expect(logger.messages).to.deep.equal(['an artifact is nowhere yet: looking again']);
    expect(late.module(hash)).to.equal(undefined);
    isThere = true;
    await arrived;
    expect(existsSync(path(hash))).to.equal(true);
  });

  it('takes what an operator puts into its folder, and removes what is not what it says', async () => {
    const opened = open();
    writeFileSync(path(hash), kernel.slice(0, -1));
    expect(opened.module(hash)).to.equal(undefined);
    expect(existsSync(path(hash))).to.equal(false);
    writeFileSync(path(hash), kernel);
    expect(opened.module(hash)).to.be.instanceOf(WebAssembly.Module);
  });

  it('believes no place: bytes of another hash and more than an artifact has are left, and the next is asked', async () => {
    const liar = place('a liar', async () => kernel.slice(0, -1));
    const bomber = place('a bomber', async () => new Uint8Array(ARTIFACT_SIZE_BYTES_MAX + 1));
    const broken = place('a broken one', async () => Promise.reject(new Error('down')));
    const opened = open([liar, bomber, broken]);
    expect(await opened.fetch(hash)).to.equal(false);
    expect(opened.refusal(hash)).to.equal(undefined);
    expect(readdirSync(folder)).to.deep.equal([]);
    await opened.close();
    expect(await open([liar, bomber, broken, place('honest', async () => kernel)]).fetch(hash)).to.equal(true);
  });

  it('refuses for good what has its hash and is no kernel, so that it is not fetched for ever', async () => {
    let asked = 0;
    const opened = open([
      place('mirror', async () => {
        asked++;
        return empty;
      }),
    ]);
    const emptyHash = keccak256(empty);
    const refusal = await opened.fetch(emptyHash).catch((error: unknown) => error);
    expect(hasErrorCode(refusal, 'Execution.ArtifactMemory'), String(refusal)).to.equal(true);
    expect(opened.refusal(emptyHash)).to.equal(refusal);
    opened.want(emptyHash);
    await opened.close();
    expect([asked, opened.module(emptyHash), readdirSync(folder)]).to.deep.equal([1, undefined, []]);
  });

  describe('from an HTTP mirror', () => {
    let server: Server;
    let answer: (response: ServerResponse) => void;
    let mirror: MirrorPlace;
    const open_: ServerResponse[] = [];

    before(async () => {
      server = createServer((request, response) => {
        open_.push(response);
        response.setHeader('x-path', request.url ?? '');
        answer(response);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      mirror = new MirrorPlace(`http://127.0.0.1:${(server.address() as AddressInfo).port}/kernels/`);
    });
    after(() => {
      for (const response of open_) response.destroy();
      server.close();
    });

    it('fetches it by its hash', async () => {
      let asked = '';
      answer = (response) => {
        asked = String(response.getHeader('x-path'));
        response.end(kernel);
      };
      expect(await open([mirror]).fetch(hash)).to.equal(true);
      expect(asked).to.equal(`/kernels/${toHex(hash)}.wasm`);
    });

    it('takes a 404 for an answer, and an error for a reason to ask elsewhere', async () => {
      answer = (response) => response.writeHead(404).end();
      expect(await mirror.read(hash, new AbortController().signal)).to.equal(undefined);
      answer = (response) => response.writeHead(500).end();
      const error = await mirror.read(hash, new AbortController().signal).catch((cause: unknown) => cause);
      expect(hasErrorCode(error, 'Governance.MirrorFailed')).to.equal(true);
      expect(await open([mirror, place('honest', async () => kernel)]).fetch(hash)).to.equal(true);
    });

    it('reads no more of an endless answer than an artifact may have', async () => {
      let sentBytes = 0;
      answer = (response) => {
        const chunk = Buffer.alloc(256 * 1024);
        const more = () => {
          while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
        };
        response.on('drain', more);
        more();
      };
      const error = await mirror.read(hash, new AbortController().signal).catch((cause: unknown) => cause);
      expect(hasErrorCode(error, 'Governance.MirrorFailed')).to.equal(true);
      expect((error as Error).message).to.match(/gives more than an artifact can have/);
      await settled(() => open_.at(-1)?.destroyed === true);
      expect(sentBytes).to.be.lessThan(64 * ARTIFACT_SIZE_BYTES_MAX);
    });

    it('does not wait for one that never answers when the node stops', async () => {
      const asked = new Promise<void>((resolve) => {
        answer = () => resolve();
      });
      const opened = open([mirror]);
      opened.want(hash);
      await asked;
      await opened.close();
      expect(opened.module(hash)).to.equal(undefined);
    });
  });
});

async function settled(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error('still not so after 30 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
