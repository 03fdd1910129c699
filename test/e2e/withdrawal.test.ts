import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import hre from 'hardhat';
import {
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  parseEther,
  parseEventLogs,
  type TransactionReceipt,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import {
  getL2TransactionHashes,
  getWithdrawals,
  publicActionsL1,
  publicActionsL2,
  walletActionsL1,
  walletActionsL2,
} from 'viem/op-stack';
import { parseDeployment } from '../../src/chain/deployment';
import { baseFeeVaultAbi } from '../../src/l1/bindings/BaseFeeVault';
import { l1StandardBridgeAbi } from '../../src/l1/bindings/L1StandardBridge';
import { optimismMintableERC20Abi } from '../../src/l1/bindings/OptimismMintableERC20';
import { optimismMintableERC20FactoryAbi } from '../../src/l1/bindings/OptimismMintableERC20Factory';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { tributaryChain, tributaryL1Chain } from '../../src/sdk/tributaryChain';
import { freePort, TributaryProcess, temporaryFolder } from './tributaryProcess';

const FRESH = '0x00000000000000000000000000000000c0ffee01';

describe('viem/op-stack with tributary dev, end to end', function () {
  this.timeout(240_000);
  const folder = temporaryFolder();
  let dev: TributaryProcess;
  let clients: ReturnType<typeof connect>;

  function connect() {
    const file = join(folder.path, 'dev', 'deployment.json');
    const deployment = parseDeployment(JSON.parse(readFileSync(file, 'utf8')), file);
    const targetChain = tributaryChain(deployment);
    const account = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 7 });
    const l1 = { chain: tributaryL1Chain(deployment), transport: http(), pollingInterval: 100, cacheTime: 0 };
    const l2 = { chain: targetChain, transport: http(), pollingInterval: 100, cacheTime: 0 };
    return {
      deployment,
      targetChain,
      account,
      publicL1: createPublicClient(l1).extend(publicActionsL1()),
      walletL1: createWalletClient({ ...l1, account }).extend(walletActionsL1()),
      publicL2: createPublicClient(l2).extend(publicActionsL2()),
      walletL2: createWalletClient({ ...l2, account }).extend(walletActionsL2()),
    };
  }

  before(async () => {
    const [port, l1Port] = [await freePort(), await freePort()];
    dev = await new TributaryProcess([
      'dev',
      ...['--port', String(port), '--l1-port', String(l1Port), '--data-dir', join(folder.path, 'dev')],
    ]).ready();
    clients = connect();
  });
  after(async () => {
    await dev.stop();
    folder.remove();
  });

  /** Deposits to an address; the receipt on L2. */
  async function deposit(mint: bigint): Promise<TransactionReceipt> {
    const { publicL1, publicL2, walletL1 } = clients;
    const request = await publicL2.buildDepositTransaction({ to: FRESH, mint, account: clients.account });
    const hash = await walletL1.depositTransaction(request);
    const receipt = await publicL1.waitForTransactionReceipt({ hash });
    expect(receipt.status).to.equal('success');
    const [l2Hash] = getL2TransactionHashes(receipt);
    return publicL2.waitForTransactionReceipt({ hash: l2Hash });
  }

  it('brings deposited ETH to L2', async () => {
    const receipt = await deposit(parseEther('3'));
    expect(receipt.status).to.equal('success');
    expect(receipt.type).to.equal('0x7e');
    expect(await clients.publicL2.getBalance({ address: FRESH })).to.equal(parseEther('3'));
    const portal = clients.deployment.rollup.contracts.portal as `0x${string}`;
    expect(await clients.publicL1.getBalance({ address: portal })).to.equal(parseEther('3'));
  });

  it('takes ETH back to L1, and says at every step how far it is', async () => {
    const { publicL1, publicL2, walletL1, walletL2, targetChain, account } = clients;
    await deposit(parseEther('1'));
    const value = parseEther('0.75');
    const to = '0x00000000000000000000000000000000c0ffee02';
    const request = await publicL1.buildInitiateWithdrawal({ account, to, value });
    const initiated = await walletL2.initiateWithdrawal(request);
    const receipt = await publicL2.waitForTransactionReceipt({ hash: initiated });
    const [withdrawal] = getWithdrawals(receipt);
    expect(withdrawal).to.deep.include({ sender: account.address, value });
    const status = () => publicL1.getWithdrawalStatus({ receipt, targetChain });
    expect(await status()).to.equal('waiting-to-prove');

    expect((await publicL1.getTimeToProve({ receipt, targetChain })).seconds).to.be.within(0, 60);
    const { output, game } = await publicL1.waitToProve({ receipt, targetChain });
    expect(await status()).to.equal('ready-to-prove');
    expect(Number(game.l2BlockNumber)).to.be.at.least(Number(receipt.blockNumber));
    const l2Output = await publicL1.getL2Output({ l2BlockNumber: receipt.blockNumber, targetChain });
    expect(l2Output.outputRoot).to.match(/^0x[0-9a-f]{64}$/);
    const games = await publicL1.getGames({ l2BlockNumber: receipt.blockNumber, targetChain });
    expect(games.map(({ index }) => index)).to.include(game.index);
    const found = await publicL1.getGame({ l2BlockNumber: receipt.blockNumber, targetChain });
    expect(found.l2BlockNumber >= receipt.blockNumber).to.equal(true);

    const proof = await publicL2.buildProveWithdrawal({ account, output, withdrawal });
    expect(await publicL1.estimateProveWithdrawalGas({ ...proof, targetChain })).to.be.greaterThan(50_000n);
    const proven = await walletL1.proveWithdrawal({ ...proof, targetChain });
    expect((await publicL1.waitForTransactionReceipt({ hash: proven })).status).to.equal('success');
    expect(await status()).to.equal('waiting-to-finalize');
    const time = await publicL1.getTimeToFinalize({ withdrawalHash: withdrawal.withdrawalHash, targetChain });
    expect(time.seconds).to.be.within(1, 60);

    await publicL1.waitToFinalize({ withdrawalHash: withdrawal.withdrawalHash, targetChain });
    expect(await status()).to.equal('ready-to-finalize');
    const gas = await publicL1.estimateFinalizeWithdrawalGas({ account, targetChain, withdrawal });
    expect(gas).to.be.greaterThan(50_000n);
    const finalized = await walletL1.finalizeWithdrawal({ targetChain, withdrawal });
    expect((await publicL1.waitForTransactionReceipt({ hash: finalized })).status).to.equal('success');
    expect(await status()).to.equal('finalized');
    expect(await publicL1.getBalance({ address: to })).to.equal(value);

    const again = await walletL1.finalizeWithdrawal({ targetChain, withdrawal, gas: 500_000n }).catch(String);
    if (/^0x/.test(again)) {
      expect((await publicL1.waitForTransactionReceipt({ hash: again as `0x${string}` })).status).to.equal('reverted');
    }
    expect(await publicL1.getBalance({ address: to })).to.equal(value);
  });

  it('brings a token to L2 by the bridge', async () => {
    const { publicL1, publicL2, walletL1, walletL2, deployment } = clients;
    const artifact = await hre.artifacts.readArtifact('ExampleToken');
    const created = await walletL1.deployContract({
      abi: artifact.abi,
      bytecode: artifact.bytecode as Hex,
      args: [1_000n],
    });
    const token = (await publicL1.waitForTransactionReceipt({ hash: created })).contractAddress as Hex;
    const factory = {
      address: '0x4200000000000000000000000000000000000012',
      abi: optimismMintableERC20FactoryAbi,
    } as const;
    const made = await walletL2.writeContract({
      ...factory,
      functionName: 'createOptimismMintableERC20',
      args: [token, 'Twin', 'TWIN'],
    });
    const [event] = parseEventLogs({
      abi: factory.abi,
      eventName: 'OptimismMintableERC20Created',
      logs: (await publicL2.waitForTransactionReceipt({ hash: made })).logs,
    });
    const twin = event.args.localToken;
    const bridge = deployment.l1.contracts.l1StandardBridge as Hex;
    const approved = await walletL1.writeContract({
      address: token,
      abi: artifact.abi,
      functionName: 'approve',
      args: [bridge, 400n],
    });
    await publicL1.waitForTransactionReceipt({ hash: approved });
    const bridged = await walletL1.writeContract({
      address: bridge,
      abi: l1StandardBridgeAbi,
      functionName: 'depositERC20To',
      args: [token, twin, FRESH, 400n, 200_000, '0x'],
    });
    const [l2Hash] = getL2TransactionHashes(await publicL1.waitForTransactionReceipt({ hash: bridged }));
    expect((await publicL2.waitForTransactionReceipt({ hash: l2Hash })).status).to.equal('success');
    const balance = { address: twin, abi: optimismMintableERC20Abi, functionName: 'balanceOf', args: [FRESH] } as const;
    expect(await publicL2.readContract(balance)).to.equal(400n);
  });

  it('pays the fees that gathered out to L1, by a withdrawal', async () => {
    const { publicL2, walletL2, deployment } = clients;
    const vault = '0x4200000000000000000000000000000000000019';
    const gathered = await publicL2.getBalance({ address: vault });
    expect(gathered > 0n).to.equal(true);
    const hash = await walletL2.writeContract({ address: vault, abi: baseFeeVaultAbi, functionName: 'withdraw' });
    const [withdrawal] = getWithdrawals(await publicL2.waitForTransactionReceipt({ hash }));
    expect(withdrawal.target.toLowerCase()).to.equal(deployment.l1.contracts.timelock.toLowerCase());
    expect(withdrawal.value >= gathered).to.equal(true);
  });

  it('estimates fees', async () => {
    const { publicL2, account } = clients;
    const call = { account, to: FRESH, value: 1n } as const;
    expect(await publicL2.estimateTotalFee(call)).to.be.greaterThan(0n);
    expect(await publicL2.estimateTotalGas(call)).to.be.at.least(21_000n);
    expect(await publicL2.estimateL1Fee(call)).to.be.at.least(0n);
    expect(await publicL2.getL1BaseFee()).to.be.greaterThan(0n);
  });
});
