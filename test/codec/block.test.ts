import { expect } from 'chai';
import { decodeBlock, encodeBlock } from '../../src/codec/block';
import { toHex } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { signTransaction, TestChain } from '../execution/testChain';

describe('block codec', () => {
  it('keeps everything, senders too, over the disk', async () => {
    const test = await TestChain.open();
    const { block } = await test.seal([await signTransaction(0, 0, { to: `0x${'11'.repeat(20)}`, gas: 21_000n })], {
      deposits: [],
    });
    const encoded = encodeBlock(block);
    const decoded = decodeBlock(encoded);
    expect(decoded).to.deep.equal(block);
    expect(toHex(keccak256(encodeBlock(decoded)))).to.equal(toHex(keccak256(encoded)));
    for (const sequenceNumber of [0, 1, 300]) {
      const l1Origin = { ...block.l1Origin, sequenceNumber };
      expect(decodeBlock(encodeBlock({ ...block, l1Origin })).l1Origin).to.deep.equal(l1Origin);
    }
  });

  it('refuses other bytes, naming what is wrong', () => {
    expect(() => decodeBlock(Uint8Array.of(0xc0))).to.throw(TributaryError, 'block: expected a list of 3 items, got 0');
    expect(() => decodeBlock(Uint8Array.of(0xc3, 0x80, 0xc0, 0xc0))).to.throw(TributaryError, 'l1Origin');
  });
});
