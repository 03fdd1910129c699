import { expect } from 'chai';
import type { Hex } from 'viem';
import { addresses } from '../../src/chain/addresses';
import { EMPTY_CODE_HASH } from '../../src/codec/header';
import { contractAddress } from '../../src/codec/transaction';
import { type Address, concatBytes, toFixedBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { hasErrorCode } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import { EXECUTOR_KINDS } from '../../src/execution/createExecutor';
import {
  BAD_JUMP_CODE,
  BLOCKHASH_CODE,
  DESTROY_CODE,
  initCode,
  LOAD_CODE,
  REVERT_CODE,
  STORE_CODE,
  TOKEN_CODE,
  TOKEN_CONSTRUCTOR,
} from './bytecode';
import { callRequest, word } from './callRequest';
import { accounts, addressOf, ETHER, GWEI, l1Block, signTransaction, TestChain } from './testChain';

for (const kind of EXECUTOR_KINDS) {
  describe(`blocks (${kind})`, () => {
    const open = TestChain.opener(kind);
    it('moves value, credits the base fee to its vault and the tip to the coinbase', async () => {
      const test = await open();
      const recipient = toFixedBytes(0xabcdef, 20);
      const transfer = await signTransaction(0, 0, { to: toHex(recipient), value: ETHER, gas: 21_000n });
      const { block, receipts, rejected } = await test.seal([transfer]);
      expect(rejected).to.deep.equal([]);
      expect(receipts).to.have.length(2);
      const state = test.chain.stateAt(1);
      const price = block.header.baseFeePerGas + GWEI;
      expect(receipts[1]).to.deep.equal({
        type: 2,
        succeeded: true,
        cumulativeGasUsed: receipts[0].gasUsed + 21_000n,
        gasUsed: 21_000n,
        logsBloom: new Uint8Array(256),
        logs: [],
        effectiveGasPrice: price,
        contractAddress: undefined,
        depositNonce: undefined,
      });
      expect(state.account(recipient)).to.deep.include({ nonce: 0n, balance: ETHER, codeHash: EMPTY_CODE_HASH });
      expect(state.account(addressOf(0))).to.deep.include({
        nonce: 1n,
        balance: 10_000n * ETHER - ETHER - 21_000n * price,
      });
      expect(state.account(addresses.sequencerFeeVault)?.balance).to.equal(21_000n * GWEI);
      expect(state.account(addresses.baseFeeVault)?.balance).to.equal(21_000n * block.header.baseFeePerGas);
      expect(block.header.gasUsed).to.equal(receipts[1].cumulativeGasUsed);
    });

    it('tells L1Block the origin in the first transaction', async () => {
      const test = await open();
      const { block, receipts } = await test.seal([], { deposits: [] });
      expect(block.transactions[0]).to.deep.include({ type: 0x7e, from: addresses.depositor, to: addresses.l1Block });
      expect(receipts[0]).to.deep.include({ succeeded: true, type: 0x7e, depositNonce: 0n });
      const read = async (signature: string) => {
        const data = keccak256(Buffer.from(signature)).subarray(0, 4);
        return (await test.executor.call(callRequest({ to: addresses.l1Block, data }), block.header)).output;
      };
      expect(await read('number()')).to.deep.equal(word(11));
      expect(await read('hash()')).to.deep.equal(l1Block(11).hash);
      expect(await read('timestamp()')).to.deep.equal(word(l1Block(11).timestamp));
      expect(await read('sequenceNumber()')).to.deep.equal(word(0));
      expect(test.chain.stateAt(1).account(addresses.depositor)?.nonce).to.equal(1n);
    });

    it('keeps the supply: what senders pay is what recipients and vaults get', async () => {
      const test = await open();
      const supply = (blockNumber: number) => {
        const state = test.chain.stateAt(blockNumber);
        const holders = [...accounts.keys()].map(addressOf);
        return [...holders, addresses.sequencerFeeVault, addresses.baseFeeVault, toFixedBytes(0x77, 20)]
          .map((address) => state.account(address)?.balance ?? 0n)
          .reduce((sum, balance) => sum + balance, 0n);
      };
      await test.seal([
        await signTransaction(0, 0, { to: toHex(toFixedBytes(0x77, 20)), value: 5n }),
        await signTransaction(1, 0, { to: accounts[2].address, value: ETHER, type: 'legacy', gasPrice: 3n * GWEI }),
        await signTransaction(2, 0, { data: initCode(BAD_JUMP_CODE) }),
        await signTransaction(3, 0, { to: toHex(addresses.sequencerFeeVault), value: 1n, gas: 100_000n }),
      ]);
      expect(supply(1)).to.equal(supply(0));
    });

    it('deploys a token and transfers it, with logs in receipt and header bloom', async () => {
      const test = await open();
      const token = contractAddress(addressOf(0), 0n);
      const deploy = await signTransaction(0, 0, { data: initCode(TOKEN_CODE, TOKEN_CONSTRUCTOR) });
      const send = (from: number, nonce: number, to: Address, amount: number) =>
        signTransaction(from, nonce, { to: toHex(token), data: toHex(concatBytes(word(to), word(amount))) });
      const { receipts, block } = await test.seal([
        deploy,
        await send(0, 1, addressOf(1), 100),
        await send(1, 0, addressOf(2), 101),
        await send(1, 1, addressOf(2), 40),
      ]);
      expect(receipts.map(({ succeeded }) => succeeded)).to.deep.equal([true, true, true, false, true]);
      expect(receipts[1].contractAddress).to.deep.equal(token);
      expect(receipts[2].logs).to.deep.equal([
        { address: token, topics: [word(0x11), word(addressOf(0)), word(addressOf(1))], data: word(100) },
      ]);
      const state = test.chain.stateAt(1);
      expect(state.storage(token, word(addressOf(0)))).to.deep.equal(word(999_900));
      expect(state.storage(token, word(addressOf(1)))).to.deep.equal(word(60));
      expect(state.storage(token, word(addressOf(2)))).to.deep.equal(word(40));
      expect(state.account(token)).to.deep.include({ nonce: 1n, codeHash: keccak256(Buffer.from(TOKEN_CODE, 'hex')) });
      expect(block.header.logsBloom.some((byte) => byte !== 0)).to.equal(true);
    });

    it('keeps beacon roots (EIP-4788) and parent hashes (EIP-2935) readable, and BLOCKHASH', async () => {
      const test = await open();
      const { block: first } = await test.seal([await signTransaction(0, 0, { data: initCode(BLOCKHASH_CODE) })], {
        deposits: [],
      });
      const { block: second } = await test.seal([]);
      const call = async (to: Address, data: Uint8Array) =>
        (await test.executor.call(callRequest({ to, data }), second.header)).output;
      expect(await call(addresses.beaconRoots, word(first.header.timestamp))).to.deep.equal(
        l1Block(11).parentBeaconBlockRoot,
      );
      expect(await call(addresses.historyStorage, word(1))).to.deep.equal(first.hash);
      expect(await call(addresses.historyStorage, word(0))).to.deep.equal(first.header.parentHash);
      expect(await call(contractAddress(addressOf(0), 0n), word(1))).to.deep.equal(first.hash);
      expect(await call(contractAddress(addressOf(0), 0n), word(2))).to.deep.equal(ZERO_HASH);
      expect(test.chain.stateAt(2).account(addresses.systemCaller)).to.equal(undefined);
    });

    it('lets several blocks share a second', async () => {
      const test = await open();
      const { timestamp } = (await test.seal([], { deposits: [] })).block.header;
      expect((await test.seal([], { timestamp })).block.header.timestamp).to.equal(timestamp);
    });

    it('removes a contract that is destroyed where it was created, and only there (EIP-6780)', async () => {
      const test = await open();
      const creator = contractAddress(addressOf(0), 0n);
      await test.seal([
        await signTransaction(0, 0, { data: '0x6001600155' + '33ff' } as { data: Hex }),
        await signTransaction(0, 1, { data: initCode(DESTROY_CODE), value: 5n }),
      ]);
      const survivor = contractAddress(addressOf(0), 1n);
      expect(test.chain.stateAt(1).account(creator)).to.equal(undefined);
      expect(test.chain.stateAt(1).storage(creator, word(1))).to.deep.equal(ZERO_HASH);
      await test.seal([await signTransaction(0, 2, { to: toHex(survivor) })]);
      expect(test.chain.stateAt(2).account(survivor)).to.deep.include({ balance: 0n, nonce: 1n });
    });

    it('charges a revert for what it used and a halt for everything', async () => {
      const test = await open();
      const deploys = [REVERT_CODE, BAD_JUMP_CODE].map((code, nonce) =>
        signTransaction(0, nonce, { data: initCode(code) }),
      );
      await test.seal(await Promise.all(deploys));
      const { receipts } = await test.seal([
        await signTransaction(1, 0, { to: toHex(contractAddress(addressOf(0), 0n)), gas: 100_000n, value: 1n }),
        await signTransaction(1, 1, { to: toHex(contractAddress(addressOf(0), 1n)), gas: 100_000n, value: 1n }),
      ]);
      expect(receipts[1]).to.deep.include({ succeeded: false, logs: [] });
      expect(receipts[1].gasUsed < 22_000n).to.equal(true);
      expect(receipts[2]).to.deep.include({ succeeded: false, gasUsed: 100_000n });
      expect(test.chain.stateAt(2).account(addressOf(1))?.nonce).to.equal(2n);
    });

    it('refuses to build on anything but the head', async () => {
      const test = await open();
      const request = test.request([]);
      await test.seal([]);
      const error = await test.executor.executeBlock(request).catch((thrown: unknown) => thrown);
      expect(hasErrorCode(error, 'Execution.WrongParent')).to.equal(true);
    });

    it('gives the same block for the same request, and persists nothing by itself', async () => {
      const test = await open();
      const request = test.request([await signTransaction(0, 0, { data: initCode(STORE_CODE) })]);
      const first = await test.executor.executeBlock(request);
      const second = await test.executor.executeBlock(request);
      expect(toHex(second.block.hash)).to.equal(toHex(first.block.hash));
      expect([...second.stateOperations]).to.deep.equal([...first.stateOperations]);
      expect(test.chain.head.header.number).to.equal(0);
      expect(test.chain.stateAt(0).account(contractAddress(addressOf(0), 0n))).to.equal(undefined);
    });

    it('takes the withdrawals root from L2ToL1MessagePasser', async () => {
      const test = await open();
      const before = test.chain.head.header.withdrawalsRoot;
      const initiate = keccak256(Buffer.from('initiateWithdrawal(address,uint256,bytes)')).subarray(0, 4);
      const data = toHex(concatBytes(initiate, word(addressOf(0)), word(100_000), word(96), word(0)));
      const { block, receipts } = await test.seal([
        await signTransaction(0, 0, { to: toHex(addresses.l2ToL1MessagePasser), data, value: 3n }),
      ]);
      expect(receipts[1].succeeded).to.equal(true);
      expect(block.header.withdrawalsRoot).not.to.deep.equal(before);
      expect(block.header.withdrawalsRoot).to.deep.equal(
        test.chain.stateAt(1).account(addresses.l2ToL1MessagePasser)?.storageRoot,
      );
    });

    it('reads what an earlier transaction of the block wrote', async () => {
      const test = await open();
      const store = contractAddress(addressOf(0), 0n);
      await test.seal([
        await signTransaction(0, 0, { data: initCode(STORE_CODE) }),
        await signTransaction(0, 1, { to: toHex(store), data: toHex(concatBytes(word(1), word(7))) }),
        await signTransaction(1, 0, { to: toHex(store), data: toHex(concatBytes(word(1), word(0))) }),
        await signTransaction(2, 0, { to: toHex(store), data: toHex(concatBytes(word(2), word(9))) }),
        await signTransaction(2, 1, { data: initCode(LOAD_CODE) }),
      ]);
      const state = test.chain.stateAt(1);
      expect(state.storage(store, word(1))).to.deep.equal(ZERO_HASH);
      expect(state.storage(store, word(2))).to.deep.equal(word(9));
    });
  });
}
