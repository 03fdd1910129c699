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
  const acknowledged = new Set<Hex>();

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
      const goal = acknowledged.size + ACKNOWLEDGED_BEFORE_KILL;
      const load = Promise.all(Array.from({ length: SENDER_COUNT }, (_, index) => sendUntilRefused(index)));
      await until('enough is acknowledged', () => acknowledged.size >= goal, 60_000);
      sequencer.kill('SIGKILL');
      await load;
      sequencer = await chain.startSequencer('sequencer,batcher,proposer');
      for (const hash of acknowledged) {
        const found = await rpc<{ hash: Hex } | null>(chain.url, 'eth_getTransactionByHash', [hash]);
        expect(found?.hash, `transaction ${hash} after kill ${kill + 1}`).to.equal(hash);
      }
    }
    // The last kill may have come between a nonce gap and what fills it.
    for (let index = 0; index < SENDER_COUNT; index++) await send(index, await pendingNonce(index));
    for (const hash of acknowledged) {
      await until('its receipt', async () => (await rpc(chain.url, 'eth_getTransactionReceipt', [hash])) !== null);
    }
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

  function pendingNonce(index: number): Promise<number> {
    const { address } = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: index });
    return rpc<Hex>(chain.url, 'eth_getTransactionCount', [address, 'pending']).then(Number);
  }

  async function send(index: number, nonce: number): Promise<void> {
    const raw = await mnemonicToAccount(DEV_MNEMONIC, { addressIndex: index }).signTransaction({
      type: 'eip1559',
      chainId: chain.deployment.l2.chainId,
      nonce,
      to: '0x00000000000000000000000000000000000000aa',
      value: 1n,
      gas: 21_000n,
      maxFeePerGas: parseGwei('100'),
      maxPriorityFeePerGas: parseGwei('1'),
    });
    // One that was on disk when the node was killed, just before its answer, is known already: that is an acknowledgement too.
    const answer = await rpc<Hex>(chain.url, 'eth_sendRawTransaction', [raw]).catch((error: Error) => {
      if (!error.message.endsWith('already known')) throw error;
      return keccak256(raw);
    });
    expect(answer).to.equal(keccak256(raw));
    acknowledged.add(answer);
  }

  /** One account's transfers until the node is gone: each second one leaves a nonce gap that the next one fills. */
  async function sendUntilRefused(index: number): Promise<void> {
    let nonce = await pendingNonce(index);
    try {
      for (;;) {
        await send(index, nonce + 1);
        await send(index, nonce);
        nonce += 2;
      }
    } catch (error) {
      // The node is gone, which is what this test is about; a refusal by a living node is not.
      if (!(error instanceof TypeError)) throw error;
    }
  }
});
