import { expect } from 'chai';
import fc from 'fast-check';
import { fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { compileAssembly } from './compileAssembly';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 20_237);
const [BYTES, WORD, LIMBS] = [70_001, 70_101, 70_203];
const word = fc.oneof(fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 64n + 300n), fc.bigInt(0n, 2n ** 256n - 1n));

interface WordExports {
  fromBigEndian(from: number, to: number): void;
  toBigEndian(from: number, to: number): void;
  isLessThanBytes(a: number, bytes: number): number;
}

for (const [name, features] of [
  ['with SIMD', 'threads,bulk-memory,sign-extension,simd'],
  ['without SIMD', 'threads,bulk-memory,sign-extension'],
]) {
  describe(`Words of big-endian bytes, ${name}`, () => {
    let bytes: Buffer;
    let words: WordExports;

    before(() => {
      const memory = new WebAssembly.Memory({ initial: 2, maximum: 65_536, shared: true });
      bytes = Buffer.from(memory.buffer);
      const module = new WebAssembly.Module(compileAssembly('src/kernel/assembly/u256.ts', features));
      words = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WordExports;
    });

    it(`are turned to limbs and back, in place as well (seed ${SEED})`, () => {
      fc.assert(
        fc.property(word, (value) => {
          const bigEndian = toFixedBytes(value, 32);
          const limbs = Uint8Array.from(bigEndian).reverse();
          bytes.set(bigEndian, BYTES);
          words.fromBigEndian(BYTES, LIMBS);
          words.fromBigEndian(BYTES, BYTES);
          expect([at(LIMBS), at(BYTES)]).to.deep.equal([toHex(limbs), toHex(limbs)]);
          words.toBigEndian(LIMBS, WORD);
          words.toBigEndian(LIMBS, LIMBS);
          expect([at(WORD), at(LIMBS)]).to.deep.equal([toHex(bigEndian), toHex(bigEndian)]);
        }),
        { seed: SEED, numRuns: 500 },
      );
    });

    it(`are compared to words of limbs (seed ${SEED})`, () => {
      fc.assert(
        fc.property(word, word, fc.bigInt(-1n, 1n), fc.boolean(), (x, y, off, isNear) => {
          const a = isNear ? BigInt.asUintN(256, y + off) : x;
          bytes.set(fromHex(`0x${a.toString(16).padStart(64, '0')}`).reverse(), WORD);
          bytes.set(toFixedBytes(y, 32), BYTES);
          expect(words.isLessThanBytes(WORD, BYTES) !== 0).to.equal(a < y);
        }),
        { seed: SEED, numRuns: 500 },
      );
    });

    function at(address: number): string {
      return toHex(bytes.subarray(address, address + 32));
    }
  });
}
