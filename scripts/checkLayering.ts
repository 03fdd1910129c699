/**
 * Imports go one way (see `.dependency-cruiser.cjs`). First shows that the rules catch what is planted in `test/layering/planted`,
 * then that `src` is clean. Exit 1 on either.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '..');
const planted = cruise('test/layering/planted/src');
for (const rule of ['layering-batcher', 'layering-core']) {
  if (!planted.output.includes(rule)) fail(`the planted violation of ${rule} was not caught:\n${planted.output}`);
}
const source = cruise('src');
if (source.status !== 0) fail(source.output);
console.log(`layering: src is clean, planted violations are caught\n${source.output.trim()}`);

function cruise(folder: string): { status: number | null; output: string } {
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', folder];
  const result = spawnSync(join(root, 'node_modules/.bin/depcruise'), args, { cwd: root, encoding: 'utf8' });
  return { status: result.status, output: result.stdout + result.stderr };
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
