import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { concatBytes, toHex } from '../../../src/core/bytes';
import { TributaryError } from '../../../src/core/errors';
import { keccak256 } from '../../../src/core/keccak';
import {
  ARTIFACT_SIZE_BYTES_MAX,
  compileKernelArtifact,
  recompileKernelArtifact,
} from '../../../src/execution/versions/kernelArtifact';
import { KERNEL_PATH, packagedKernelHash } from '../../../src/kernel/kernelModule';
import { kernelVariant } from './kernelVariant';

const SEED = 20261122;
const packaged = new Uint8Array(readFileSync(KERNEL_PATH));

async function codeOf(bytes: Uint8Array, hash = keccak256(bytes)): Promise<string> {
  try {
    await compileKernelArtifact(bytes, hash);
    return 'none';
  } catch (error) {
    if (error instanceof TributaryError && error.recovery === 'reject') return error.code;
    throw error;
  }
}

function leb(number: number): number[] {
  const bytes: number[] = [];
  for (let rest = number; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}

const text = (value: string) => [value.length, ...Buffer.from(value)];
const section = (id: number, body: number[]) => [id, ...leb(body.length), ...body];
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPES = section(1, [1, 0x60, 0, 0]);
const memoryImport = (limits: number[]) => [...text('env'), ...text('memory'), 0x02, ...limits];
const SHARED_MEMORY = memoryImport([0x03, 1, ...leb(65_536)]);
const wasm = (...sections: number[][]) => Uint8Array.from([...PREAMBLE, ...sections.flat()]);

describe('compileKernelArtifact', () => {
  it('takes the kernel of the package and versions built from the same source', async () => {
    expect(toHex(keccak256(packaged))).to.equal(toHex(packagedKernelHash()));
    const v2 = kernelVariant('v2');
    for (const bytes of [packaged, v2.bytes]) {
      expect(await compileKernelArtifact(bytes, keccak256(bytes))).to.be.instanceOf(WebAssembly.Module);
      expect(recompileKernelArtifact(bytes, keccak256(bytes))).to.be.instanceOf(WebAssembly.Module);
    }
    expect(toHex(v2.hash)).not.to.equal(toHex(packagedKernelHash()));
  });

  it('refuses bytes of another hash, too many bytes, and what is no WebAssembly', async () => {
    expect(await codeOf(packaged, new Uint8Array(32))).to.equal('Execution.ArtifactHashMismatch');
    expect(await codeOf(new Uint8Array(ARTIFACT_SIZE_BYTES_MAX + 1))).to.equal('Execution.ArtifactTooLarge');
    expect(await codeOf(new Uint8Array(100))).to.equal('Execution.ArtifactNotWebAssembly');
    expect(await codeOf(packaged.slice(0, -1))).to.equal('Execution.ArtifactNotWebAssembly');
  });

  it('refuses imports that no kernel has', async () => {
    const imported = [...text('host'), ...text('readFile'), 0x00, 0];
    const bytes = wasm(TYPES, section(2, [2, ...SHARED_MEMORY, ...imported]));
    expect(await codeOf(bytes)).to.equal('Execution.ArtifactImports');
  });

  it('refuses a module that lacks what TypeScript calls', async () => {
    expect(await codeOf(wasm(TYPES, section(2, [1, ...SHARED_MEMORY])))).to.equal('Execution.ArtifactExports');
  });

  it('refuses a memory of its own, one that is not shared, and one that begins large', async () => {
    const own = wasm(section(5, [1, 0x03, 1, ...leb(65_536)]));
    const unshared = wasm(section(2, [1, ...memoryImport([0x01, 1, ...leb(65_536)])]));
    const large = wasm(section(2, [1, ...memoryImport([0x03, ...leb(60_000), ...leb(65_536)])]));
    for (const bytes of [own, unshared, large]) expect(await codeOf(bytes)).to.equal('Execution.ArtifactMemory');
  });

  it('refuses a table as large as a bomb', async () => {
    const table = section(4, [1, 0x70, 0x00, ...leb(9_000_000)]);
    const bytes = wasm(section(2, [1, ...SHARED_MEMORY]), table);
    expect(await codeOf(bytes)).to.equal('Execution.ArtifactMemory');
  });

  it('refuses code that runs when it is instantiated', async () => {
    const functions = section(3, [1, 0]);
    const body = section(10, [1, 2, 0, 0x0b]);
    const bytes = wasm(TYPES, section(2, [1, ...SHARED_MEMORY]), functions, section(8, [0]), body);
    expect(await codeOf(bytes)).to.equal('Execution.ArtifactExports');
  });

  it('refuses one function of a size that compilers choke on', async () => {
    const size = 300 * 1024;
    const body = [...leb(size + 2), 0, ...new Array<number>(size).fill(0x01), 0x0b];
    const bytes = wasm(TYPES, section(2, [1, ...SHARED_MEMORY]), section(3, [1, 0]), section(10, [1, ...body]));
    expect(await codeOf(bytes)).to.equal('Execution.ArtifactTooLarge');
  });

  it('refuses another ABI', async () => {
    // The one global that is exported as abiVersion holds 1: the only i32.const 1 in the section.
    const at = indexOfAbi(packaged);
    const other = packaged.slice();
    other[at] = 2;
    expect(await codeOf(other)).to.equal('Execution.ArtifactAbi');
  });

  it(`throws nothing but refusals, whatever the bytes (seed ${SEED})`, async () => {
    const flips = fc.array(fc.record({ at: fc.nat(packaged.length - 1), value: fc.nat(255) }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(flips, fc.uint8Array({ maxLength: 40 }), async (changes, tail) => {
        const bytes = packaged.slice();
        for (const { at, value } of changes) bytes[at] = value;
        expect(await codeOf(bytes)).to.match(/^none$|^Execution\.Artifact/);
        expect(await codeOf(concatBytes(Uint8Array.from(PREAMBLE), tail))).to.match(/^Execution\.Artifact/);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

/** Where the constant of the exported global lies. */
function indexOfAbi(bytes: Uint8Array): number {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 0x41 || bytes[at + 1] !== 1 || bytes[at + 2] !== 0x0b) continue;
    const changed = bytes.slice();
    changed[at + 1] = 2;
    if (!WebAssembly.validate(changed)) continue;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
    const host = new Proxy({}, { get: () => () => 0 });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(changed), { env: { memory }, host });
    if ((instance.exports.abiVersion as WebAssembly.Global).value === 2) return at + 1;
  }
  throw new RangeError('no constant is the ABI');
}
