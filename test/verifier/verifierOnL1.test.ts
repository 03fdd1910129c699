import { expect } from 'chai';
import { type Address, encodeAbiParameters, type Hex } from 'viem';
import type { L1Input } from '../../src/chain/l1Block';
import { outputRoot } from '../../src/codec/header';
import { fromHex, toHex } from '../../src/core/bytes';
import { systemClock } from '../../src/core/systemClock';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { inboxAbi } from '../../src/l1/bindings/Inbox';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { OUTPUT_CLAIM_GAME_TYPE } from '../../src/l1/deployment/contractsConfig';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import type { L1BlockReader } from '../../src/l1/l1BlockReader';
import type { L1Client } from '../../src/l1/l1Client';
import { L1Watcher } from '../../src/l1/l1Watcher';
import { DisputeGameClaims } from '../../src/verifier/disputeGameClaims';
import { privateKeyOf, signTransaction } from '../codec/signTransaction';
import { accounts, BOND_WEI, connect, deployOn, readerOf, silentLogger, viemClients } from '../l1/l1Fixture';
import { rpc, startAnvil, type TestL1 } from '../l1/startL1';
import { fundedConfig, TestNode } from './testNode';

describe('verifier/Verifier on a real L1', () => {
  let l1: TestL1;
  let client: L1Client;
  let contracts: DeployedContracts;
  let reader: L1BlockReader;
  let genesisNumber: number;
  /** What the sequencing node sees of L1. */
  const view: { inputs: L1Input[] } = { inputs: [] };
  let sequencer: TestNode;

  before(async () => {
    l1 = await startAnvil();
    contracts = await deployOn(l1.url);
    client = await connect([l1.url]);
    reader = readerOf(client, contracts);
    const genesis = await reader.latest();
    genesisNumber = genesis.number;
    sequencer = await TestNode.open(
      fundedConfig(genesis, { sequencingWindowL1Blocks: 50, l1OriginAdvanceMax: 100 }),
      view,
    );
    await look();
  });
  after(() => l1.stop());

  async function look(): Promise<number> {
    const { number } = await reader.latest();
    view.inputs = await reader.inputs(genesisNumber, number);
    return number;
  }

  async function write(
    call: { address: Address; abi: unknown; functionName: string; args: unknown[]; value?: bigint },
    who = accounts.sequencer,
  ): Promise<void> {
    const { publicClient, walletClient } = viemClients(l1.url, who);
    const hash = await walletClient.writeContract(call as Parameters<typeof walletClient.writeContract>[0]);
    await publicClient.waitForTransactionReceipt({ hash });
  }

  function post(data: Uint8Array): Promise<void> {
    return write({ address: contracts.inbox, abi: inboxAbi, functionName: 'postBatch', args: [toHex(data)] });
  }

  function propose(root: Uint8Array, l2BlockNumber: number): Promise<void> {
    const extraData: Hex = encodeAbiParameters([{ type: 'uint256' }], [BigInt(l2BlockNumber)]);
    const args = [OUTPUT_CLAIM_GAME_TYPE, toHex(root), extraData];
    const factory = { address: contracts.disputeGameFactory, abi: disputeGameFactoryAbi, functionName: 'create' };
    return write({ ...factory, args, value: BOND_WEI }, accounts.proposer);
  }

  function watcher(): L1Watcher {
    return new L1Watcher({ reader, clock: systemClock, logger: silentLogger, pollIntervalMs: 20 });
  }

  it('derives deposits and batches between garbage from the contracts, agrees on every hash and on the output root', async () => {
    const to = `0x${'d0'.repeat(20)}`;
    const deposit = { address: contracts.portal, abi: portalAbi, functionName: 'depositTransaction' };
    await write({ ...deposit, args: [to, 5n, 100_000n, false, '0x'], value: 5n }, accounts.user);
    const origin = await look();
    await sequencer.seal([signTransaction(privateKeyOf(0), { nonce: 0n })], { origin });
    await sequencer.seal([signTransaction(privateKeyOf(0), { nonce: 1n }), signTransaction(privateKeyOf(1), {})]);
    const first = sequencer.batchFrom(1);
    await post(Uint8Array.of(0));
    await post(first);
    await post(first);
    await post(new Uint8Array(2000).fill(0x5a));
    await sequencer.seal([], { origin: await look() });
    await post(sequencer.batchFrom(3));
    await propose(outputRoot(sequencer.chain.head.header), 3);

    const node = await TestNode.open(sequencer.config, view);
    const outputClaims = new DisputeGameClaims(client, contracts.disputeGameFactory);
    const head = await node.verifier({ source: watcher(), outputClaims }).syncToL1Head();
    expect(node.hashes).to.deep.equal(sequencer.hashes);
    expect(head.batches).to.deep.equal({ taken: 2, cut: 0, ignored: 3 });
    expect(head).to.include({ outputClaimsChecked: 1, outputClaimsWaiting: 0 });
    expect(node.chain.stateAt(1).account(fromHex(to))?.balance).to.equal(5n);
  });

  it('follows a reorganization of the L1 and takes the batch from its new place', async () => {
    const node = await TestNode.open(sequencer.config, view);
    const verifier = node.verifier({ source: watcher() });
    const before = (await verifier.syncToL1Head()).l1Block;
    // The last two blocks (the second good batch and the proposal) are replaced by empty ones.
    await rpc(l1.url, 'anvil_reorg', [2, []]);
    const replaced = await verifier.syncToL1Head();
    expect(replaced.l1Block.number).to.equal(before.number);
    expect(toHex(replaced.l1Block.hash)).not.to.equal(toHex(before.hash));
    expect(replaced.block.header.number).to.equal(2);
    await post(sequencer.batchFrom(3));
    const again = await verifier.syncToL1Head();
    expect(again.block.header.number).to.equal(3);
    expect(node.hashes).to.deep.equal(sequencer.hashes);
  });

  it('reports a wrong output root, which anyone may claim, and goes on', async () => {
    await propose(new Uint8Array(32).fill(0x11), 2);
    const node = await TestNode.open(sequencer.config, view);
    const outputClaims = new DisputeGameClaims(client, contracts.disputeGameFactory);
    const head = await node.verifier({ source: watcher(), outputClaims }).syncToL1Head();
    expect(head.wrongOutputClaims.map(({ l2BlockNumber }) => l2BlockNumber)).to.deep.equal([2]);
    expect(head.block.header.number).to.equal(sequencer.chain.head.header.number);
  });
});
