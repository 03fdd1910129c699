import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import hre from 'hardhat';
import {
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  parseEther,
  parseEventLogs,
  serializeTransaction,
  type TransactionReceipt,
  type TransactionSerializableEIP1559,
  toHex,
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
import { feeSplitterAbi } from '../../src/l1/bindings/FeeSplitter';
import { gasPriceOracleAbi } from '../../src/l1/bindings/GasPriceOracle';
import { l1StandardBridgeAbi } from '../../src/l1/bindings/L1StandardBridge';
import { l2StandardBridgeAbi } from '../../src/l1/bindings/L2StandardBridge';
import { optimismMintableERC20Abi } from '../../src/l1/bindings/OptimismMintableERC20';
import { optimismMintableERC20FactoryAbi } from '../../src/l1/bindings/OptimismMintableERC20Factory';
import { systemConfigAbi } from '../../src/l1/bindings/SystemConfig';
import { DEV_MNEMONIC } from '../../src/node/dev/devAccounts';
import { freePort } from '../../src/node/freePort';
import { tributaryChain, tributaryL1Chain } from '../../src/sdk/tributaryChain';
import { rpc, TributaryProcess, temporaryFolder } from './tributaryProcess';

/** Hardhat's estimate finds none for a call that asks for 400,000 gas of its own. */
const FINALIZE_GAS = 1_500_000n;
const L1_FEE_VAULT = '0x420000000000000000000000000000000000001A';
/** Of base fees, of tips, of L1 data fees. */
const FEE_VAULTS = [
  '0x4200000000000000000000000000000000000019',
  '0x4200000000000000000000000000000000000011',
  L1_FEE_VAULT,
] as const;
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

  /** Proves and finalizes what these transactions on L2 withdraw, all against one claim; gives the withdrawals. */
  async function finish(receipts: TransactionReceipt[]) {
    const { publicL1, publicL2, walletL1, targetChain, account } = clients;
    const last = receipts[receipts.length - 1];
    const { output } = await publicL1.waitToProve({ receipt: last, targetChain });
    const withdrawals = receipts.flatMap((receipt) => getWithdrawals(receipt));
    const succeed = async (hash: Hex) =>
      expect((await publicL1.waitForTransactionReceipt({ hash })).status).to.equal('success');
    for (const withdrawal of withdrawals) {
      const proof = await publicL2.buildProveWithdrawal({ account, output, withdrawal });
      await succeed(await walletL1.proveWithdrawal({ ...proof, targetChain }));
    }
    for (const withdrawal of withdrawals) {
      await publicL1.waitToFinalize({ withdrawalHash: withdrawal.withdrawalHash, targetChain });
      await succeed(await walletL1.finalizeWithdrawal({ targetChain, withdrawal, gas: FINALIZE_GAS }));
    }
    return withdrawals;
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

  it('takes a token to L2 by the bridge, from one to another there, and back', async () => {
    const { publicL1, publicL2, walletL1, walletL2, deployment, account } = clients;
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
      args: [token, twin, account.address, 400n, 200_000, '0x'],
    });
    const [l2Hash] = getL2TransactionHashes(await publicL1.waitForTransactionReceipt({ hash: bridged }));
    expect((await publicL2.waitForTransactionReceipt({ hash: l2Hash })).status).to.equal('success');
    const onL2 = { address: twin, abi: optimismMintableERC20Abi } as const;
    const twinOf = (at: Hex) => publicL2.readContract({ ...onL2, functionName: 'balanceOf', args: [at] });
    expect(await twinOf(account.address)).to.equal(400n);

    const moved = await walletL2.writeContract({ ...onL2, functionName: 'transfer', args: [FRESH, 150n] });
    expect((await publicL2.waitForTransactionReceipt({ hash: moved })).status).to.equal('success');
    const initiated = await walletL2.writeContract({
      address: '0x4200000000000000000000000000000000000010',
      abi: l2StandardBridgeAbi,
      functionName: 'withdraw',
      args: [twin, 250n, 200_000, '0x'],
    });
    const receipt = await publicL2.waitForTransactionReceipt({ hash: initiated });
    expect([await twinOf(account.address), await twinOf(FRESH)]).to.deep.equal([0n, 150n]);

    const tokenOf = (at: Hex) =>
      publicL1.readContract({ address: token, abi: artifact.abi, functionName: 'balanceOf', args: [at] });
    expect([await tokenOf(account.address), await tokenOf(bridge)]).to.deep.equal([600n, 400n]);
    await finish([receipt]);
    // What stays in escrow is what there is on L2.
    expect([await tokenOf(account.address), await tokenOf(bridge)]).to.deep.equal([850n, 150n]);
    expect(await publicL2.readContract({ ...onL2, functionName: 'totalSupply' })).to.equal(150n);
  });

  it('charges for L1 data from when the timelock sets the scalars, as GasPriceOracle and the receipt say', async () => {
    const { publicL1, publicL2, walletL2, deployment, account } = clients;
    const from = deployment.l1.contracts.timelock as Hex;
    const data = encodeFunctionData({
      abi: systemConfigAbi,
      functionName: 'setFeeScalars',
      args: [2_000_000, 3_000_000],
    });
    // What a vote would do at its end.
    const asTimelock = { from, to: deployment.l1.contracts.systemConfig as Hex, data };
    await rpc(deployment.l1.rpcUrl, 'hardhat_impersonateAccount', [from]);
    await rpc(deployment.l1.rpcUrl, 'hardhat_setBalance', [from, toHex(parseEther('1'))]);
    const hash = await rpc<Hex>(deployment.l1.rpcUrl, 'eth_sendTransaction', [asTimelock]);
    expect((await publicL1.waitForTransactionReceipt({ hash })).status).to.equal('success');
    await deposit(1n);
    const oracle = { address: '0x420000000000000000000000000000000000000F', abi: gasPriceOracleAbi } as const;
    expect(await publicL2.readContract({ ...oracle, functionName: 'baseFeeScalar' })).to.equal(2_000_000);
    expect(await publicL2.readContract({ ...oracle, functionName: 'blobBaseFeeScalar' })).to.equal(3_000_000);

    const balances = async (blockNumber: bigint) => ({
      sender: await publicL2.getBalance({ address: account.address, blockNumber }),
      vault: await publicL2.getBalance({ address: L1_FEE_VAULT, blockNumber }),
    });
    const request = await walletL2.prepareTransactionRequest({ to: FRESH, value: 5n, data: '0x00ff' });
    const estimated = await publicL2.estimateL1Fee({ account, to: FRESH, value: 5n, data: '0x00ff' });
    const sent = await walletL2.sendTransaction(request);
    const receipt = await publicL2.waitForTransactionReceipt({ hash: sent });
    const before = await balances(receipt.blockNumber - 1n);
    const after = await balances(receipt.blockNumber);
    const { l1Fee, l1GasUsed, l1GasPrice } = receipt;
    if (l1Fee === null || l1GasUsed === null || l1GasPrice === null) expect.fail('the receipt says nothing of L1');
    expect(after.vault - before.vault).to.equal(l1Fee);
    expect(before.sender - after.sender).to.equal(5n + receipt.gasUsed * receipt.effectiveGasPrice + l1Fee);
    const weighted =
      16n * 2_000_000n * l1GasPrice +
      3_000_000n * (await publicL2.readContract({ ...oracle, functionName: 'blobBaseFee' }));
    expect(l1Fee).to.equal((l1GasUsed * weighted) / 16_000_000n);
    expect(l1Fee > 0n).to.equal(true);
    const raw = await rpc<Record<string, Hex>>(deployment.l2.rpcUrl, 'eth_getTransactionReceipt', [sent]);
    expect([raw.l1BaseFeeScalar, raw.l1BlobBaseFeeScalar]).to.deep.equal([toHex(2_000_000), toHex(3_000_000)]);

    // The signature is all that the oracle guesses: 68 bytes, none of them zero.
    const unsigned = serializeTransaction({
      ...request,
      type: 'eip1559',
      chainId: publicL2.chain.id,
    } as TransactionSerializableEIP1559);
    const guessed = await publicL2.readContract({ ...oracle, functionName: 'getL1GasUsed', args: [unsigned] });
    expect(Number(guessed - l1GasUsed)).to.be.within(0, 5 * 16);
    expect(Number(estimated) / Number(l1Fee)).to.be.within(0.9, 1.1);
    const call = { account, to: FRESH, value: 5n } as const;
    expect((await publicL2.estimateTotalFee(call)) > (await publicL2.estimateL1Fee(call))).to.equal(true);

    const gasPrice = (await publicL2.getGasPrice()) * 2n;
    const estimate = (balance: bigint) =>
      publicL2.estimateGas({
        account: FRESH,
        to: account.address,
        gasPrice,
        stateOverride: [{ address: FRESH, balance }],
      });
    const refused = await estimate(21_000n * gasPrice).catch((error: Error) => error);
    expect(String(refused)).to.match(/gas required exceeds allowance|insufficient funds/);
    expect(await estimate(21_000n * gasPrice + 2n * l1Fee)).to.equal(21_000n);
  });

  it('pays the fees that gathered out to L1, where they are split to the wei', async () => {
    const { publicL1, publicL2, walletL1, walletL2, deployment } = clients;
    const { feeSplitter, votingRewards } = deployment.l1.contracts as Record<string, Hex>;
    const receipts: TransactionReceipt[] = [];
    for (const address of FEE_VAULTS) {
      expect((await publicL2.getBalance({ address })) > 0n, address).to.equal(true);
      const hash = await walletL2.writeContract({ address, abi: baseFeeVaultAbi, functionName: 'withdraw' });
      receipts.push(await publicL2.waitForTransactionReceipt({ hash }));
    }
    const withdrawals = await finish(receipts);
    expect(withdrawals.map(({ target }) => target.toLowerCase())).to.deep.equal(
      Array(3).fill(feeSplitter.toLowerCase()),
    );
    const total = withdrawals.reduce((sum, { value }) => sum + value, 0n);
    expect(await publicL1.getBalance({ address: feeSplitter })).to.equal(total);

    const splitter = { address: feeSplitter, abi: feeSplitterAbi } as const;
    const shares = await publicL1.readContract({ ...splitter, functionName: 'shares' });
    expect(shares.map(({ basisPoints }) => basisPoints)).to.deep.equal([5_000, 5_000]);
    const paid: bigint[] = [];
    for (const { recipient } of shares) {
      const hash = await walletL1.writeContract({ ...splitter, functionName: 'withdraw', args: [recipient] });
      const { logs } = await publicL1.waitForTransactionReceipt({ hash });
      paid.push(parseEventLogs({ abi: feeSplitterAbi, eventName: 'Paid', logs })[0].args.amount);
    }
    expect(paid).to.deep.equal([total / 2n, total - total / 2n]);
    expect(await publicL1.getBalance({ address: feeSplitter })).to.equal(0n);
    expect(await publicL1.getBalance({ address: votingRewards })).to.equal(paid[1]);
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
