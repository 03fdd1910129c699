import { expect } from 'chai';
import {
  Contract,
  ContractFactory,
  HDNodeWallet,
  type InterfaceAbi,
  isCallException,
  isError,
  JsonRpcProvider,
  keccak256,
  parseEther,
  WebSocketProvider,
} from 'ethers';
import { L2_CHAIN_ID, MNEMONIC, type RunningRpc, startRpc } from './startRpc';
import { tide } from './tide';

describe('ethers', () => {
  let rpc: RunningRpc;
  let provider: JsonRpcProvider;
  let wallet: HDNodeWallet;
  let contract: Contract;

  before(async () => {
    rpc = await startRpc();
    provider = new JsonRpcProvider(rpc.url, undefined, { cacheTimeout: -1, pollingInterval: 50 });
    wallet = HDNodeWallet.fromPhrase(MNEMONIC).connect(provider);
    const factory = new ContractFactory(tide().abi as InterfaceAbi, tide().bytecode, wallet);
    const deployed = await factory.deploy();
    await deployed.waitForDeployment();
    contract = new Contract(await deployed.getAddress(), tide().abi as InterfaceAbi, wallet);
  });

  after(async () => {
    provider.destroy();
    await rpc.stop();
    expect(rpc.errors).to.deep.equal([]);
  });

  it('knows the network and the unlocked accounts', async () => {
    expect((await provider.getNetwork()).chainId).to.equal(BigInt(L2_CHAIN_ID));
    expect((await provider.listAccounts()).map(({ address }) => address)[0]).to.equal(wallet.address);
  });

  it('sends, waits, and reads the block with its deposit', async () => {
    const response = await wallet.sendTransaction({ to: wallet.address, value: parseEther('1') });
    const receipt = await response.wait();
    expect(receipt?.status).to.equal(1);
    const block = await provider.getBlock(receipt?.blockNumber ?? 0, true);
    expect(block?.transactions).to.have.lengthOf(2);
    expect(block?.getPrefetchedTransaction(1).hash).to.equal(response.hash);
    const deposit = await provider.getTransaction(block?.transactions[0] ?? '');
    expect(deposit?.type).to.equal(0x7e);
    expect((await provider.getTransactionReceipt(deposit?.hash ?? ''))?.status).to.equal(1);
  });

  it('asks for an access list as any provider does', async () => {
    const { hash, raw, accounts } = await provider.send('tributary_blockAccessList', ['latest']);
    expect(hash).to.equal(keccak256(raw));
    expect(accounts.map(({ address }: { address: string }) => address)).to.include(wallet.address.toLowerCase());
  });

  it('decodes a custom error', async () => {
    const error: unknown = await contract.failCustom().catch((thrown: unknown) => thrown);
    if (!isCallException(error)) throw error;
    expect([error.revert?.name, error.revert?.args[1]]).to.deep.equal(['TooHigh', 7n]);
    const reason: unknown = await contract.failReason().catch((thrown: unknown) => thrown);
    expect(isCallException(reason) && reason.reason).to.equal('the tide is out');
  });

  it('maps a used nonce, a poor sender and an underpriced replacement to its own errors', async () => {
    const used: unknown = await wallet
      .sendTransaction({ to: wallet.address, nonce: 0 })
      .catch((thrown: unknown) => thrown);
    expect(isError(used, 'NONCE_EXPIRED')).to.equal(true);
    const poor = HDNodeWallet.createRandom().connect(provider);
    const funds: unknown = await poor
      .sendTransaction({ to: wallet.address, value: 1n, gasLimit: 21_000n })
      .catch((thrown: unknown) => thrown);
    expect(isError(funds, 'INSUFFICIENT_FUNDS')).to.equal(true);
    const nonce = (await wallet.getNonce()) + 5;
    await wallet.sendTransaction({ to: wallet.address, nonce });
    const replacement: unknown = await wallet
      .sendTransaction({ to: wallet.address, value: 1n, nonce })
      .catch((thrown: unknown) => thrown);
    expect(isError(replacement, 'REPLACEMENT_UNDERPRICED')).to.equal(true);
  });

  it('queries and filters events', async () => {
    await (await contract.rise(3)).wait();
    const logs = await contract.queryFilter('Risen', 0);
    expect(logs).to.have.lengthOf(1);
  });

  it('listens over a WebSocket', async () => {
    const socket = new WebSocketProvider(rpc.wsUrl);
    const heard = new Promise<unknown[]>((resolve) => {
      void new Contract(contract.target, tide().abi as InterfaceAbi, socket).once('Risen', (...args) =>
        resolve(args.slice(0, 3)),
      );
    });
    const block = new Promise<number>((resolve) => void socket.once('block', resolve));
    // Answered after the subscriptions, which go before it on the same connection.
    await socket.getBlockNumber();
    await socket.send('eth_chainId', []);
    const receipt = await (await contract.rise(4)).wait();
    expect(await heard).to.deep.equal([wallet.address, 7n, 4n]);
    expect(await block).to.equal(receipt.blockNumber);
    await socket.destroy();
  });

  it('sends from an unlocked account', async () => {
    const signer = await provider.getSigner(3);
    const response = await signer.sendTransaction({ to: wallet.address, value: 1n });
    expect((await response.wait())?.status).to.equal(1);
    const signature = await signer.signMessage('tide');
    expect(signature).to.equal(
      await HDNodeWallet.fromPhrase(MNEMONIC, undefined, "m/44'/60'/0'/0/3").signMessage('tide'),
    );
  });
});
