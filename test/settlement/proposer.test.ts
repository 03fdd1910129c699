import { expect } from 'chai';
import { encodeAbiParameters } from 'viem';
import type { Block } from '../../src/codec/block';
import { outputRoot } from '../../src/codec/header';
import { toHex } from '../../src/core/bytes';
import { MemoryStore } from '../../src/core/memoryStore';
import { systemClock } from '../../src/core/systemClock';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { outputClaimGameAbi } from '../../src/l1/bindings/OutputClaimGame';
import { OUTPUT_CLAIM_GAME_TYPE } from '../../src/l1/deployment/contractsConfig';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import { L1TransactionSender } from '../../src/l1/l1TransactionSender';
import { Proposer } from '../../src/settlement/proposer';
import { blockOf } from '../codec/batchBlocks';
import { FaultProxy } from '../l1/faultProxy';
import {
  accounts,
  BOND_WEI,
  CHALLENGE_WINDOW_SECONDS,
  connect,
  deployOn,
  silentLogger,
  until,
  viemClients,
} from '../l1/l1Fixture';
import { rpc, startAnvil, type TestL1 } from '../l1/startL1';

describe('Proposer', () => {
  let l1: TestL1;
  let proxy: FaultProxy;
  let contracts: DeployedContracts;
  let safe: Block;
  let store: MemoryStore;
  let stops: (() => Promise<void>)[];

  beforeEach(async () => {
    stops = [];
    l1 = await startAnvil();
    proxy = await FaultProxy.start(l1.url);
    contracts = await deployOn(l1.url);
    store = new MemoryStore();
    safe = blockOf(0, []);
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    await proxy.stop();
    await l1.stop();
  });

  async function startProposer(): Promise<Proposer & { kill(): Promise<void> }> {
    const client = await connect([proxy.url]);
    const sender = await L1TransactionSender.open({
      l1: client,
      account: accounts.proposer,
      store,
      clock: systemClock,
      logger: silentLogger,
      pollIntervalMs: 10,
    });
    const proposer = new Proposer({
      chain: { label: () => safe },
      l1: client,
      sender,
      disputeGameFactory: contracts.disputeGameFactory,
      gameType: OUTPUT_CLAIM_GAME_TYPE,
      clock: systemClock,
      logger: silentLogger,
      intervalMs: 600_000,
    });
    proposer.start();
    const kill = async () => {
      await sender.stop();
      await proposer.stop();
    };
    stops.push(kill);
    return Object.assign(proposer, { kill });
  }

  /** What the factory holds. */
  async function games() {
    const { publicClient } = viemClients(l1.url, accounts.deployer);
    const factory = { address: contracts.disputeGameFactory, abi: disputeGameFactoryAbi } as const;
    const count = await publicClient.readContract({ ...factory, functionName: 'gameCount' });
    const read = { ...factory, functionName: 'findLatestGames' } as const;
    const args = [OUTPUT_CLAIM_GAME_TYPE, count === 0n ? 0n : count - 1n, 100n] as const;
    return publicClient.readContract({ ...read, args });
  }

  function balance(): Promise<bigint> {
    return viemClients(l1.url, accounts.deployer).publicClient.getBalance({ address: accounts.proposer.address });
  }

  it('claims the output root of the safe block with the bond, once, and not that of genesis', async () => {
    const proposer = await startProposer();
    await proposer.proposeNow();
    expect(await games()).to.deep.equal([]);
    safe = blockOf(7, []);
    await proposer.proposeNow();
    await proposer.proposeNow();
    const [game, ...others] = await games();
    expect(others).to.deep.equal([]);
    expect(game.rootClaim).to.equal(toHex(outputRoot(safe.header)));
    expect(game.extraData).to.equal(encodeAbiParameters([{ type: 'uint256' }], [7n]));
    const bond = await rpc<string>(l1.url, 'eth_getBalance', [`0x${game.metadata.slice(26)}`, 'latest']);
    expect(BigInt(bond)).to.equal(BOND_WEI);
    expect(proposer.status()).to.deep.equal({
      lastProposedBlock: 7,
      openGames: 1,
      claimsMade: 1,
      bondsReturned: 0,
      fault: undefined,
    });
  });

  it('claims nothing anew after a restart', async () => {
    safe = blockOf(3, []);
    const first = await startProposer();
    await first.proposeNow();
    await first.kill();
    const second = await startProposer();
    await second.proposeNow();
    expect((await games()).length).to.equal(1);
    expect(second.status()).to.include({ lastProposedBlock: 3, openGames: 1, claimsMade: 0 });
  });

  it('claims once when the process dies after the claim arrived', async () => {
    safe = blockOf(3, []);
    proxy.fault = (method) => (method === 'eth_sendRawTransaction' ? 'loseAnswer' : 'none');
    const dying = await startProposer();
    await until('the claim is there', async () => (await games()).length === 1);
    await dying.kill();
    proxy.fault = () => 'none';
    const reborn = await startProposer();
    await reborn.proposeNow();
    expect((await games()).length).to.equal(1);
  });

  it('takes its bonds back when the windows are over, also those of an earlier run', async () => {
    const before = await balance();
    const first = await startProposer();
    for (const number of [1, 2]) {
      safe = blockOf(number, []);
      await first.proposeNow();
    }
    await first.kill();
    const second = await startProposer();
    await second.proposeNow();
    expect(second.status()).to.include({ openGames: 2, bondsReturned: 0 });
    await rpc(l1.url, 'evm_increaseTime', [CHALLENGE_WINDOW_SECONDS]);
    await rpc(l1.url, 'evm_mine');
    await second.proposeNow();
    expect(second.status()).to.include({ openGames: 0, bondsReturned: 2, fault: undefined });
    const spentOnGas = before - (await balance());
    expect(spentOnGas > 0n && spentOnGas < BOND_WEI / 10n).to.equal(true);
  });

  it('takes the bond of a game that somebody else resolved', async () => {
    safe = blockOf(1, []);
    const proposer = await startProposer();
    await proposer.proposeNow();
    await rpc(l1.url, 'evm_increaseTime', [CHALLENGE_WINDOW_SECONDS]);
    const [game] = await games();
    const { publicClient, walletClient } = viemClients(l1.url, accounts.other);
    const contract = { address: `0x${game.metadata.slice(26)}`, abi: outputClaimGameAbi } as const;
    const hash = await walletClient.writeContract({ ...contract, functionName: 'resolve' });
    await publicClient.waitForTransactionReceipt({ hash });
    await proposer.proposeNow();
    expect(proposer.status()).to.include({ openGames: 0, bondsReturned: 1 });
  });

  it('gives up the bond of a disputed claim', async () => {
    safe = blockOf(1, []);
    const proposer = await startProposer();
    await proposer.proposeNow();
    const [game] = await games();
    const { publicClient, walletClient } = viemClients(l1.url, accounts.guardian);
    const contract = { address: `0x${game.metadata.slice(26)}`, abi: outputClaimGameAbi } as const;
    const hash = await walletClient.writeContract({ ...contract, functionName: 'dispute' });
    await publicClient.waitForTransactionReceipt({ hash });
    await proposer.proposeNow();
    expect(proposer.status()).to.include({ openGames: 0, bondsReturned: 0, fault: undefined });
  });

  it('leaves the games of others alone', async () => {
    const { publicClient, walletClient } = viemClients(l1.url, accounts.other);
    const hash = await walletClient.writeContract({
      address: contracts.disputeGameFactory,
      abi: disputeGameFactoryAbi,
      functionName: 'create',
      args: [
        OUTPUT_CLAIM_GAME_TYPE,
        toHex(outputRoot(blockOf(1, []).header)),
        encodeAbiParameters([{ type: 'uint256' }], [1n]),
      ],
      value: BOND_WEI,
    });
    await publicClient.waitForTransactionReceipt({ hash });
    safe = blockOf(1, []);
    const proposer = await startProposer();
    await proposer.proposeNow();
    expect((await games()).length).to.equal(1);
    expect(proposer.status()).to.include({ lastProposedBlock: 1, openGames: 0, claimsMade: 0 });
  });

  it('reports an L1 out of reach and goes on afterwards', async () => {
    const proposer = await startProposer();
    await proposer.proposeNow();
    proxy.fault = () => 'cut';
    safe = blockOf(4, []);
    await proposer.proposeNow();
    expect(proposer.status().fault).to.match(/^the L1 at http:\/\/127\.0\.0\.1:\d+ cannot be reached/);
    proxy.fault = () => 'none';
    await proposer.proposeNow();
    expect(proposer.status()).to.include({ lastProposedBlock: 4, fault: undefined });
  });
});
