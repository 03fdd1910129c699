import { expect } from 'chai';
import {
  type Account,
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  parseEther,
  publicActions,
  webSocket,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { chainConfig } from 'viem/op-stack';
import { L2_CHAIN_ID, MNEMONIC, type RunningRpc, startRpc } from './startRpc';
import { tide } from './tide';

describe('viem', () => {
  let rpc: RunningRpc;
  let client: ReturnType<typeof connect>;
  let contract: Hex;
  const account = mnemonicToAccount(MNEMONIC);

  before(async () => {
    rpc = await startRpc();
    client = connect(rpc.url, account);
    const hash = await client.deployContract({ ...tide(), account, chain: client.chain });
    const receipt = await client.waitForTransactionReceipt({ hash });
    expect(receipt.status).to.equal('success');
    contract = receipt.contractAddress as Hex;
  });

  after(async () => {
    await rpc.stop();
    expect(rpc.errors).to.deep.equal([]);
  });

  it('sends value and finds the receipt as soon as it has the hash', async () => {
    const to = `0x${'ab'.repeat(20)}` as const;
    const hash = await client.sendTransaction({ to, value: parseEther('1.5') });
    const receipt = await client.getTransactionReceipt({ hash });
    expect(receipt).to.include({ status: 'success', type: 'eip1559', to, gasUsed: 21_000n, contractAddress: null });
    expect(await client.getBalance({ address: to })).to.equal(parseEther('1.5'));
    const transaction = await client.getTransaction({ hash });
    expect(transaction).to.include({ hash, to, value: parseEther('1.5'), typeHex: '0x2', chainId: L2_CHAIN_ID });
    expect(transaction.gasPrice).to.equal(receipt.effectiveGasPrice);
    expect(transaction.blockHash).to.equal(receipt.blockHash);
  });

  it('shows blocks with the L1 attributes deposit first', async () => {
    await client.sendTransaction({ to: account.address });
    const block = await client.getBlock({ includeTransactions: true });
    expect(block.transactions).to.have.lengthOf(2);
    expect(block.transactions[0]).to.include({
      type: 'deposit',
      typeHex: '0x7e',
      isSystemTx: false,
      mint: undefined,
      transactionIndex: 0,
    });
    const again = await client.getBlock({ blockHash: block.hash });
    expect(again.transactions).to.deep.equal(block.transactions.map(({ hash }) => hash));
    expect(again.withdrawals).to.deep.equal([]);
    const receipts = await client.request({ method: 'eth_getBlockReceipts' as never, params: [block.hash] as never });
    expect(receipts).to.have.lengthOf(2);
    expect(await client.getBlockTransactionCount()).to.equal(2);
  });

  it('reads and writes a contract, its logs and its events', async () => {
    const { abi } = tide();
    const hash = await client.writeContract({ address: contract, abi, functionName: 'rise', args: [5n] });
    const { logs, blockNumber, blockHash } = await client.getTransactionReceipt({ hash });
    expect(await client.readContract({ address: contract, abi, functionName: 'height' })).to.equal(5n);
    const found = await client.getContractEvents({
      address: contract,
      abi,
      eventName: 'Risen',
      fromBlock: 0n,
      args: { by: account.address },
    });
    expect(found.map(({ args }) => args)).to.deep.equal([{ by: account.address, mark: 5n, height: 5n }]);
    expect(found[0]).to.include({ blockNumber, blockHash, transactionHash: hash, logIndex: 0, removed: false });
    expect(await client.getLogs({ blockHash, address: contract })).to.deep.equal(logs);
    const before = await client.readContract({
      address: contract,
      abi,
      functionName: 'height',
      blockNumber: blockNumber - 1n,
    });
    expect(before).to.equal(0n);
  });

  it('decodes custom errors, reasons and panics', async () => {
    const { abi } = tide();
    const failure = async (functionName: string, args: unknown[] = []) => {
      const error = await client.simulateContract({ address: contract, abi, functionName, args }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.instanceOf(BaseError);
      return (error as BaseError).walk(
        (each) => each instanceof ContractFunctionRevertedError,
      ) as ContractFunctionRevertedError;
    };
    const custom = await failure('failCustom');
    expect([custom.data?.errorName, custom.data?.args?.[1]]).to.deep.equal(['TooHigh', 7n]);
    expect((await failure('failReason')).reason).to.equal('the tide is out');
    expect((await failure('failPanic', [3n])).reason).to.equal(
      'Division or modulo by zero (e.g. `5 / 0` or `23 % 0`).',
    );
  });

  it('estimates and sends type 0 and type 1 transactions', async () => {
    for (const fields of [
      { type: 'legacy' },
      { type: 'eip2930', accessList: [{ address: contract, storageKeys: [] }] },
    ] as const) {
      const hash = await client.sendTransaction({ to: account.address, value: 1n, ...fields });
      expect((await client.getTransactionReceipt({ hash })).type).to.equal(fields.type);
    }
  });

  it('signs an EIP-7702 delegation and sees it', async () => {
    const authorization = await client.signAuthorization({ account, contractAddress: contract, executor: 'self' });
    const hash = await client.sendTransaction({ to: `0x${'cd'.repeat(20)}`, authorizationList: [authorization] });
    expect((await client.getTransactionReceipt({ hash })).type).to.equal('eip7702');
    expect(await client.getCode({ address: account.address })).to.equal(`0xef0100${contract.slice(2).toLowerCase()}`);
    expect((await client.getTransaction({ hash })) as unknown as { authorizationList: unknown[] })
      .to.have.property('authorizationList')
      .with.lengthOf(1);
    const clear = await client.signAuthorization({
      account,
      contractAddress: `0x${'00'.repeat(20)}`,
      executor: 'self',
    });
    await client.sendTransaction({ to: account.address, authorizationList: [clear] });
  });

  it('sends and waits in one request (EIP-7966)', async () => {
    const request = await client.prepareTransactionRequest({ to: account.address, value: 1n });
    const serializedTransaction = await client.signTransaction(request);
    const receipt = await client.sendRawTransactionSync({ serializedTransaction });
    expect(receipt.status).to.equal('success');
  });

  it('asks for fees, history and proofs', async () => {
    const fees = await client.estimateFeesPerGas();
    expect(fees.maxFeePerGas > fees.maxPriorityFeePerGas).to.equal(true);
    const history = await client.getFeeHistory({ blockCount: 3, rewardPercentiles: [10, 50] });
    expect(history.baseFeePerGas).to.have.lengthOf(4);
    expect(history.reward).to.have.lengthOf(3);
    expect(history.reward?.[0]).to.have.lengthOf(2);
    const proof = await client.getProof({ address: contract, storageKeys: [`0x${'00'.repeat(32)}`] });
    expect(proof.storageProof[0].value).to.equal(5n);
    expect(proof.accountProof.length).to.be.above(0);
    expect(await client.getStorageAt({ address: contract, slot: '0x0' })).to.equal(`0x${'5'.padStart(64, '0')}`);
  });

  it('watches blocks, logs and pending transactions over a WebSocket', async () => {
    const transport = webSocket(rpc.wsUrl);
    const watcher = createPublicClient({ transport, chain: client.chain });
    const seen: { blocks: bigint[]; logs: unknown[]; hashes: Hex[] } = { blocks: [], logs: [], hashes: [] };
    let told: () => void = () => undefined;
    const allTold = new Promise<void>((resolve) => {
      told = () => {
        if (seen.blocks.length >= 2 && seen.logs.length >= 1 && seen.hashes.length >= 2) resolve();
      };
    });
    const note =
      <Item>(list: Item[]) =>
      (...items: Item[]) => {
        list.push(...items);
        told();
      };
    const stop = [
      watcher.watchBlockNumber({ onBlockNumber: (number) => note(seen.blocks)(number) }),
      watcher.watchContractEvent({ address: contract, abi: tide().abi, onLogs: (logs) => note(seen.logs)(...logs) }),
      watcher.watchPendingTransactions({ onTransactions: (hashes) => note(seen.hashes)(...hashes) }),
    ];
    // The subscriptions are requests of their own: one more on the same connection is answered after them.
    await watcher.getBlockNumber();
    const start = await client.getBlockNumber();
    const first = await client.sendTransaction({ to: account.address });
    const second = await client.writeContract({ address: contract, abi: tide().abi, functionName: 'rise', args: [1n] });
    await allTold;
    for (const end of stop) end();
    expect(seen.blocks).to.deep.equal([start + 1n, start + 2n]);
    expect(seen.logs).to.have.lengthOf(1);
    expect(seen.hashes).to.deep.equal([first, second]);
    (await transport({}).value?.getRpcClient())?.close();
  });
});

function connect(url: string, account: Account) {
  const chain = {
    ...chainConfig,
    id: L2_CHAIN_ID,
    name: 'Tributary',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  };
  return createWalletClient({ account, chain, transport: http(url), pollingInterval: 50 }).extend(publicActions);
}
