import { createHash } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { expect } from 'chai';
import fc from 'fast-check';
import secp256k1 from 'secp256k1';
import { fromHex, toBigInt, toFixedBytes, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import { runPrecompile } from '../../src/kernel/precompiles/runPrecompile';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 1_357_911);
const IDS = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 0x100];
/** Sizes that some precompile takes, and those beside them. */
const SIZES = [0, 1, 32, 64, 96, 127, 128, 159, 160, 191, 192, 212, 213, 214, 256, 288, 384, 512, 768];

function words(...values: (bigint | number)[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [...toFixedBytes(value, 32)]));
}

describe('Precompiles', () => {
  it(`give an answer to any input (seed ${SEED})`, () => {
    const bytes = fc
      .constantFrom(...SIZES)
      .chain((length) =>
        fc.oneof(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.constant(new Uint8Array(length)),
          fc.constant(new Uint8Array(length).fill(0xff)),
        ),
      );
    fc.assert(
      fc.property(fc.constantFrom(...IDS), bytes, (id, input) => {
        // Rounds and sizes are what gas bounds: small ones here.
        if (id === 9 && input.length > 1) input.fill(0, 0, 3);
        if (id === 5) input.fill(0, 0, Math.min(input.length, 95));
        const output = runPrecompile(id, input);
        expect(output === undefined || output instanceof Uint8Array).to.equal(true);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('recover a signer, with s in either half, and nobody from a wrong v', () => {
    const key = keccak256(Uint8Array.of(1));
    const digest = keccak256(Uint8Array.of(2));
    const { signature, recid } = secp256k1.ecdsaSign(digest, key);
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const [r, s] = [toBigInt(signature.subarray(0, 32)), toBigInt(signature.subarray(32))];
    const signer = keccak256(secp256k1.publicKeyCreate(key, false).subarray(1)).subarray(12);
    const padded = new Uint8Array(32);
    padded.set(signer, 12);
    const run = (v: number, sValue: bigint) => runPrecompile(1, words(toBigInt(digest), v, r, sValue));
    expect(run(27 + recid, s)).to.deep.equal(padded);
    expect(run(28 - recid, order - s)).to.deep.equal(padded);
    expect(run(29, s)).to.deep.equal(new Uint8Array(0));
  });

  it('raise to a power as EIP-198 writes it, and take missing bytes for zeros', () => {
    const input = (base: bigint, exponent: bigint, modulus: bigint) => words(32, 32, 32, base, exponent, modulus);
    const power = (base: bigint, exponent: bigint, modulus: bigint) =>
      toBigInt(runPrecompile(5, input(base, exponent, modulus)) ?? new Uint8Array(0));
    const prime = 2n ** 256n - 2n ** 32n - 977n;
    expect(power(3n, prime - 1n, prime)).to.equal(1n);
    expect(power(3n, prime - 2n, prime)).to.equal((prime * 2n + 1n) / 3n);
    expect(power(0n, 0n, 5n)).to.equal(1n);
    expect(power(5n, 7n, 1n)).to.equal(0n);
    expect(runPrecompile(5, words(1, 1, 2).subarray(0, 96))).to.deep.equal(new Uint8Array(2));
  });

  it('hash as node:crypto does, ripemd160 in 32 bytes', () => {
    const input = Uint8Array.of(1, 2, 3);
    expect(toHex(runPrecompile(2, input) ?? new Uint8Array(0))).to.equal(
      `0x${createHash('sha256').update(input).digest('hex')}`,
    );
    expect(toHex(runPrecompile(3, input) ?? new Uint8Array(0))).to.equal(
      `0x${'00'.repeat(12)}${createHash('ripemd160').update(input).digest('hex')}`,
    );
  });

  it('compress the one block of "abc" to its BLAKE2b hash, and refuse a final flag that is neither 0 nor 1', () => {
    // EIP-152, test vector 5: 12 rounds of the initial state with 64-byte digests.
    const input = fromHex(
      '0000000c48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b' +
        `6bbd41fbabd9831f79217e1319cde05b616263${'00'.repeat(125)}03${'00'.repeat(15)}01`,
    );
    expect(toHex(runPrecompile(9, input) ?? new Uint8Array(0))).to.equal(
      `0x${createHash('blake2b512').update('abc').digest('hex')}`,
    );
    input[212] = 2;
    expect(runPrecompile(9, input)).to.equal(undefined);
  });

  it(`compress blocks to BLAKE2b hashes as node:crypto does (seed ${SEED})`, () => {
    // RFC 7693 §3.3: the parameter block of a 64-byte digest without a key is in the first word.
    const initial = fromHex(
      '48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b',
    );
    const hash = (message: Uint8Array) => {
      let state: Uint8Array = initial;
      for (let at = 0; at === 0 || at < message.length; at += 128) {
        const block = message.subarray(at, at + 128);
        const input = new Uint8Array(213);
        input[3] = 12;
        input.set(state, 4);
        input.set(block, 68);
        new DataView(input.buffer).setUint32(196, at + block.length, true);
        input[212] = at + 128 >= message.length ? 1 : 0;
        state = runPrecompile(9, input) ?? new Uint8Array(0);
      }
      return toHex(state);
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600, size: 'max' }), (message) => {
        expect(hash(message)).to.equal(`0x${createHash('blake2b512').update(message).digest('hex')}`);
      }),
      { seed: SEED, numRuns: 100 },
    );
  });

  it('verify secp256r1 signatures, and nothing but them', () => {
    const key = keccak256(Uint8Array.of(3));
    const digest = keccak256(Uint8Array.of(4));
    const signature = p256.sign(digest, key, { prehash: false, lowS: false });
    const publicKey = p256.getPublicKey(key, false).subarray(1);
    const input = Uint8Array.from([...digest, ...signature, ...publicKey]);
    expect(runPrecompile(0x100, input)).to.deep.equal(words(1));
    input[0] ^= 1;
    expect(runPrecompile(0x100, input)).to.deep.equal(new Uint8Array(0));
    expect(runPrecompile(0x100, input.subarray(1))).to.deep.equal(new Uint8Array(0));
  });
});
