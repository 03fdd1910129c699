import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { encodeFunctionData, type Hex, keccak256, toEventSelector } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { encodeHeader } from '../../src/codec/header';
import { fromHex } from '../../src/core/bytes';
import { L2_CHAIN_ID, MNEMONIC, type RunningRpc, startRpc } from './startRpc';
import { tide } from './tide';

const GWEI = 10n ** 9n;
const sender = mnemonicToAccount(MNEMONIC);
const other = mnemonicToAccount(MNEMONIC, { addressIndex: 1 });
const STRANGER = `0x${'5a'.repeat(20)}`;

interface SignFields {
  nonce: number;
  to?: Hex;
  value?: bigint;
  gas?: bigint;
  data?: Hex;
  maxFeePerGas?: bigint;
  maxPriorityFeePerGas?: bigint;
  chainId?: number;
}

const sign = (fields: SignFields, account = sender) =>
  account.signTransaction({
    type: 'eip1559',
    chainId: L2_CHAIN_ID,
    gas: 21_000n,
    to: other.address,
    maxFeePerGas: 10n * GWEI,
    maxPriorityFeePerGas: 1n,
    ...fields,
  });

describe('JSON-RPC methods', () => {
  let rpc: RunningRpc;
  let contract: Hex;
  const result = async (method: string, params: unknown[] = []) => {
    const reply = await rpc.request(method, params);
    expect(reply.error, method).to.equal(undefined);
    return reply.result;
  };
  const failure = async (method: string, params: unknown[] = []) => (await rpc.request(method, params)).error;
  const nonceOf = async (address: string, block = 'pending') =>
    Number(await result('eth_getTransactionCount', [address, block]));
  const head = async () => Number(await result('eth_blockNumber'));
  const write = async (functionName: string, args: bigint[]) => {
    const data = encodeFunctionData({ abi: tide().abi, functionName, args });
    return (await result('eth_sendTransaction', [{ from: sender.address, to: contract, data }])) as Hex;
  };
  const receiptOf = async (hash: unknown) =>
    (await result('eth_getTransactionReceipt', [hash])) as Record<string, string> & { logs: Record<string, string>[] };

  before(async () => {
    rpc = await startRpc({
      limits: { logBlockCountMax: 50, logResultCountMax: 30, filterCountMax: 5, pendingFilterHashCountMax: 3 },
    });
    const hash = await result('eth_sendTransaction', [{ from: sender.address, data: tide().bytecode }]);
    contract = (await receiptOf(hash)).contractAddress as Hex;
  });

  afterEach(() => {
    expect(rpc.errors).to.deep.equal([]);
  });

  after(() => rpc.stop());

  describe('eth_sendRawTransaction', () => {
    it('refuses in words that clients match on', async () => {
      const nonce = await nonceOf(sender.address);
      const known = await sign({ nonce: nonce + 3 });
      await result('eth_sendRawTransaction', [known]);
      const poor = mnemonicToAccount(MNEMONIC, { addressIndex: 99 });
      const cases: [string, Hex, RegExp][] = [
        ['used nonce', await sign({ nonce: 0 }), new RegExp(`^nonce too low: next nonce ${nonce}, tx nonce 0$`)],
        ['the same again', known, /^already known$/],
        ['replacement', await sign({ nonce: nonce + 3, value: 1n }), /^replacement transaction underpriced$/],
        [
          'no funds',
          await sign({ nonce: 0, value: 1n }, poor),
          /^insufficient funds for gas \* price \+ value: balance 0, tx cost \d+, overshot \d+$/,
        ],
        ['little gas', await sign({ nonce, gas: 20_999n }), /^intrinsic gas too low/],
        ['another chain', await sign({ nonce, chainId: 1 }), /^invalid chain id for signer: have 1 want 31338$/],
        ['gas over all limits', await sign({ nonce, gas: 2n ** 40n }), /exceeds block gas limit|gas limit too high/],
      ];
      for (const [name, raw, words] of cases) {
        const error = await failure('eth_sendRawTransaction', [raw]);
        expect(error?.code, name).to.equal(-32000);
        expect(error?.message, name).to.match(words);
      }
      for (const raw of ['0x', '0x01', '0x7e00', `0x${'ff'.repeat(300)}`, `${known.slice(0, -2)}`, `${known}00`]) {
        expect((await failure('eth_sendRawTransaction', [raw]))?.code, raw.slice(0, 20)).to.equal(-32000);
      }
    });

    it('puts the transactions of one batch into one block', async () => {
      const nonce = await nonceOf(other.address);
      const raws = await Promise.all(
        Array.from({ length: 10 }, (_, i) => sign({ nonce: nonce + i, to: sender.address }, other)),
      );
      const before = await head();
      const batch = raws.map((raw, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }));
      const { reply } = await rpc.post(JSON.stringify(batch));
      expect(reply).to.deep.equal(raws.map((raw, id) => ({ jsonrpc: '2.0', id, result: keccak256(raw) })));
      expect(await head()).to.equal(before + 1);
      expect(await result('eth_getBlockTransactionCountByNumber', ['latest'])).to.equal('0xb');
    });

    it('shows a transaction that waits as pending', async () => {
      const nonce = (await nonceOf(other.address)) + 1;
      const hash = await result('eth_sendRawTransaction', [await sign({ nonce, value: 5n }, other)]);
      expect(await result('eth_getTransactionByHash', [hash])).to.include({
        blockHash: null,
        blockNumber: null,
        transactionIndex: null,
        nonce: `0x${nonce.toString(16)}`,
        gasPrice: `0x${(10n * GWEI).toString(16)}`,
      });
      expect(await result('eth_getTransactionReceipt', [hash])).to.equal(null);
      const { queued } = (await result('txpool_content')) as {
        queued: Record<string, Record<string, { hash: string }>>;
      };
      expect(queued[other.address.toLowerCase()][nonce].hash).to.equal(hash);
      const status = (await result('txpool_status')) as { queued: string; pending: string };
      expect([Number(status.queued) > 0, status.pending]).to.deep.equal([true, '0x0']);
      await result('eth_sendRawTransaction', [await sign({ nonce: nonce - 1 }, other)]);
      expect((await receiptOf(hash)).status).to.equal('0x1');
    });

    it('answers a synchronous send with error 4 and the hash when time is up (EIP-7966)', async () => {
      const raw = await sign({ nonce: (await nonceOf(other.address)) + 7 }, other);
      const error = await failure('eth_sendRawTransactionSync', [raw, 30]);
      expect(error).to.deep.equal({
        code: 4,
        message: "the transaction was added to the mempool but wasn't processed within 30 ms",
        data: keccak256(raw),
      });
    });
  });

  describe('state', () => {
    it('takes every way to name a block (EIP-1898)', async () => {
      const number = `0x${(await head()).toString(16)}`;
      const { hash } = (await result('eth_getBlockByNumber', [number])) as { hash: string };
      const latest = await result('eth_getBalance', [sender.address]);
      const names = [
        'latest',
        'pending',
        number,
        Number(number),
        hash,
        { blockNumber: number },
        { blockHash: hash },
        { blockHash: hash, requireCanonical: true },
        null,
      ];
      for (const name of names)
        expect(await result('eth_getBalance', [sender.address, name]), JSON.stringify(name)).to.equal(latest);
      const genesis = await result('eth_getBalance', [sender.address, 'earliest']);
      expect(genesis).to.equal(`0x${(10n ** 22n).toString(16)}`);
      for (const name of ['0xffff', `0x${'00'.repeat(32)}`, { blockHash: `0x${'00'.repeat(32)}` }]) {
        expect(await failure('eth_getBalance', [sender.address, name])).to.deep.equal({
          code: -32000,
          message: 'header not found',
        });
      }
    });

    it('proves slots and repeats them as they were asked for', async () => {
      const long = `0x${'0'.repeat(64)}`;
      const { storageProof } = (await result('eth_getProof', [contract, ['0x0', long], 'latest'])) as {
        storageProof: { key: string }[];
      };
      expect(storageProof.map(({ key }) => key)).to.deep.equal(['0x0', long]);
      expect(await result('eth_getProof', [STRANGER, [], 'earliest'])).to.include({ balance: '0x0', nonce: '0x0' });
    });

    it('follows the labels safe and finalized', async () => {
      expect(await result('eth_getBlockByNumber', ['safe'])).to.include({ number: '0x0' });
      await rpc.chain.setLabel('safe', 2);
      await rpc.chain.setLabel('finalized', 1);
      expect(await result('eth_getBlockByNumber', ['safe'])).to.include({ number: '0x2' });
      expect(await result('eth_getBlockByNumber', ['finalized'])).to.include({ number: '0x1' });
      expect(await result('eth_getTransactionCount', [other.address, 'finalized'])).to.equal('0x0');
      const info = (await result('tributary_chainInfo')) as Record<
        'safe' | 'finalized' | 'l1Head' | 'config',
        Record<string, unknown>
      >;
      expect([info.safe.number, info.finalized.number, info.l1Head.number, info.config.l2ChainId]).to.deep.equal([
        '0x2',
        '0x1',
        '0x1',
        L2_CHAIN_ID,
      ]);
    });

    it('tells what a block’s transactions read and changed, decoded and encoded', async () => {
      const { number, hash } = (await result('eth_getBlockByNumber', ['latest'])) as { number: Hex; hash: Hex };
      const answer = (await result('tributary_blockAccessList', [number])) as {
        raw: Hex;
        accounts: { address: Hex; nonceChanges: { blockAccessIndex: Hex; newNonce: Hex }[] }[];
      };
      expect(answer).to.deep.include({ blockNumber: number, blockHash: hash, hash: keccak256(answer.raw) });
      const sent = (await result('eth_getBlockByNumber', [number, true])) as {
        transactions: { from: Hex; nonce: Hex }[];
      };
      const last = sent.transactions.length - 1;
      const { from, nonce } = sent.transactions[last];
      const change = {
        blockAccessIndex: `0x${sent.transactions.length.toString(16)}`,
        newNonce: `0x${(Number(nonce) + 1).toString(16)}`,
      };
      expect(answer.accounts.find(({ address }) => address === from)?.nonceChanges).to.deep.include(change);
      for (const name of ['latest', hash, { blockHash: hash }])
        expect(await result('tributary_blockAccessList', [name]), JSON.stringify(name)).to.deep.equal(answer);
      const { accounts, ...raw } = answer;
      expect(accounts.map(({ address }) => address)).to.deep.equal(accounts.map(({ address }) => address).sort());
      expect(await result('tributary_blockAccessList', [number, 'raw'])).to.deep.equal(raw);
      expect(await result('tributary_blockAccessList', ['earliest'])).to.equal(null);
      expect(await result('tributary_blockAccessList', ['0xffff'])).to.equal(null);
      expect(await failure('tributary_blockAccessList', [number, 'cooked'])).to.include({ code: -32602 });
      const blocks = (await result('tributary_sealedBlocks', [number, 1, true])) as { accessList?: Hex }[];
      expect(blocks[0].accessList).to.equal(answer.raw);
      expect((await result('tributary_sealedBlocks', [number, 1])) as object[]).to.not.have.nested.property(
        '[0].accessList',
      );
    });

    it('calls with overrides of balance, code and storage', async () => {
      const height = encodeFunctionData({ abi: tide().abi, functionName: 'height' });
      const word = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;
      const call = (overrides: object) => result('eth_call', [{ to: contract, data: height }, 'latest', overrides]);
      expect(await call({ [contract]: { stateDiff: { [word(0)]: word(77) } } })).to.equal(word(77));
      expect(await call({ [contract]: { state: { '0x0': word(78) } } })).to.equal(word(78));
      expect(await call({ [contract]: { code: '0x602a5f5260205ff3' } })).to.equal(word(42));
      const rich = {
        from: STRANGER,
        to: contract,
        value: '0x5',
        data: encodeFunctionData({ abi: tide().abi, functionName: 'pay' }),
      };
      expect((await failure('eth_call', [rich]))?.message).to.match(/^insufficient funds for gas \* price \+ value/);
      expect(await result('eth_call', [rich, 'latest', { [STRANGER]: { balance: '0x5' } }])).to.equal('0x');
      const both = await failure('eth_call', [
        { to: contract },
        'latest',
        { [contract]: { state: {}, stateDiff: {} } },
      ]);
      expect(both).to.include({ code: -32602 });
    });

    it('says why a call halts', async () => {
      const call = (functionName: string) => ({
        to: contract,
        data: encodeFunctionData({ abi: tide().abi, functionName }),
      });
      expect(await failure('eth_call', [call('failInvalid')])).to.deep.equal({
        code: -32000,
        message: 'invalid opcode',
      });
      expect(await failure('eth_call', [{ ...call('failForever'), gas: '0x30000' }])).to.deep.equal({
        code: -32000,
        message: 'out of gas',
      });
      expect(await failure('eth_estimateGas', [{ ...call('failForever'), gas: '0x30000' }])).to.deep.equal({
        code: -32000,
        message: 'gas required exceeds allowance (196608)',
      });
      expect(await failure('eth_call', [{ ...call('height'), gas: '0x5208' }])).to.include({ code: -32000 });
      const fees = { ...call('height'), from: sender.address, gas: '0x10000' };
      expect((await failure('eth_call', [{ ...fees, maxFeePerGas: '0x1' }]))?.message).to.match(
        /^max fee per gas less than block base fee/,
      );
      expect(
        (await failure('eth_call', [{ ...fees, maxFeePerGas: '0x1', maxPriorityFeePerGas: '0x2' }]))?.message,
      ).to.match(/^max priority fee per gas higher than max fee per gas/);
      expect((await failure('eth_call', [{ ...fees, gasPrice: '0x1', maxFeePerGas: '0x1' }]))?.code).to.equal(-32602);
    });

    it('bounds an estimate by what the sender can pay', async () => {
      const gasPrice = `0x${(10n * GWEI).toString(16)}`;
      expect((await failure('eth_estimateGas', [{ from: STRANGER, to: contract, gasPrice }]))?.message).to.equal(
        'gas required exceeds allowance (0)',
      );
      expect((await failure('eth_estimateGas', [{ from: STRANGER, to: contract, value: '0x1' }]))?.message).to.match(
        /^insufficient funds/,
      );
      const overrides = { [STRANGER]: { balance: `0x${(21_000n * 10n * GWEI).toString(16)}` } };
      expect(
        await result('eth_estimateGas', [{ from: STRANGER, to: sender.address, gasPrice }, 'latest', overrides]),
      ).to.equal('0x5208');
    });
  });

  describe('deposits', () => {
    it('appear as in OP Stack: source hash, mint, nonce and receipt version', async () => {
      rpc.l1.mine([
        {
          logIndex: 3,
          from: fromHex(STRANGER),
          to: fromHex(other.address),
          mint: 9n,
          value: 4n,
          gasLimit: 100_000n,
          data: new Uint8Array(0),
        },
      ]);
      await rpc.sequencer.sealNow();
      let number = await head();
      while (Number(await result('eth_getBlockTransactionCountByNumber', [`0x${number.toString(16)}`])) < 2) number--;
      const at = `0x${number.toString(16)}`;
      const deposit = (await result('eth_getTransactionByBlockNumberAndIndex', [at, '0x1'])) as Record<string, string>;
      expect(deposit).to.include({
        type: '0x7e',
        from: STRANGER,
        to: other.address.toLowerCase(),
        mint: '0x9',
        value: '0x4',
        gas: '0x186a0',
        nonce: '0x0',
        gasPrice: '0x0',
        depositReceiptVersion: '0x1',
        isSystemTx: false,
        transactionIndex: '0x1',
      });
      expect(deposit.sourceHash).to.match(/^0x[0-9a-f]{64}$/);
      expect(deposit).not.to.have.any.keys('yParity', 'chainId', 'accessList');
      const receipt = await receiptOf(deposit.hash);
      expect(receipt).to.include({
        type: '0x7e',
        status: '0x1',
        depositNonce: '0x0',
        depositReceiptVersion: '0x1',
        effectiveGasPrice: '0x0',
      });
      expect(await result('eth_getBalance', [STRANGER])).to.equal('0x5');
      const block = (await result('eth_getBlockByNumber', [at, true])) as { transactions: unknown[] };
      expect(block.transactions[1]).to.deep.equal(deposit);
      expect(await result('eth_getRawTransactionByHash', [deposit.hash])).to.match(/^0x7e/);
    });
  });

  describe('blocks', () => {
    it('show the pending block as what would come next', async () => {
      const latest = (await result('eth_getBlockByNumber', ['latest'])) as Record<string, string>;
      const pending = (await result('eth_getBlockByNumber', ['pending', true])) as Record<string, unknown>;
      expect(pending).to.include({ hash: null, nonce: null, miner: null, parentHash: latest.hash });
      expect(Number(pending.number)).to.equal(Number(latest.number) + 1);
      expect(pending.transactions).to.deep.equal([]);
    });

    it('have the size of their encoding and a hash that follows from their fields', async () => {
      const nonce = await nonceOf(other.address);
      const legacy = await other.signTransaction({
        type: 'legacy',
        chainId: L2_CHAIN_ID,
        nonce,
        gas: 60_000n,
        gasPrice: 10n * GWEI,
        to: sender.address,
        data: `0x${'01'.repeat(300)}`,
      });
      await result('eth_sendRawTransaction', [legacy]);
      const { header, hash, transactions: included } = rpc.chain.head;
      expect(included.map(({ type }) => type)).to.deep.equal([0x7e, 0]);
      const body = included.map(({ type, raw }) => (type === 0 ? RLP.decode(raw) : raw));
      const encoded = RLP.encode([RLP.decode(encodeHeader(header)), body, [], []]);
      const shown = (await result('eth_getBlockByNumber', ['latest', false])) as Record<string, string>;
      expect(shown.hash).to.equal(`0x${Buffer.from(hash).toString('hex')}`);
      expect(Number(shown.number)).to.equal(header.number);
      expect(Number(shown.size)).to.equal(encoded.length);
      expect(keccak256(encodeHeader(header))).to.equal(shown.hash);
      const { transactions, uncles, withdrawals, size, ...rest } = shown;
      expect(await result('eth_getHeaderByHash', [shown.hash])).to.deep.equal(rest);
    });
  });

  describe('logs', () => {
    let first: number;

    before(async () => {
      first = (await head()) + 1;
      await write('rise', [1n]);
      await write('riseOften', [3n]);
      await write('rise', [2n]);
    });

    const hex = (value: number) => `0x${value.toString(16)}`;
    const RISEN = toEventSelector('Risen(address,uint256,uint256)');
    const topicOf = (value: number) => `0x${value.toString(16).padStart(64, '0')}`;

    it('are found by address, topic alternatives and position, in order', async () => {
      const find = async (filter: object) =>
        (await result('eth_getLogs', [{ fromBlock: hex(first), toBlock: 'latest', ...filter }])) as Record<
          string,
          string
        >[];
      const all = await find({});
      expect(all.map(({ blockNumber, logIndex }) => [Number(blockNumber) - first, Number(logIndex)])).to.deep.equal([
        [0, 0],
        [1, 0],
        [1, 1],
        [1, 2],
        [2, 0],
      ]);
      expect(await find({ address: contract })).to.deep.equal(all);
      expect(await find({ address: [STRANGER, contract], topics: [] })).to.deep.equal(all);
      expect(await find({ topics: [RISEN] })).to.deep.equal(all);
      expect(await find({ topics: [null, null, [topicOf(1), topicOf(2)]] })).to.have.lengthOf(3);
      expect(await find({ topics: [[]] })).to.deep.equal(all);
      expect(await find({ address: STRANGER })).to.deep.equal([]);
      expect(await find({ topics: [RISEN, null, null, null] })).to.deep.equal([]);
      expect(all[0]).to.have.all.keys(
        'address',
        'topics',
        'data',
        'blockHash',
        'blockNumber',
        'blockTimestamp',
        'transactionHash',
        'transactionIndex',
        'logIndex',
        'removed',
      );
      expect(await result('eth_getLogs', [{ blockHash: all[1].blockHash }])).to.deep.equal(all.slice(1, 4));
    });

    it('are refused with -32602 for ranges and results that are too large or reversed', async () => {
      const problem = async (filter: object) => await failure('eth_getLogs', [filter]);
      expect(await problem({ fromBlock: '0x5', toBlock: '0x1' })).to.deep.equal({
        code: -32602,
        message: 'invalid params: fromBlock: expected at most toBlock (1), got 5',
      });
      expect(await problem({ fromBlock: '0x0', toBlock: '0x32' })).to.deep.equal({
        code: -32602,
        message: 'invalid params: fromBlock, toBlock: block range too large: expected at most 50 blocks, got 51',
      });
      await write('riseOften', [31n]);
      expect(await problem({})).to.deep.equal({
        code: -32602,
        message: 'invalid params: filter: query returned more than 30 results: narrow the block range',
      });
      expect(await problem({ blockHash: topicOf(0), fromBlock: '0x1' })).to.include({ code: -32602 });
      expect(await problem({ topics: [null, null, null, null, null] })).to.deep.equal({
        code: -32602,
        message: 'invalid params: filter.topics: expected at most 4 topics',
      });
      expect(await problem({ blockHash: topicOf(0) })).to.deep.equal({
        code: -32000,
        message: `unknown block ${topicOf(0)}`,
      });
      expect(await result('eth_getLogs', [{ fromBlock: '0xffff', toBlock: '0xffff' }])).to.deep.equal([]);
    });

    it('come to polled filters once', async () => {
      const ids = [
        await result('eth_newFilter', [{ address: contract }]),
        await result('eth_newBlockFilter'),
        await result('eth_newPendingTransactionFilter'),
      ];
      const changes = () => Promise.all(ids.map((id) => result('eth_getFilterChanges', [id]) as Promise<unknown[]>));
      expect(await changes()).to.deep.equal([[], [], []]);
      const hash = await write('rise', [3n]);
      const receipt = await receiptOf(hash);
      expect(await changes()).to.deep.equal([receipt.logs, [receipt.blockHash], [hash]]);
      expect(await changes()).to.deep.equal([[], [], []]);
      expect(await result('eth_getFilterLogs', [ids[0]])).to.deep.equal(receipt.logs);
      expect(await failure('eth_getFilterLogs', [ids[1]])).to.deep.equal({ code: -32000, message: 'filter not found' });
      for (let i = 0; i < 4; i++) await write('rise', [1n]);
      expect(await failure('eth_getFilterChanges', [ids[2]])).to.deep.equal({
        code: -32000,
        message: 'filter not found',
      });
      for (const id of ids.slice(0, 2)) expect(await result('eth_uninstallFilter', [id])).to.equal(true);
      expect(await result('eth_uninstallFilter', [ids[0]])).to.equal(false);
    });

    it('are bounded in filters', async () => {
      const ids = [];
      for (let i = 0; i < 5; i++) ids.push(await result('eth_newBlockFilter'));
      expect((await failure('eth_newBlockFilter'))?.code).to.equal(-32005);
      for (const id of ids) await result('eth_uninstallFilter', [id]);
    });

    it('tell a block filter of the blocks that took the place of others', async () => {
      const id = await result('eth_newBlockFilter');
      await write('rise', [1n]);
      expect(await result('eth_getFilterChanges', [id])).to.have.lengthOf(1);
      await rpc.sequencer.rewindTo((await head()) - 1);
      await rpc.sequencer.sealNow();
      const { hash } = (await result('eth_getBlockByNumber', ['latest'])) as { hash: string };
      const told = (await result('eth_getFilterChanges', [id])) as string[];
      expect(told.at(-1)).to.equal(hash);
      await result('eth_uninstallFilter', [id]);
    });
  });

  describe('fees', () => {
    it('keep history within bounds and reject what makes no sense', async () => {
      const history = (await result('eth_feeHistory', ['0x400', 'latest', [0, 100]])) as Record<string, unknown[]>;
      const count = (await head()) + 1;
      expect(history.oldestBlock).to.equal('0x0');
      expect([history.baseFeePerGas.length, history.gasUsedRatio.length, history.reward.length]).to.deep.equal([
        count + 1,
        count,
        count,
      ]);
      expect(history.reward[0]).to.deep.equal(['0x0', '0x0']);
      expect(await result('eth_feeHistory', [1, 'latest'])).to.not.have.property('reward');
      expect((await failure('eth_feeHistory', ['0x1', 'latest', [-1]]))?.code).to.equal(-32602);
      expect((await failure('eth_feeHistory', ['0x1', '0xffff', []]))?.message).to.equal('header not found');
      const price = BigInt((await result('eth_gasPrice')) as string);
      const tip = BigInt((await result('eth_maxPriorityFeePerGas')) as string);
      const { baseFeePerGas } = (await result('eth_getBlockByNumber', ['pending'])) as { baseFeePerGas: string };
      expect(price).to.equal(BigInt(baseFeePerGas) + tip);
    });
  });

  describe('dev accounts', () => {
    it('send side by side with a nonce each', async () => {
      const third = mnemonicToAccount(MNEMONIC, { addressIndex: 2 }).address;
      const transfer = { from: third, to: sender.address, value: '0x1' };
      const hashes = await Promise.all(Array.from({ length: 8 }, () => result('eth_sendTransaction', [transfer])));
      expect(new Set(hashes).size).to.equal(8);
      expect(await nonceOf(third, 'latest')).to.equal(8);
    });

    it('sign messages and typed data', async () => {
      const typedData = {
        domain: { name: 'Tide' },
        types: {
          EIP712Domain: [{ name: 'name', type: 'string' }],
          Mark: [{ name: 'height', type: 'uint256' }],
        },
        primaryType: 'Mark',
        message: { height: '7' },
      } as const;
      const signature = await other.signTypedData({ ...typedData, message: { height: 7n } });
      expect(await result('eth_signTypedData_v4', [other.address, typedData])).to.equal(signature);
      expect(await result('eth_signTypedData_v4', [other.address, JSON.stringify(typedData)])).to.equal(signature);
      const message = await other.signMessage({ message: { raw: '0x1234' } });
      expect(await result('personal_sign', ['0x1234', other.address])).to.equal(message);
      expect(await result('eth_sign', [other.address, '0x1234'])).to.equal(message);
    });

    it('refuse what they cannot do, naming it', async () => {
      expect(await failure('eth_sendTransaction', [{ from: STRANGER, to: contract }])).to.deep.equal({
        code: -32000,
        message: `unknown account ${STRANGER}`,
      });
      expect((await failure('eth_sendTransaction', [{ to: contract }]))?.message).to.match(
        /^invalid params: transaction.from: expected an address/,
      );
      expect(
        (await failure('eth_sendTransaction', [{ from: sender.address, to: contract, chainId: '0x1' }]))?.message,
      ).to.equal('invalid params: transaction.chainId: expected 31338, got 1');
      const reverting = {
        from: sender.address,
        to: contract,
        data: encodeFunctionData({ abi: tide().abi, functionName: 'failReason' }),
      };
      expect(await failure('eth_sendTransaction', [reverting])).to.include({
        code: 3,
        message: 'execution reverted: the tide is out',
      });
      for (const bad of ['not json', '[]', { types: {} }, 7]) {
        expect((await failure('eth_signTypedData_v4', [other.address, bad]))?.code, String(bad)).to.equal(-32602);
      }
      const mismatched = {
        domain: {},
        types: { Mark: [{ name: 'height', type: 'uint256' }] },
        primaryType: 'Mark',
        message: { height: 'high' },
      };
      expect((await failure('eth_signTypedData_v4', [other.address, mismatched]))?.code).to.equal(-32602);
    });

    it('seal a block on request', async () => {
      const before = await head();
      expect(await result('evm_mine')).to.equal('0x0');
      expect(await head()).to.equal(before + 1);
      expect(await result('hardhat_mine', ['0x3', '0x1'])).to.equal(true);
      expect(await head()).to.equal(before + 4);
      expect(await failure('hardhat_mine', ['0x3e9'])).to.deep.equal({
        code: -32602,
        message: 'invalid params: blocks: expected at most 1000 blocks',
      });
    });
  });
});
