import { expect } from 'chai';
import { type Hex, keccak256, parseGwei } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { type AnvilChain, startAnvilChain } from './anvilChain';
import { rpc, runTributary, type TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const SENDER_COUNT = 5;
const KILL_COUNT = 3;
const ACKNOWLEDGED_BEFORE_KILL = 60;

describe('a sequencer that is killed under load', function () {
  this.timeout(300_000);
  const folder = temporaryFolder();
  let chain: AnvilChain;
  let sequencer: TributaryProcess;
  const acknowledged: Hex[] = [];

  before(async () => {
    chain = await startAnvilChain(folder.path);
    sequencer = await chain.startSequencer('sequencer,batcher,proposer');
  });
  after(async () => {
    await sequencer.stop();
    await chain.stop();
    folder.remove();
  });

  it('has every acknowledged transaction after each restart', async () => {
    for (let kill = 0; kill < KILL_COUNT; kill++) {
      const goal = acknowledged.length + ACKNOWLEDGED_BEFORE_KILL;
      const load = Promise.all(Array.from({ length: SENDER_COUNT }, (_, index) => sendUntilRefused(index)));
      await until('enough is acknowledged', () => acknowledged.length >= goal, 60_000);
      sequencer.kill('SIGKILL');
      await load;
      sequencer = await chain.startSequencer('sequencer,batcher,proposer');
      for (const hash of acknowledged) {
        const found = await rpc<{ hash: Hex } | null>(chain.url, 'eth_getTransactionByHash', [hash]);
        expect(found?.hash, `transaction ${hash} after kill ${kill + 1}`).to.equal(hash);
      }
    }
    for (const hash of acknowledged) {
      await until('its receipt', async () => (await rpc(chain.url, 'eth_getTransactionReceipt', [hash])) !== null);
    }
    expect(new Set(acknowledged).size).to.equal(acknowledged.length);
  });

  it('has left no gap and no double on L1: a verifier from an empty disk agrees with the head', async () => {
    const head = await rpc<{ number: Hex; hash: Hex }>(chain.url, 'eth_getBlockByNumber', ['latest', false]);
    await until('all of it is derived from L1', async () => {
      const safe = await rpc<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', ['safe', false]);
      return BigInt(safe.number) >= BigInt(head.number);
    });
    const { code, output } = await runTributary([
      'verify',
      ...['--l1', chain.l1.url, '--deployment', chain.deploymentFile, '--json'],
    ]);
    expect(code, output).to.equal(0);
    const result = JSON.parse(output);
    expect(result.blockNumber).to.be.at.least(Number(head.number));
    const verified = await rpc<{ hash: Hex }>(chain.url, 'eth_getBlockByNumber', [
      `0x${result.blockNumber.toString(16)}`,
      false,
    ]);
    expect(result.blockHash).to.equal(verified.hash);
    expect(result.batches).to.include({ cut: 0, ignored: 0 });
  });

  /** One account's transfers, one after the other, until the node is gone. Every third leaves a nonce gap that it fills with the next. */
  async function sendUntilRefused(index: number): Promise<void> {
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: index });
    let nonce = Number(await rpc<Hex>(chain.url, 'eth_getTransactionCount', [account.address, 'pending']));
    const send = async (at: number) => {
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId: chain.deployment.l2.chainId,
        nonce: at,
        to: '0x00000000000000000000000000000000000000aa',
        value: 1n,
        gas: 21_000n,
        maxFeePerGas: parseGwei('100'),
        maxPriorityFeePerGas: parseGwei('1'),
      });
      const hash = await rpc<Hex>(chain.url, 'eth_sendRawTransaction', [raw]);
      expect(hash).to.equal(keccak256(raw));
      acknowledged.push(hash);
    };
    try {
      for (;;) {
        await send(nonce + 1);
        await send(nonce);
        nonce += 2;
      }
    } catch (error) {
      // The node is gone, which is what this test is about; a refusal by a living node is not.
      if (!(error instanceof TypeError)) throw error;
    }
  }
});
