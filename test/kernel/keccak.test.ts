import { keccak_256 } from '@noble/hashes/sha3.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { compileAssembly } from './compileAssembly';

const SEED = 0x6b656363;
const INPUT = 70_000;
const OUTPUT = 200_000;

interface KeccakExports {
  keccak256(ptr: number, length: number, out: number): void;
}

describe('kernel/keccak', () => {
  let bytes: Uint8Array;
  let kernel: KeccakExports;

  before(() => {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
    bytes = new Uint8Array(memory.buffer);
    const module = new WebAssembly.Module(compileAssembly('src/kernel/assembly/keccak.ts'));
    kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KeccakExports;
  });

  function kernelHash(input: Uint8Array, at = INPUT, out = OUTPUT): string {
    bytes.set(input, at);
    kernel.keccak256(at, input.length, out);
    return Buffer.from(bytes.slice(out, out + 32)).toString('hex');
  }

  const expected = (input: Uint8Array) => Buffer.from(keccak_256(input)).toString('hex');

  it('gives the known hash of nothing', () => {
    expect(kernelHash(new Uint8Array())).to.equal('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
  });

  it('agrees with noble for every length over three blocks', () => {
    for (let length = 0; length <= 3 * 136 + 1; length++) {
      const input = Uint8Array.from({ length }, (_, i) => (i * 7 + length * 13) & 0xff);
      expect(kernelHash(input), `length ${length}`).to.equal(expected(input));
    }
  });

  it(`agrees with noble for random inputs at odd addresses (seed ${SEED})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), fc.nat(15), (input, offset) => {
        bytes.fill(0xff, INPUT - 16, INPUT + 6_000);
        expect(kernelHash(input, INPUT + offset)).to.equal(expected(input));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('may write its output over its input', () => {
    const input = new Uint8Array(40).fill(0xab);
    expect(kernelHash(input, INPUT, INPUT)).to.equal(expected(input));
  });
});

interface PairExports {
  keccak256Pair(p: number, pLength: number, pOut: number, q: number, qLength: number, qOut: number): void;
}

for (const [name, features] of [
  ['with SIMD', 'threads,bulk-memory,sign-extension,simd'],
  ['without SIMD', 'threads,bulk-memory,sign-extension'],
]) {
  describe(`kernel/keccakPair, ${name}`, () => {
    let bytes: Uint8Array;
    let kernel: PairExports;

    before(() => {
      const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
      bytes = new Uint8Array(memory.buffer);
      const module = new WebAssembly.Module(compileAssembly('src/kernel/assembly/keccakPair.ts', features));
      kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as PairExports;
    });

    function expectBoth(first: Uint8Array, second: Uint8Array, offset = 0) {
      const [p, q] = [INPUT + offset, INPUT + 20_000];
      bytes.fill(0xff, INPUT - 16, INPUT + 40_000);
      bytes.set(first, p);
      bytes.set(second, q);
      kernel.keccak256Pair(p, first.length, OUTPUT, q, second.length, OUTPUT + 33);
      const hashes = [OUTPUT, OUTPUT + 33].map((at) => Buffer.from(bytes.slice(at, at + 32)).toString('hex'));
      const expected = [first, second].map((input) => Buffer.from(keccak_256(input)).toString('hex'));
      expect(hashes, `lengths ${first.length}, ${second.length}`).to.deep.equal(expected);
    }

    it('agrees with noble for every two lengths near each other over three blocks', () => {
      for (let length = 0; length <= 3 * 136 + 1; length++) {
        const first = Uint8Array.from({ length }, (_, i) => (i * 7 + length * 13) & 0xff);
        for (const other of [length, length + 1, (length * 31) % 409])
          expectBoth(
            first,
            Uint8Array.from({ length: other }, (_, i) => (i * 11 + 5) & 0xff),
          );
      }
    });

    it(`agrees with noble for random inputs at odd addresses (seed ${SEED})`, () => {
      const input = fc.uint8Array({ maxLength: 3_000 });
      fc.assert(fc.property(input, input, fc.nat(15), expectBoth), { seed: SEED, numRuns: 300 });
    });
  });
}
