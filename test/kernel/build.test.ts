import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { KERNEL_PATH } from '../../src/kernel/kernelModule';
import { warmUpKernel } from '../../src/kernel/warmUp';

const ROOT = join(__dirname, '../..');

describe('The kernel build', () => {
  it('gives the same bytes again, which are those in use, and has no floating point', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kernel-build-'));
    try {
      const out = join(folder, 'kernel.wasm');
      const script = [
        '-r',
        'ts-node/register/transpile-only',
        join(ROOT, 'scripts/buildKernel.ts'),
        '--out',
        out,
        '--text',
      ];
      const { status, stderr, stdout } = spawnSync(process.execPath, script, { cwd: ROOT, encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      expect(stdout).to.match(/ bytes keccak256 [0-9a-f]{64} sha256 [0-9a-f]{64}\n$/);
      const floats = readFileSync(`${out}.wat`, 'utf8').match(/\bf(?:32|64)\b.*/g) ?? [];
      expect(floats).to.deep.equal([]);
      expect(readFileSync(out).equals(readFileSync(KERNEL_PATH)), `${KERNEL_PATH} is of another source`).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('imports state access, precompiles and the memory, and nothing else', () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(new Uint8Array(readFileSync(KERNEL_PATH))));
    expect(imports.map(({ module, name }) => `${module}.${name}`).sort()).to.deep.equal([
      'env.memory',
      'host.blockHash',
      'host.loadAccount',
      'host.loadCode',
      'host.loadSlot',
      'host.loadTrieNode',
      'host.precompile',
    ]);
  });

  it('warms up', () => {
    warmUpKernel();
  });
});
