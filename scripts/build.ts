/**
 * Builds everything that a running node needs into `dist/`: contracts (solc from npm), bindings, the kernel, the TypeScript.
 * With `--if-stale` it does nothing when no source changed since the last build, so that `npm start` on a built tree is quick.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');
const stampFile = join(root, 'dist', 'build-stamp');
const sources = [
  'src',
  'contracts',
  'scripts/build.ts',
  'scripts/buildKernel.ts',
  'scripts/generateBindings.ts',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'hardhat.config.ts',
];

const stamp = sourcesStamp();
const isFresh = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp;
if (!(process.argv.includes('--if-stale') && isFresh)) {
  step('contracts', 'node_modules/.bin/hardhat', ['compile', '--quiet']);
  step('bindings', process.execPath, ['-r', 'ts-node/register/transpile-only', 'scripts/generateBindings.ts']);
  step('kernel', process.execPath, ['-r', 'ts-node/register/transpile-only', 'scripts/buildKernel.ts']);
  step('TypeScript', 'node_modules/.bin/tsc', ['-p', 'tsconfig.build.json']);
  mkdirSync(join(root, 'dist'), { recursive: true });
  // Taken again: generating the bindings may have changed a source.
  writeFileSync(stampFile, sourcesStamp());
}

function step(name: string, command: string, args: string[]): void {
  const startedMs = Date.now();
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (result.status !== 0) {
    console.error(`build: ${name} failed`);
    process.exit(result.status ?? 1);
  }
  console.log(`build: ${name} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`);
}

/** Changes when a source file is added, removed or edited: a hash over names, sizes and contents. */
function sourcesStamp(): string {
  const hash = createHash('sha256');
  for (const source of sources) visit(source);
  return hash.digest('hex');

  function visit(path: string): void {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) visit(join(path, name));
    } else {
      hash.update(path).update('\0').update(readFileSync(full));
    }
  }
}
