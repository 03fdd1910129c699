import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { encodeErrorResult, encodeFunctionData, type Hex } from 'viem';
import { freePort } from '../../src/node/freePort';
import { type RunningRpc, startRpc } from './startRpc';
import { tide } from './tide';

interface RpcReply {
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

const ACCOUNT = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TO = `0x${'10'.repeat(20)}`;
/** Reverts with its calldata. */
const REVERT_WITH_CALLDATA = '0x365f5f37365ffd';

/** The same request to anvil and to us: what clients match on must be the same. */
describe('JSON-RPC beside anvil', function () {
  this.timeout(60_000);
  let rpc: RunningRpc;
  let anvil: ChildProcess;
  let anvilUrl: string;

  before(async () => {
    rpc = await startRpc();
    const port = await freePort();
    anvilUrl = `http://127.0.0.1:${port}`;
    const binary = require.resolve('@foundry-rs/anvil/bin.mjs');
    anvil = spawn(process.execPath, [binary, '--port', String(port), '--silent', '--chain-id', '31338'], {
      stdio: 'ignore',
    });
    await untilAnswers(anvilUrl);
  });

  after(async () => {
    anvil.kill();
    await rpc.stop();
  });

  const both = async (method: string, params: unknown[]): Promise<[anvil: RpcReply, ours: RpcReply]> => [
    await post(anvilUrl, method, params),
    await post(rpc.url, method, params),
  ];

  it('words reverts as anvil does', async () => {
    const word = (value: bigint) => value.toString(16).padStart(64, '0');
    const panics = [0x00n, 0x01n, 0x11n, 0x12n, 0x21n, 0x22n, 0x31n, 0x32n, 0x41n, 0x51n, 0x99n];
    const abi = [{ type: 'error', name: 'Error', inputs: [{ name: 'reason', type: 'string' }] }] as const;
    const datas: Hex[] = [
      '0x',
      encodeErrorResult({ abi, errorName: 'Error', args: ['the tide is out'] }),
      ...panics.map((code): Hex => `0x4e487b71${word(code)}`),
      '0xdeadbeef',
    ];
    for (const method of ['eth_call', 'eth_estimateGas']) {
      for (const data of datas) {
        const [theirs, ours] = await both(method, [
          { to: TO, data },
          'latest',
          { [TO]: { code: REVERT_WITH_CALLDATA } },
        ]);
        expect(ours.error, `${method} ${data}`).to.deep.equal(theirs.error);
      }
    }
  });

  it('estimates within 2 % of anvil, and never so little that the transaction fails', async () => {
    const { abi, bytecode } = tide();
    const deploy = { from: ACCOUNT, data: bytecode, gas: '0x200000' };
    const addresses: string[] = [];
    for (const url of [anvilUrl, rpc.url]) {
      const sent = await post(url, 'eth_sendTransaction', [deploy]);
      addresses.push((await receiptOf(url, sent.result)).contractAddress);
    }
    expect(addresses[0]).to.equal(addresses[1]);
    const calls: [string, bigint[]][] = [
      ['rise', [5n]],
      ['riseOften', [40n]],
      ['mark', [0n, 10n]],
      ['clear', [0n, 10n]],
      ['deep', [8n]],
    ];
    for (const [functionName, args] of calls) {
      const call = { from: ACCOUNT, to: addresses[0], data: encodeFunctionData({ abi, functionName, args }) };
      const [theirs, ours] = await both('eth_estimateGas', [call]);
      const [expected, actual] = [Number(theirs.result), Number(ours.result)];
      expect(Math.abs(actual - expected) / expected, `${functionName}: ${expected}, ours ${actual}`).to.be.below(0.02);
      const succeeded = await Promise.all(
        [anvilUrl, rpc.url].map(async (url) => {
          const sent = await post(url, 'eth_sendTransaction', [{ ...call, gas: ours.result }]);
          return (await receiptOf(url, sent.result)).status;
        }),
      );
      expect(succeeded, functionName).to.deep.equal(['0x1', '0x1']);
    }
  });

  it('estimates 21000 for a plain transfer and deploys with what it estimates', async () => {
    const [theirs, ours] = await both('eth_estimateGas', [{ from: ACCOUNT, to: TO, value: '0x1' }]);
    expect([theirs.result, ours.result]).to.deep.equal(['0x5208', '0x5208']);
    const [creation, ourCreation] = await both('eth_estimateGas', [{ from: ACCOUNT, data: tide().bytecode }]);
    expect(Number(ourCreation.result) / Number(creation.result)).to.be.within(0.98, 1.02);
  });

  it('has every field that anvil has in blocks, transactions and receipts', async () => {
    const replies: Record<string, object>[] = [];
    for (const url of [anvilUrl, rpc.url]) {
      const sent = await post(url, 'eth_sendTransaction', [{ from: ACCOUNT, to: TO, value: '0x1' }]);
      const receipt = await receiptOf(url, sent.result);
      const block = (await post(url, 'eth_getBlockByNumber', [receipt.blockNumber, false])).result as object;
      const transaction = (await post(url, 'eth_getTransactionByHash', [sent.result])).result as object;
      replies.push({ block, transaction, receipt });
    }
    // anvil alone: fields of blobs, of its own, and what geth has given up.
    const notOurs = ['totalDifficulty', 'blobGasPrice', 'blobGasUsed', 'blockTimestamp'];
    for (const kind of ['block', 'transaction', 'receipt']) {
      const [theirs, ours] = replies.map((reply) => Object.keys(reply[kind]));
      expect(
        theirs.filter((field) => !ours.includes(field) && !notOurs.includes(field)),
        kind,
      ).to.deep.equal([]);
    }
  });

  it('gives the same answers to questions about what is not there', async () => {
    const hash = `0x${'77'.repeat(32)}`;
    const asked: [string, unknown[]][] = [
      ['eth_getTransactionByHash', [hash]],
      ['eth_getTransactionReceipt', [hash]],
      ['eth_getBlockByHash', [hash, false]],
      ['eth_getBlockByNumber', ['0xffffff', false]],
      ['eth_getBlockReceipts', ['0xffffff']],
      ['eth_getTransactionByBlockNumberAndIndex', ['latest', '0xff']],
      ['eth_getUncleCountByBlockNumber', ['latest']],
      ['eth_getCode', [TO, 'latest']],
      ['eth_getStorageAt', [TO, '0x0', 'latest']],
      ['eth_getTransactionCount', [TO, 'latest']],
      ['eth_getFilterChanges', ['0x12']],
      ['eth_uninstallFilter', ['0x12']],
      ['eth_syncing', []],
      ['net_listening', []],
      ['web3_sha3', ['0x68656c6c6f']],
    ];
    for (const [method, params] of asked) {
      const [theirs, ours] = await both(method, params);
      expect(ours, method).to.deep.equal(theirs);
    }
  });

  it('refuses with the same code', async () => {
    const asked: [string, unknown[]][] = [
      ['eth_nothing', []],
      ['eth_getBalance', []],
      ['eth_getBalance', ['0x12', 'latest']],
      ['eth_getBlockByNumber', ['newest', false]],
      ['eth_sendRawTransaction', ['zz']],
    ];
    for (const [method, params] of asked) {
      const [theirs, ours] = await both(method, params);
      expect(ours.error?.code, method).to.equal(theirs.error?.code);
    }
  });
});

async function post(url: string, method: string, params: unknown[]): Promise<RpcReply> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return (await response.json()) as RpcReply;
}

/** anvil gives the hash before the receipt is there; ours is there at once. */
async function receiptOf(url: string, hash: unknown): Promise<Record<string, string>> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { result } = await post(url, 'eth_getTransactionReceipt', [hash]);
    if (result) return result as Record<string, string>;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return expect.fail(`no receipt of ${String(hash)}`);
}

async function untilAnswers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await post(url, 'eth_chainId', []).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect.fail('anvil did not start');
}
