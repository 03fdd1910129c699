import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/**
 * Compiles one AssemblyScript entry with the kernel's flags into a temporary folder and returns the WebAssembly bytes,
 * so that a part of the kernel can be tested without building the whole. `features`: of WebAssembly, the compiler's names.
 */
export function compileAssembly(
  entry: string,
  features = 'threads,bulk-memory,sign-extension,simd',
): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-asc-'));
  const output = join(folder, 'part.wasm');
  try {
    execFileSync(
      process.execPath,
      [
        join(ROOT, 'node_modules', 'assemblyscript', 'bin', 'asc.js'),
        join(ROOT, entry),
        '-O3',
        '--runtime',
        'stub',
        '--noAssert',
        '--enable',
        features,
        '--importMemory',
        '--sharedMemory',
        '--initialMemory',
        '2',
        '--maximumMemory',
        '65536',
        '-o',
        output,
      ],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
