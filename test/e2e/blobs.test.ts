import { join } from 'node:path';
import { expect } from 'chai';
import { createPublicClient, type Hex, http, parseGwei } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { batchDataKinds } from '../../src/l1/postedBatch';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { BeaconProxy } from '../l1/blobs/beaconProxy';
import { FaultProxy } from '../l1/faultProxy';
import { type AnvilChain, startAnvilChain } from './anvilChain';
import { rpc, runTributary, TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const ROLES = 'sequencer,batcher,proposer';
const SENDER_COUNT = 8;
/** A price at which no batch goes in blobs. */
const DEAR_BLOB_BASE_FEE = 10n ** 12n;

describe('a chain whose batches go in blobs', function () {
  this.timeout(240_000);
  const folder = temporaryFolder();
  let chain: AnvilChain;
  let l1: FaultProxy;
  let beacon: BeaconProxy;
  let sequencer: TributaryProcess;
  let nonce = 0;

  before(async () => {
    chain = await startAnvilChain(folder.path, {
      l1Urls: async (url) => {
        l1 = await FaultProxy.start(url);
        beacon = await BeaconProxy.start(url);
        l1.alter = forgetBlobs;
        return [l1.url];
      },
    });
    sequencer = await startSequencer('blobs');
  });
  after(async () => {
    await sequencer.stop();
    await l1.stop();
    await beacon.stop();
    await chain.stop();
    folder.remove();
  });

  it('posts them there and derives them from there', async () => {
    await burst(3);
    await allIsSafe();
    const kinds = await postedKinds();
    expect(kinds.length).to.be.at.least(1);
    expect(new Set(kinds)).to.deep.equal(new Set([batchDataKinds.blobs]));
  });

  it('sends a signed batch with its blobs again when it was killed before they left', async () => {
    const before = await postedKinds();
    l1.fault = (method) => (method === 'eth_sendRawTransaction' ? 'cut' : 'none');
    l1.seen.length = 0;
    await burst(2);
    await until('a batch is signed', () => l1.seen.includes('eth_sendRawTransaction'));
    sequencer.kill('SIGKILL');
    await sequencer.exitCode();
    expect(await postedKinds()).to.deep.equal(before);
    l1.fault = () => 'none';
    sequencer = await startSequencer('blobs');
    await burst(1);
    await allIsSafe();
    expect((await postedKinds()).slice(before.length)).to.include(batchDataKinds.blobs);
  });

  it('is verified from an empty disk through the beacon API', async () => {
    beacon.seen.length = 0;
    await verifyAgrees(['--l1-beacon', beacon.url]);
    expect(beacon.seen.some((path) => path.startsWith('/eth/v1/beacon/blobs/0x'))).to.equal(true);
  });

  it('is not derived without its blobs: a verifier waits, says what is missing, and goes on when they come', async () => {
    beacon.mode = 'forget';
    const port = await freePort();
    const verifier = await new TributaryProcess([
      ...['node', '--roles', 'verifier', '--dev', '--l1', l1.url, '--deployment', chain.deploymentFile],
      ...['--port', String(port), '--data-dir', join(folder.path, 'waiting'), '--log-level', 'warn'],
      ...['--l1-beacon', beacon.url, '--l1-poll-interval-ms', '100'],
    ]).ready();
    const blockNumber = (tag: string) =>
      rpc<{ number: Hex }>(`http://127.0.0.1:${port}`, 'eth_getBlockByNumber', [tag, false]).then((block) =>
        Number(block.number),
      );
    try {
      await until('it says so', () => /L1\.BlobUnavailable.*cannot be had: beacon http/.test(verifier.output));
      expect(await blockNumber('latest')).to.equal(0);
      beacon.mode = 'corrupt';
      await until('it sees through others', () => /gave others/.test(verifier.output));
      expect(await blockNumber('latest')).to.equal(0);
      beacon.mode = 'serve';
      const head = await sequencerHead();
      await until('it derives all', async () => (await blockNumber('latest')) >= head.number, 60_000);
    } finally {
      await verifier.stop();
    }
  });

  it('is verified out of a node’s archive when L1 has forgotten', async () => {
    beacon.mode = 'forget';
    await verifyAgrees(['--l1-beacon', beacon.url, '--blob-archive', chain.url]);
    await verifyAgrees(['--blob-archive', chain.url]);
    beacon.mode = 'serve';
  });

  it('takes the cheaper way by L1’s prices, and can be read either way', async () => {
    await sequencer.stop();
    sequencer = await startSequencer('auto');
    const kinds: number[] = [];
    for (const [kind, alter] of [
      [batchDataKinds.blobs, forgetBlobs],
      [batchDataKinds.calldata, makeBlobsDear],
      [batchDataKinds.blobs, forgetBlobs],
    ] as const) {
      l1.alter = alter;
      const from = (await postedKinds()).length;
      await until(
        `a batch of kind ${kind}`,
        async () => {
          await burst(1);
          return (await postedKinds()).slice(from).includes(kind);
        },
        60_000,
      );
      kinds.push(kind);
    }
    expect(kinds).to.deep.equal([1, 0, 1]);
    await allIsSafe();
    await verifyAgrees(['--l1-beacon', beacon.url]);
  });

  function startSequencer(mode: string): Promise<TributaryProcess> {
    return chain.startSequencer(ROLES, ['--data-availability', mode, '--l1-beacon', beacon.url]);
  }

  /** 40 transfers a round, to fresh recipients: a few kilobytes once packed. */
  async function burst(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const sent: Promise<unknown>[] = [];
      for (let k = 0; k < 5; k++) {
        for (let index = 0; index < SENDER_COUNT; index++) sent.push(send(index, nonce));
        nonce++;
      }
      await Promise.all(sent);
    }
  }

  async function send(addressIndex: number, ofNonce: number): Promise<void> {
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex });
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: chain.deployment.l2.chainId,
      nonce: ofNonce,
      to: `0x${(ofNonce * SENDER_COUNT + addressIndex + 1).toString(16).padStart(40, 'b')}`,
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: parseGwei('100'),
      maxPriorityFeePerGas: parseGwei('1'),
    });
    await rpc(chain.url, 'eth_sendRawTransaction', [raw]);
  }

  async function sequencerHead(tag = 'latest'): Promise<{ number: number; hash: Hex }> {
    const { number, hash } = await rpc<{ number: Hex; hash: Hex }>(chain.url, 'eth_getBlockByNumber', [tag, false]);
    return { number: Number(number), hash };
  }

  async function allIsSafe(): Promise<void> {
    const head = await sequencerHead();
    await until('all is derived from L1', async () => (await sequencerHead('safe')).number >= head.number, 60_000);
  }

  async function verifyAgrees(args: string[]): Promise<void> {
    const head = await sequencerHead('safe');
    const { code, output } = await runTributary([
      'verify',
      ...['--l1', l1.url, '--deployment', chain.deploymentFile, '--json', ...args],
    ]);
    expect(code, output).to.equal(0);
    const result = JSON.parse(output);
    expect(result.blockNumber).to.be.at.least(head.number);
    const block = await rpc<{ hash: Hex }>(chain.url, 'eth_getBlockByNumber', [
      `0x${result.blockNumber.toString(16)}`,
      false,
    ]);
    expect(result.blockHash).to.equal(block.hash);
    expect(result.batches).to.include({ cut: 0, ignored: 0 });
  }

  /** Of each posted batch, in order. */
  async function postedKinds(): Promise<number[]> {
    const client = createPublicClient({ transport: http(chain.l1.url) });
    const logs = await client.getContractEvents({
      address: chain.deployment.rollup.contracts.inbox as Hex,
      abi: inboxAbi,
      eventName: 'BatchPosted',
      fromBlock: 0n,
    });
    return logs.map(({ args }) => args.header?.dataKind ?? -1);
  }

  /** No L1 but anvil gives blobs out over JSON-RPC. */
  function forgetBlobs({ method }: { method: string }, result: unknown): unknown {
    return method === 'anvil_getBlobByHash' ? null : result;
  }

  function makeBlobsDear(request: { method: string }, result: unknown): unknown {
    if (request.method !== 'eth_feeHistory') return forgetBlobs(request, result);
    return { ...(result as object), baseFeePerBlobGas: [`0x${DEAR_BLOB_BASE_FEE.toString(16)}`] };
  }
});
