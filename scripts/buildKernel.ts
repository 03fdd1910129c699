/**
 * Compiles src/kernel/assembly to dist/kernel/kernel.wasm (or the path after `--out`) and prints its keccak256, by which nodes know it, and its
 * sha256; and beside it its keccak alone to keccak.wasm, with which JavaScript hashes. The bytes depend on the source and the compiler's version
 * alone. `--text` also writes the WebAssembly text beside them.
 *
 * `--variant NAME[+NAME…]` compiles a version with other rules, or a planted fault, to dist/kernel/variants/NAME….wasm (assembly/rules.ts):
 * `v2` switches rules on, `v3` traps on some input, `v4` is wrong by one gas, `v5` never comes back from some input.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { keccak_256 } from '@noble/hashes/sha3.js';

const root = join(__dirname, '..');
const source = join(root, 'src/kernel/assembly');
const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
const VARIANTS: Record<string, string[]> = {
  v2: ['KERNEL_RAISES_CALLDATA_FLOOR', 'KERNEL_SLOWS_BASE_FEE'],
  v3: ['KERNEL_TRAPS_ON_MAGIC'],
  v4: ['KERNEL_OVERCHARGES_BY_ONE'],
  v5: ['KERNEL_HANGS_ON_MAGIC'],
};
const variant = valueAfter('--variant');
const switches = (variant?.split('+') ?? []).flatMap(switchesOf);
const target = resolve(
  valueAfter('--out') ?? join(root, 'dist/kernel', variant ? `variants/${variant}.wasm` : 'kernel.wasm'),
);
/** 4 GiB: what 32-bit addresses reach. */
const MEMORY_PAGES_MAX = 65_536;

function valueAfter(option: string): string | undefined {
  const at = process.argv.indexOf(option);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Options of the compiler. */
function switchesOf(name: string): string[] {
  const names = VARIANTS[name];
  if (names) return names.flatMap((constant) => ['--use', `${constant}=1`]);
  console.error(`--variant: expected ${Object.keys(VARIANTS).join(', ')} or several joined by +, got ${name}`);
  process.exit(2);
}

/** Many threads over one memory that their owner makes. */
// Globals are set by a call of the host's, so that instantiating an artifact runs nothing of it.
const SHARED_MEMORY = [
  '--exportStart',
  'initialize',
  '--importMemory',
  '--sharedMemory',
  '--maximumMemory',
  String(MEMORY_PAGES_MAX),
];

function compile(entry: string, target: string, memory: string[]): void {
  mkdirSync(dirname(target), { recursive: true });
  // A reader of the old file must never see half of the new one.
  const unfinished = `${target}.${process.pid}`;
  const relativeTo = (path: string) => relative(root, path);
  const options = [
    relativeTo(join(source, entry)),
    ...['--outFile', relativeTo(unfinished), '--config', 'none', '--baseDir', root],
    ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
    ...['--enable', 'threads,bulk-memory,sign-extension,simd'],
    ...memory,
    ...['--initialMemory', '1', '--memoryBase', '1024', '--use', 'abort=', ...switches],
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
  const keccak = Buffer.from(keccak_256(bytes)).toString('hex');
  const sha = createHash('sha256').update(bytes).digest('hex');
  console.log(`${relativeTo(target)} ${bytes.length} bytes keccak256 ${keccak} sha256 ${sha}`);
}

compile('index.ts', target, SHARED_MEMORY);
if (!variant) compile('keccak.ts', join(dirname(target), 'keccak.wasm'), []);
