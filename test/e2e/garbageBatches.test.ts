import { expect } from 'chai';
import { createPublicClient, createWalletClient, type Hex, http, parseEther, toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { DEV_MNEMONIC, devSystemAccounts } from '../../src/node/dev/devAccounts';
import { type AnvilChain, startAnvilChain } from './anvilChain';
import { rpc, runTributary, type TributaryProcess, temporaryFolder, until } from './tributaryProcess';

const GARBAGE: Hex[] = ['0x00', '0xff', '0x01', toHex('not a batch at all'), toHex(new Uint8Array(100_000).fill(0x5a))];

describe('garbage in the Inbox', function () {
  this.timeout(180_000);
  const folder = temporaryFolder();
  let chain: AnvilChain;
  let sequencer: TributaryProcess;

  before(async () => {
    chain = await startAnvilChain(folder.path);
    sequencer = await chain.startSequencer('sequencer');
  });
  after(async () => {
    await sequencer.stop();
    await chain.stop();
    folder.remove();
  });

  it('is ignored by derivation, before and between good batches', async () => {
    await postGarbage();
    await transfer();
    await sequencer.stop();
    sequencer = await chain.startSequencer('sequencer,batcher,proposer');
    await untilSafe();
    await sequencer.stop();

    await postGarbage();
    sequencer = await chain.startSequencer('sequencer,batcher,proposer');
    await transfer();
    await untilSafe();

    const { code, output } = await runTributary([
      'verify',
      ...['--l1', chain.l1.url, '--deployment', chain.deploymentFile, '--json'],
    ]);
    expect(code, output).to.equal(0);
    const result = JSON.parse(output);
    expect(result.batches.ignored).to.equal(2 * GARBAGE.length);
    expect(result.batches.taken).to.be.at.least(2);
    const block = await rpc<{ hash: Hex }>(chain.url, 'eth_getBlockByNumber', [
      `0x${result.blockNumber.toString(16)}`,
      false,
    ]);
    expect(result.blockHash).to.equal(block.hash);
  });

  /** With the registered sequencer's own key: nobody else may post. */
  async function postGarbage(): Promise<void> {
    const client = createPublicClient({ transport: http(chain.l1.url), pollingInterval: 50 });
    const wallet = createWalletClient({ account: devSystemAccounts().batcher, transport: http(chain.l1.url) });
    for (const data of GARBAGE) {
      const hash = await wallet.writeContract({
        address: chain.deployment.rollup.contracts.inbox as Hex,
        abi: inboxAbi,
        functionName: 'postBatch',
        args: [data],
        chain: null,
      });
      const { status } = await client.waitForTransactionReceipt({ hash });
      expect(status).to.equal('success');
    }
  }

  async function transfer(): Promise<void> {
    const { address } = mnemonicToAccount(DEV_MNEMONIC);
    await rpc(chain.url, 'eth_sendTransaction', [
      { from: address, to: '0x00000000000000000000000000000000000000aa', value: toHex(parseEther('1')) },
    ]);
  }

  async function untilSafe(): Promise<void> {
    const head = BigInt(await rpc<Hex>(chain.url, 'eth_blockNumber'));
    await until('the head is derived from L1', async () => {
      const safe = await rpc<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', ['safe', false]);
      return BigInt(safe.number) >= head;
    });
  }
});
