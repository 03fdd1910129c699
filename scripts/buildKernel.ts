/**
 * Compiles src/kernel/assembly to dist/kernel/kernel.wasm (or the path after `--out`) and prints its sha256; and beside it its keccak alone to
 * keccak.wasm, with which JavaScript hashes. The bytes depend on the source and the compiler's version alone. `--text` also writes the
 * WebAssembly text beside them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = join(__dirname, '..');
const source = join(root, 'src/kernel/assembly');
const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
const target = pathAfter('--out') ?? join(root, 'dist/kernel/kernel.wasm');
/** 4 GiB: what 32-bit addresses reach. */
const MEMORY_PAGES_MAX = 65_536;

function pathAfter(option: string): string | undefined {
  const at = process.argv.indexOf(option);
  return at < 0 ? undefined : resolve(process.argv[at + 1]);
}

/** Many threads over one memory that their owner makes. */
const SHARED_MEMORY = ['--importMemory', '--sharedMemory', '--maximumMemory', String(MEMORY_PAGES_MAX)];

function compile(entry: string, target: string, memory: string[]): void {
  mkdirSync(dirname(target), { recursive: true });
  // A reader of the old file must never see half of the new one.
  const unfinished = `${target}.${process.pid}`;
  const relativeTo = (path: string) => relative(root, path);
  const options = [
    relativeTo(join(source, entry)),
    ...['--outFile', relativeTo(unfinished), '--config', 'none', '--baseDir', root],
    ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
    ...['--enable', 'threads,bulk-memory,sign-extension'],
    ...memory,
    ...['--initialMemory', '1', '--memoryBase', '1024', '--use', 'abort='],
  ];
  if (process.argv.includes('--text')) options.push('--textFile', `${relativeTo(target)}.wat`);
  // The compiler is an ES module with top-level await, which `require` can't load: it runs in its own process.
  const { status } = spawnSync(process.execPath, [compiler, ...options], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exitCode = 1;
    return;
  }
  renameSync(unfinished, target);
  const bytes = readFileSync(target);
  console.log(`${relativeTo(target)} ${bytes.length} bytes sha256 ${createHash('sha256').update(bytes).digest('hex')}`);
}

compile('index.ts', target, SHARED_MEMORY);
compile('keccak.ts', join(dirname(target), 'keccak.wasm'), []);
