import { expect } from 'chai';
import type { PortalDeposit } from '../../src/chain/l1Block';
import { contractAddress } from '../../src/codec/transaction';
import { concatBytes, fromHex, toFixedBytes, toHex } from '../../src/core/bytes';
import { EXECUTOR_KINDS } from '../../src/execution/createExecutor';
import { BAD_JUMP_CODE, initCode, REVERT_CODE, STORE_CODE } from './bytecode';
import { word } from './callRequest';
import { addressOf, ETHER, signTransaction, TestChain } from './testChain';

const STRANGER = toFixedBytes(0x5757, 20);

function deposit(fields: Partial<PortalDeposit>): Omit<PortalDeposit, 'logIndex'> {
  return {
    from: STRANGER,
    to: toFixedBytes(0x9999, 20),
    mint: 0n,
    value: 0n,
    gasLimit: 100_000n,
    data: new Uint8Array(0),
    ...fields,
  };
}

for (const kind of EXECUTOR_KINDS) {
  describe(`deposits (${kind})`, () => {
    const open = TestChain.opener(kind);
    it('mints and sends, pays no fee and counts its gas', async () => {
      const test = await open();
      const { receipts, block } = await test.seal([], { deposits: [deposit({ mint: ETHER, value: ETHER / 4n })] });
      expect(receipts[1]).to.deep.include({
        type: 0x7e,
        succeeded: true,
        gasUsed: 21_000n,
        effectiveGasPrice: 0n,
        depositNonce: 0n,
        contractAddress: undefined,
      });
      const state = test.chain.stateAt(1);
      expect(state.account(STRANGER)).to.deep.include({ nonce: 1n, balance: (ETHER * 3n) / 4n });
      expect(state.account(toFixedBytes(0x9999, 20))?.balance).to.equal(ETHER / 4n);
      expect(block.header.gasUsed).to.equal(receipts[1].cumulativeGasUsed);
    });

    it('creates a contract', async () => {
      const test = await open();
      const { receipts } = await test.seal([], {
        deposits: [deposit({ to: undefined, data: fromHex(initCode(STORE_CODE)) })],
      });
      expect(receipts[1]).to.deep.include({ succeeded: true, contractAddress: contractAddress(STRANGER, 0n) });
      expect(test.chain.stateAt(1).account(contractAddress(STRANGER, 0n))?.nonce).to.equal(1n);
    });

    it('keeps the mint and raises the nonce when it reverts, and charges what it used', async () => {
      const test = await open();
      await test.seal([await signTransaction(0, 0, { data: initCode(REVERT_CODE) })]);
      const to = contractAddress(addressOf(0), 0n);
      const { receipts } = await test.seal([], { deposits: [deposit({ to, mint: 5n, value: 3n })] });
      expect(receipts[1].succeeded).to.equal(false);
      expect(receipts[1].gasUsed < 22_000n).to.equal(true);
      const state = test.chain.stateAt(2);
      expect(state.account(STRANGER)).to.deep.include({ nonce: 1n, balance: 5n });
      expect(state.account(to)?.balance).to.equal(0n);
    });

    it('uses its whole gas limit when it halts', async () => {
      const test = await open();
      await test.seal([await signTransaction(0, 0, { data: initCode(BAD_JUMP_CODE) })]);
      const { receipts } = await test.seal([], {
        deposits: [deposit({ to: contractAddress(addressOf(0), 0n), mint: 5n })],
      });
      expect(receipts[1]).to.deep.include({ succeeded: false, gasUsed: 100_000n });
      expect(test.chain.stateAt(2).account(STRANGER)).to.deep.include({ nonce: 1n, balance: 5n });
    });

    for (const [reason, fields] of [
      ['its value is above the balance', { mint: 1n, value: 2n }],
      ['its gas is below the intrinsic gas', { mint: 1n, gasLimit: 20_999n }],
      ['its gas is below the calldata floor', { mint: 1n, gasLimit: 41_000n, data: new Uint8Array(1000).fill(1) }],
      ['its init code is too large', { mint: 1n, gasLimit: 9_000_000n, to: undefined, data: new Uint8Array(49_153) }],
    ] as const) {
      it(`is included, keeps the mint and uses its whole gas limit when ${reason}`, async () => {
        const test = await open();
        const { receipts } = await test.seal([], { deposits: [deposit(fields), deposit({ mint: 1n })] });
        const gasLimit = 'gasLimit' in fields ? fields.gasLimit : 100_000n;
        expect(receipts[1]).to.deep.include({ succeeded: false, gasUsed: gasLimit, logs: [], depositNonce: 0n });
        expect(receipts[2]).to.deep.include({ succeeded: true, depositNonce: 1n });
        expect(test.chain.stateAt(1).account(STRANGER)).to.deep.include({ nonce: 2n, balance: 2n });
      });
    }

    it('may come from an address with code, and gas above the cap of signed transactions', async () => {
      const test = await open();
      await test.seal([await signTransaction(0, 0, { data: initCode(STORE_CODE) })]);
      const from = contractAddress(addressOf(0), 0n);
      const data = concatBytes(word(1), word(2));
      const { receipts } = await test.seal([], {
        deposits: [deposit({ from, to: from, data, gasLimit: 17_000_000n })],
      });
      expect(receipts[1]).to.deep.include({ succeeded: true, depositNonce: 1n });
      expect(test.chain.stateAt(2).storage(from, word(1))).to.deep.equal(word(2));
    });

    it('comes before the signed transactions of the block', async () => {
      const test = await open();
      const recipient = toFixedBytes(0x77, 20);
      const { block, rejected } = await test.seal([await signTransaction(0, 0, { to: toHex(recipient), value: 1n })], {
        deposits: [deposit({ mint: 1n }), deposit({ mint: 1n })],
      });
      expect(rejected).to.deep.equal([]);
      expect(block.transactions.map(({ type }) => type)).to.deep.equal([0x7e, 0x7e, 0x7e, 2]);
      expect(block.l1Origin).to.deep.include({ number: 11, sequenceNumber: 0 });
    });
  });
}
