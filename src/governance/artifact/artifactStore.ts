import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Hash, toHex } from '../../core/bytes';
import { Emitter } from '../../core/emitter';
import { errorMessage, TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import type { Clock, Logger } from '../../core/ports';
import {
  ARTIFACT_SIZE_BYTES_MAX,
  compileKernelArtifact,
  recompileKernelArtifact,
} from '../../execution/versions/kernelArtifact';
import type { ArtifactSource } from '../../execution/versions/versionedExecutor';
import { Backoff, sleep } from '../../l1/backoff';

/** A place that may have an artifact. What it gives is not trusted. */
export interface ArtifactPlace {
  /** In words, for people. */
  readonly name: string;
  /** At most `ARTIFACT_SIZE_BYTES_MAX` bytes; undefined where it has none. May throw. */
  read(artifactHash: Hash, signal: AbortSignal): Promise<Uint8Array | undefined>;
}

export interface ArtifactStoreOptions {
  /** Where artifacts are kept as `<hash>.wasm`. An operator may put one there by hand. */
  folder: string;
  /** Asked in this order. */
  places: ArtifactPlace[];
  clock: Clock;
  logger: Logger;
}

const RETRY_DELAY_MS_MIN = 500;
const RETRY_DELAY_MS_MAX = 30_000;

/**
 * The kernels that this node has, by keccak256. What is asked for and is not there is fetched until it comes; only what passes
 * `compileKernelArtifact` is kept. An artifact whose bytes have the right hash but are refused is refused for good: the hash can't have others.
 */
export class ArtifactStore implements ArtifactSource {
  /** An artifact can be had now. */
  readonly arrived = new Emitter<Hash>();
  readonly places: string[];
  readonly #options: ArtifactStoreOptions;
  readonly #modules = new Map<string, WebAssembly.Module>();
  readonly #fetching = new Map<string, Promise<void>>();
  readonly #refused = new Map<string, TributaryError>();
  readonly #stop = new AbortController();

  constructor(options: ArtifactStoreOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.places = [options.folder, ...options.places.map(({ name }) => name)];
  }

  module(artifactHash: Hash): WebAssembly.Module | undefined {
    const name = toHex(artifactHash);
    const known = this.#modules.get(name);
    if (known) return known;
    const bytes = this.bytes(artifactHash);
    if (!bytes || this.#refused.has(name)) return undefined;
    try {
      const module = recompileKernelArtifact(bytes, artifactHash);
      this.#modules.set(name, module);
      return module;
    } catch (error) {
      // Put there by hand, or damaged: as good as not there.
      this.#options.logger.error({ error: errorMessage(error) }, 'a file in the artifact folder is not what it says');
      rmSync(this.#path(artifactHash), { force: true });
      return undefined;
    }
  }

  /** The bytes as kept, not looked at. */
  bytes(artifactHash: Hash): Uint8Array | undefined {
    const path = this.#path(artifactHash);
    try {
      return statSync(path).size <= ARTIFACT_SIZE_BYTES_MAX ? readFileSync(path) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps bytes that are trusted, e.g. of this package's own kernel: a later package still finds what ruled in its time. */
  keep(bytes: Uint8Array): void {
    const path = this.#path(keccak256(bytes));
    if (!existsSync(path)) this.#write(path, bytes);
  }

  /** Why an artifact with this hash can never be run; undefined where nothing is known against it. */
  refusal(artifactHash: Hash): TributaryError | undefined {
    return this.#refused.get(toHex(artifactHash));
  }

  want(artifactHash: Hash): void {
    const name = toHex(artifactHash);
    if (this.#modules.has(name) || this.#refused.has(name) || this.#fetching.has(name)) return;
    const fetching = this.#fetchUntilThere(artifactHash).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetching);
  }

  /**
   * Looks once at every place.
   * @returns whether it is here now
   * @throws Execution.Artifact… when it can never be run
   */
  async fetch(artifactHash: Hash): Promise<boolean> {
    if (this.module(artifactHash)) return true;
    for (const place of this.#options.places) {
      const bytes = await this.#readFrom(place, artifactHash);
      if (!bytes || !(await this.#take(bytes, artifactHash, place.name))) continue;
      return true;
    }
    return false;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#fetching.values());
  }

  async #fetchUntilThere(artifactHash: Hash): Promise<void> {
    const { clock, logger } = this.#options;
    const backoff = new Backoff(RETRY_DELAY_MS_MIN, RETRY_DELAY_MS_MAX);
    while (!this.#stop.signal.aborted) {
      try {
        if (await this.fetch(artifactHash)) return;
        logger.warn(
          { artifact: toHex(artifactHash), places: this.places },
          'an artifact is nowhere yet: looking again',
        );
      } catch (error) {
        logger.error({ artifact: toHex(artifactHash), error: errorMessage(error) }, 'an artifact is refused');
        return;
      }
      await sleep(clock, backoff.next(), this.#stop.signal);
    }
  }

  async #readFrom(place: ArtifactPlace, artifactHash: Hash): Promise<Uint8Array | undefined> {
    try {
      return await place.read(artifactHash, this.#stop.signal);
    } catch (error) {
      const fields = { artifact: toHex(artifactHash), place: place.name, error: errorMessage(error) };
      this.#options.logger.debug(fields, 'an artifact cannot be read here');
      return undefined;
    }
  }

  /** @returns false where the place lied, so that another may have it */
  async #take(bytes: Uint8Array, artifactHash: Hash, place: string): Promise<boolean> {
    const name = toHex(artifactHash);
    try {
      this.#modules.set(name, await compileKernelArtifact(bytes, artifactHash));
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      const isOfThisHash = !['Execution.ArtifactTooLarge', 'Execution.ArtifactHashMismatch'].includes(error.code);
      this.#options.logger.warn({ artifact: name, place, code: error.code }, error.shortMessage);
      // Compiling may be slow because the machine is busy.
      if (!isOfThisHash || error.code === 'Execution.ArtifactTooSlow') return false;
      this.#refused.set(name, error);
      throw error;
    }
    const path = this.#path(artifactHash);
    this.#write(path, bytes);
    this.#options.logger.info({ artifact: name, place, sizeBytes: bytes.length }, 'an artifact was fetched');
    this.arrived.emit(artifactHash);
    return true;
  }

  /** Whole or not at all. */
  #write(path: string, bytes: Uint8Array): void {
    writeFileSync(`${path}.${process.pid}`, bytes);
    renameSync(`${path}.${process.pid}`, path);
  }

  #path(artifactHash: Hash): string {
    return join(this.#options.folder, `${toHex(artifactHash)}.wasm`);
  }
}
