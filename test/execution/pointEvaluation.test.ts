import { readFileSync } from 'node:fs';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { expect } from 'chai';
import { concatBytes, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { verifyKzgProof } from '../../src/execution/reference/pointEvaluation';
import { callRequest, word } from './callRequest';
import { TestChain } from './testChain';

const POINT_EVALUATION = toFixedBytes(0x0a, 20);
const G1 = bls12_381.G1.Point;

/** [τ]₁ of the ceremony, from the trusted setup that kzg-wasm ships: the commitment to the polynomial p(x) = x. */
function tauG1(): Uint8Array {
  const setup = readFileSync(require.resolve('kzg-wasm').replace(/index\.js$/, 'trustedSetup.js'), 'utf8');
  const points = /"g1_monomial":\s*"([0-9a-f]+)"/.exec(setup)?.[1] ?? '';
  return fromHex(points.slice(96, 192));
}

describe('point evaluation precompile (EIP-4844)', () => {
  const commitment = tauG1();
  const quotientOne = G1.BASE.toBytes(true); // (p(x) − p(z)) / (x − z) = 1

  it('accepts p(x) = x at any point, and a constant with the proof at infinity', () => {
    for (const z of [word(0), word(1), word(123_456_789)]) {
      expect(verifyKzgProof(commitment, z, z, quotientOne)).to.equal(true);
      const constant = G1.BASE.multiply(5n).toBytes(true);
      expect(verifyKzgProof(constant, z, word(5), G1.ZERO.toBytes(true))).to.equal(true);
    }
    const infinity = G1.ZERO.toBytes(true);
    expect(verifyKzgProof(infinity, word(3), word(0), infinity)).to.equal(true);
  });

  it('refuses a wrong value, a field element out of range and bytes that are no point', () => {
    expect(verifyKzgProof(commitment, word(1), word(2), quotientOne)).to.equal(false);
    expect(verifyKzgProof(commitment, word(bls12_381.fields.Fr.ORDER), word(0), quotientOne)).to.equal(false);
    expect(verifyKzgProof(new Uint8Array(48), word(1), word(1), quotientOne)).to.equal(false);
    expect(verifyKzgProof(commitment, word(1), word(1), new Uint8Array(48).fill(0xff))).to.equal(false);
  });

  it('answers through a call, and takes all gas for a wrong proof', async () => {
    const test = await TestChain.open();
    const versionedHash = sha256(commitment);
    versionedHash[0] = 1;
    const input = (y: Uint8Array) => concatBytes(versionedHash, word(9), y, commitment, quotientOne);
    const call = (data: Uint8Array) =>
      test.executor.call(callRequest({ to: POINT_EVALUATION, data }), test.chain.head.header);
    const right = await call(input(word(9)));
    expect(right.outcome).to.equal('success');
    expect(toHex(right.output)).to.equal(toHex(concatBytes(word(4096), word(bls12_381.fields.Fr.ORDER))));
    expect(await call(input(word(8)))).to.deep.include({ outcome: 'halt', gasUsed: 1_000_000n });
    expect(await call(input(word(9)).subarray(1))).to.deep.include({ outcome: 'halt', gasUsed: 1_000_000n });
  });
});
