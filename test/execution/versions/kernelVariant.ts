import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hash } from '../../../src/core/bytes';
import { keccak256 } from '../../../src/core/keccak';
import type { ArtifactSource } from '../../../src/execution/versions/versionedExecutor';

const ROOT = join(__dirname, '..', '..', '..');
const ASSEMBLY = join(ROOT, 'src', 'kernel', 'assembly');

export interface KernelVariant {
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  hash: Hash;
}

/** A version of the kernel (`scripts/buildKernel.ts --variant`), built where it is not or where its source changed; about 8 seconds. */
export function kernelVariant(name: string): KernelVariant {
  const path = join(ROOT, 'dist', 'kernel', 'variants', `${name}.wasm`);
  const stampPath = `${path}.stamp`;
  const stamp = sourceStamp();
  if (!existsSync(path) || !existsSync(stampPath) || readFileSync(stampPath, 'utf8') !== stamp) {
    const script = [
      '-r',
      'ts-node/register/transpile-only',
      join(ROOT, 'scripts', 'buildKernel.ts'),
      '--variant',
      name,
    ];
    execFileSync(process.execPath, script, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    writeFileSync(stampPath, stamp);
  }
  const bytes = new Uint8Array(readFileSync(path));
  return { path, bytes, hash: keccak256(bytes) };
}

/** Artifacts in memory. */
export class FixedArtifacts implements ArtifactSource {
  readonly places = ['the test'];
  readonly wanted: string[] = [];
  readonly #modules = new Map<string, WebAssembly.Module>();

  constructor(variants: KernelVariant[] = []) {
    for (const variant of variants) this.add(variant);
  }

  add({ hash, bytes }: KernelVariant): void {
    this.#modules.set(nameOf(hash), new WebAssembly.Module(bytes));
  }

  module(hash: Hash): WebAssembly.Module | undefined {
    return this.#modules.get(nameOf(hash));
  }

  want(hash: Hash): void {
    this.wanted.push(nameOf(hash));
  }
}

function nameOf(hash: Hash): string {
  return Buffer.from(hash).toString('hex');
}

function sourceStamp(): string {
  const hash = createHash('sha256').update(readFileSync(join(ROOT, 'scripts', 'buildKernel.ts')));
  const names = readdirSync(ASSEMBLY, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(ASSEMBLY, name)));
  return hash.digest('hex');
}
