import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import { compileAssembly } from './compileAssembly';

const SEED = 0x726c7031;
const INPUT = 70_000;
const OUTPUT = 200_000;
const WORD_MAX = 2n ** 256n - 1n;

interface RlpExports {
  rlpWriteBytes(out: number, ptr: number, length: number): number;
  rlpWriteU64(out: number, value: bigint): number;
  rlpWriteWord(out: number, word: number): number;
  rlpWriteHash(out: number, ptr: number): number;
  rlpWriteAddress(out: number, ptr: number): number;
  rlpBeginList(out: number): number;
  rlpEndList(out: number, end: number): number;
  rlpRead(ptr: number, end: number): number;
  rlpReadU64(ptr: number, end: number): number;
  rlpReadWord(ptr: number, end: number, word: number): number;
  rlpPayload: WebAssembly.Global;
  rlpLength: WebAssembly.Global;
  rlpIsList: WebAssembly.Global;
  rlpU64: WebAssembly.Global;
}

describe('kernel/rlp', () => {
  let bytes: Buffer;
  let rlp: RlpExports;

  before(() => {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
    bytes = Buffer.from(memory.buffer);
    const kernel = new WebAssembly.Module(compileAssembly('src/kernel/assembly/rlp.ts'));
    rlp = new WebAssembly.Instance(kernel, { env: { memory } }).exports as unknown as RlpExports;
  });

  const written = (end: number) => toHex(Uint8Array.from(bytes.subarray(OUTPUT, end)));

  function writeLimbs(at: number, value: bigint): void {
    for (let limb = 0; limb < 4; limb++) {
      bytes.writeBigUInt64LE(BigInt.asUintN(64, value >> BigInt(64 * limb)), at + 8 * limb);
    }
  }

  function readLimbs(at: number): bigint {
    return [0, 1, 2, 3].reduce((sum, limb) => sum + (bytes.readBigUInt64LE(at + 8 * limb) << BigInt(64 * limb)), 0n);
  }

  const integer = fc.integer({ min: 0, max: 256 }).chain((bits) => fc.bigInt(0n, 2n ** BigInt(bits) - 1n));

  it(`writes and reads integers as ethereumjs (seed ${SEED})`, () => {
    fc.assert(
      fc.property(integer, (value) => {
        const expected = toHex(RLP.encode(value));
        writeLimbs(INPUT, value);
        const end = rlp.rlpWriteWord(OUTPUT, INPUT);
        expect(written(end)).to.equal(expected);
        expect(rlp.rlpReadWord(OUTPUT, end, INPUT)).to.equal(end);
        expect(readLimbs(INPUT)).to.equal(value);
        if (value >= 2n ** 64n) {
          expect(rlp.rlpReadU64(OUTPUT, end)).to.equal(0);
          return;
        }
        expect(written(rlp.rlpWriteU64(OUTPUT, value))).to.equal(expected);
        expect(rlp.rlpReadU64(OUTPUT, end)).to.equal(end);
        expect(BigInt.asUintN(64, rlp.rlpU64.value)).to.equal(value);
      }),
      { seed: SEED, numRuns: 500, examples: [[0n], [127n], [128n], [2n ** 64n - 1n], [2n ** 64n], [WORD_MAX]] },
    );
  });

  it(`writes and reads strings and lists of them as ethereumjs (seed ${SEED})`, () => {
    const string = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ minLength: 50, maxLength: 300 }));
    fc.assert(
      fc.property(fc.array(string, { maxLength: 8 }), (strings) => {
        let end = rlp.rlpBeginList(OUTPUT);
        for (const value of strings) {
          bytes.set(value, INPUT);
          end = rlp.rlpWriteBytes(end, INPUT, value.length);
        }
        end = rlp.rlpEndList(OUTPUT, end);
        expect(written(end)).to.equal(toHex(RLP.encode(strings)));

        expect(rlp.rlpRead(OUTPUT, end)).to.equal(end);
        expect(rlp.rlpIsList.value).to.equal(1);
        let at = rlp.rlpPayload.value;
        for (const value of strings) {
          at = rlp.rlpRead(at, end);
          const payload = bytes.subarray(rlp.rlpPayload.value, rlp.rlpPayload.value + rlp.rlpLength.value);
          expect([rlp.rlpIsList.value, toHex(Uint8Array.from(payload))]).to.deep.equal([0, toHex(value)]);
        }
        expect(at).to.equal(end);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('writes hashes and addresses', () => {
    bytes.fill(0xee, INPUT, INPUT + 32);
    expect(written(rlp.rlpWriteHash(OUTPUT, INPUT))).to.equal(`0xa0${'ee'.repeat(32)}`);
    expect(written(rlp.rlpWriteAddress(OUTPUT, INPUT))).to.equal(`0x94${'ee'.repeat(20)}`);
  });

  for (const [title, hex] of [
    ['nothing', ''],
    ['a byte below 0x80 with a header', '8105'],
    ['a string cut short', '83aabb'],
    ['a list cut short', 'c3aabb'],
    ['a long form for a short string', `b801${'aa'}`],
    ['a length with a leading zero', `b90038${'aa'.repeat(56)}`],
    ['a length that is cut short', 'b9'],
    ['a length beyond the memory', 'bbffffffff00'],
    ['a length of more than four bytes', 'bc0000000001'],
  ]) {
    it(`refuses to read ${title}`, () => {
      bytes.set(Buffer.from(hex, 'hex'), INPUT);
      expect(rlp.rlpRead(INPUT, INPUT + hex.length / 2)).to.equal(0);
    });
  }

  it('refuses integers with leading zeros, lists and what is too long', () => {
    for (const hex of ['00', '820001', 'c0', `a1${'01'.repeat(33)}`]) {
      bytes.set(Buffer.from(hex, 'hex'), INPUT);
      expect(rlp.rlpReadWord(INPUT, INPUT + hex.length / 2, OUTPUT), hex).to.equal(0);
      expect(rlp.rlpReadU64(INPUT, INPUT + hex.length / 2), hex).to.equal(0);
    }
  });
});
