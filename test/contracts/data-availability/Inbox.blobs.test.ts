import { expect } from 'chai';
import { loadKZG } from 'kzg-wasm';
import {
  BaseError,
  ContractFunctionRevertedError,
  concat,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  hexToBytes,
  http,
  type Kzg,
  keccak256,
  parseEventLogs,
  parseGwei,
  stringToHex,
  toBlobs,
  toHex,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { anvil } from 'viem/chains';
import { inboxAbi } from '../../../src/l1/bindings/Inbox';
import { deployContracts } from '../../../src/l1/deployment/deployContracts';
import { startAnvil, type TestL1 } from '../../l1/startL1';
import { compiledArtifact } from '../deploySystem';

const MNEMONIC = 'test test test test test test test test test test test junk';
const BLOBS = 1;
/** Blobs of 126,976 bytes of content and a little more: two. */
const TWO_BLOBS_OF_DATA = toHex(new Uint8Array(130_000).fill(7));

describe('Inbox on an L1 with blobs', () => {
  let l1: TestL1;
  let kzg: Kzg;
  let inbox: Hex;
  const sequencer = mnemonicToAccount(MNEMONIC, { addressIndex: 1 });

  const clients = () => {
    const transport = http(l1.url, { timeout: 60_000 });
    const shared = { chain: anvil, transport, pollingInterval: 20, cacheTime: 0 };
    return {
      publicClient: createPublicClient(shared),
      deployerClient: createWalletClient({ ...shared, account: mnemonicToAccount(MNEMONIC) }),
      sequencerClient: createWalletClient({ ...shared, account: sequencer }),
    };
  };

  before(async () => {
    const wasm = await loadKZG();
    kzg = {
      blobToKzgCommitment: (blob) => hexToBytes(wasm.blobToKZGCommitment(toHex(blob)) as Hex),
      computeBlobKzgProof: (blob, commitment) =>
        hexToBytes(wasm.computeBlobKZGProof(toHex(blob), toHex(commitment)) as Hex),
    };
    l1 = await startAnvil({ args: ['--hardfork', 'prague'] });
    const { publicClient, deployerClient } = clients();
    const deployer = deployerClient.account.address;
    const { contracts } = await deployContracts({
      publicClient,
      walletClient: deployerClient,
      config: {
        sequencer: sequencer.address,
        guardian: deployer,
        timelock: { minDelaySeconds: 0, proposers: [deployer] },
        challengeWindowSeconds: 1,
        initBondWei: 0n,
      },
      loadArtifact: compiledArtifact,
    });
    inbox = contracts.inbox;
  });

  after(async () => {
    await l1?.stop();
  });

  const post = (announced: number, data: Hex) =>
    clients().sequencerClient.sendTransaction({
      to: inbox,
      data: encodeFunctionData({ abi: inboxAbi, functionName: 'postBlobBatch', args: [BigInt(announced)] }),
      blobs: toBlobs({ data }),
      kzg,
      maxFeePerBlobGas: parseGwei('100'),
      gas: 500_000n,
    });

  it('commits to the versioned hashes of all blobs in their order', async () => {
    const { publicClient } = clients();
    for (const [index, [data, blobCount]] of (
      [
        [stringToHex('a batch'), 1],
        [TWO_BLOBS_OF_DATA, 2],
      ] as const
    ).entries()) {
      const hash = await post(blobCount, data);
      const receipt = await publicClient.waitForTransactionReceipt({ hash });
      const transaction = await publicClient.getTransaction({ hash });
      const block = await publicClient.getBlock({ blockNumber: receipt.blockNumber });
      expect(receipt.status).to.equal('success');
      const [{ args }] = parseEventLogs({ abi: inboxAbi, logs: receipt.logs, eventName: 'BatchPosted' });
      expect(args.blobHashes).to.have.length(blobCount).and.to.deep.equal(transaction.blobVersionedHashes);
      expect(args.header).to.deep.equal({
        index: BigInt(index),
        dataKind: BLOBS,
        dataCommitment: keccak256(concat(args.blobHashes)),
        l1BlockNumber: receipt.blockNumber,
        timestamp: block.timestamp,
        poster: sequencer.address,
      });
    }
  });

  it('refuses a batch that names fewer or more blobs than the transaction carries', async () => {
    const { publicClient } = clients();
    const count = () => publicClient.readContract({ address: inbox, abi: inboxAbi, functionName: 'batchCount' });
    const before = await count();
    for (const announced of [1, 3]) {
      const receipt = await publicClient.waitForTransactionReceipt({ hash: await post(announced, TWO_BLOBS_OF_DATA) });
      expect(receipt.status).to.equal('reverted');
    }
    expect(await count()).to.equal(before);
  });

  it('says why without any blob', async () => {
    const { publicClient } = clients();
    const error = await publicClient
      .simulateContract({
        address: inbox,
        abi: inboxAbi,
        functionName: 'postBlobBatch',
        args: [1n],
        account: sequencer,
      })
      .catch((thrown) => thrown);
    const revert = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (!(revert instanceof ContractFunctionRevertedError)) throw new TypeError(`not a revert: ${error}`);
    expect(revert.data?.errorName).to.equal('InboxBlobCountMismatch');
    expect(revert.data?.args).to.deep.equal([1n, 0n]);
  });
});
