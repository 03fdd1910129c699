import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RLP } from '@ethereumjs/rlp';
import { expect } from 'chai';
import { type Hex, keccak256, parseTransaction, serializeTransaction } from 'viem';
import { blobBatchGas } from '../../../src/batcher/dataAvailability';
import { packBlobs, unpackBlobs } from '../../../src/codec/blob/blobPacking';
import { fromHex, toHex } from '../../../src/core/bytes';
import { MemoryStore } from '../../../src/core/memoryStore';
import { systemClock } from '../../../src/core/systemClock';
import { inboxAbi } from '../../../src/l1/bindings/Inbox';
import { AnvilBlobSource } from '../../../src/l1/blobs/anvilBlobSource';
import { BlobArchive } from '../../../src/l1/blobs/blobArchive';
import { BlobReader } from '../../../src/l1/blobs/blobReader';
import {
  type BlobSidecar,
  isSidecarRefusal,
  sealBlobs,
  sidecarFromRlp,
  sidecarToRlp,
  versionedHashesOf,
  withSidecar,
} from '../../../src/l1/blobs/blobSidecar';
import { commitmentOf, isProofRight, proofOf, versionedHashOf } from '../../../src/l1/blobs/kzg';
import type { DeployedContracts } from '../../../src/l1/deployment/deployContracts';
import { L1BlockReader } from '../../../src/l1/l1BlockReader';
import type { L1Client } from '../../../src/l1/l1Client';
import { readL1Prices } from '../../../src/l1/l1Prices';
import { L1TransactionSender } from '../../../src/l1/l1TransactionSender';
import { encodePostBlobBatch } from '../../../src/l1/postedBatch';
import { accounts, connect, deployOn, readerOf, silentLogger, until } from '../l1Fixture';
import { rpc, startAnvil, startHardhatNode, type TestL1 } from '../startL1';

/** On this thread; the cell proofs are of the right form only, which anvil takes. */
const kzg = {
  async seal(blob: Uint8Array) {
    const commitment = commitmentOf(blob) ?? new Uint8Array();
    return { commitment, proof: proofOf(blob, commitment) };
  },
  cellProofs: async (_blob: Uint8Array) => new Uint8Array(128 * 48).fill(0xc0),
  check: async (blob: Uint8Array, { commitment, proof }: { commitment: Uint8Array; proof: Uint8Array }) =>
    isProofRight(blob, commitment, proof),
  async identify(blob: Uint8Array) {
    const commitment = commitmentOf(blob);
    return commitment && versionedHashOf(commitment);
  },
};

const PAYLOAD = new Uint8Array(140_000).map((_, i) => (i * 7) & 255);

describe('l1/blobs sending', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'tributary-blobs-'));
  const archive = new BlobArchive(folder);
  let l1: TestL1;
  let client: L1Client;
  let contracts: DeployedContracts;
  let sidecar: BlobSidecar;

  before(async () => {
    l1 = await startAnvil();
    client = await connect([l1.url]);
    contracts = await deployOn(l1.url);
    sidecar = await sealBlobs({ kzg, archive }, packBlobs(PAYLOAD), 0);
  });
  after(async () => {
    await l1.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const openSender = (store: MemoryStore) =>
    L1TransactionSender.open({
      l1: client,
      account: accounts.sequencer,
      store,
      clock: systemClock,
      logger: silentLogger,
      pollIntervalMs: 10,
      resubmitAfterMs: 200,
      blobs: { kzg, archive },
    });
  const call = () => {
    const blobs = packBlobs(PAYLOAD);
    const data = encodePostBlobBatch(blobs.length);
    return { label: 'Inbox.postBlobBatch', to: contracts.inbox, data, abi: inboxAbi, blobs };
  };

  it('archives what it posts, and a reader gets the batch out of the blobs', async () => {
    const sender = await openSender(new MemoryStore());
    const receipt = await sender.send(call());
    await sender.stop();
    expect(Number(receipt.gasUsed) / blobBatchGas(PAYLOAD.length).gas).to.be.within(0.93, 1.07);
    for (const [index, hash] of versionedHashesOf(sidecar).entries()) {
      expect((await archive.get(hash))?.blob).to.deep.equal(sidecar.blobs[index]);
    }
    const elsewhere = new BlobArchive(join(folder, 'elsewhere'));
    const source = await AnvilBlobSource.of(client);
    if (!source) return expect.fail('anvil says that it is anvil');
    const blobs = new BlobReader({
      archive: elsewhere,
      sources: [source],
      kzg,
      clock: systemClock,
      logger: silentLogger,
    });
    const { portal, inbox } = contracts;
    const number = Number(receipt.blockNumber);
    const [{ batches }] = await new L1BlockReader(client, { portal, inbox }, blobs).inputs(number, number);
    expect(batches.map(({ data }) => Buffer.from(data).equals(PAYLOAD))).to.deep.equal([true]);
    // Without a source it is an error, never an empty batch.
    const error = await readerOf(client, contracts)
      .inputs(number, number)
      .catch((thrown) => thrown);
    expect(error).to.include({ code: 'L1.NoBlobSource', recovery: 'halt' });
    // What lies before it is given.
    const early = await readerOf(client, contracts).inputs(number - 2, number);
    expect(early.map(({ block }) => block.number)).to.deep.equal([number - 2, number - 1]);
  });

  it('doubles all three fees of a stuck one, and a restarted sender has its blobs still', async () => {
    const store = new MemoryStore();
    await rpc(l1.url, 'evm_setAutomine', [false]);
    const killed = await openSender(store);
    const sending = killed.send(call()).catch((error) => error);
    await until('it is sent', async () => (await pendingTransactions()).length === 1);
    const [first] = await pendingTransactions();
    await killed.stop();
    expect(await sending).to.have.property('code', 'L1.SenderStopped');
    // Passed over: L1 goes on without it.
    await rpc(l1.url, 'anvil_dropTransaction', [first.hash]);
    const sender = await openSender(store);
    await until('it is sent again as it was', async () => (await pendingTransactions())[0]?.hash === first.hash);
    await rpc(l1.url, 'anvil_dropTransaction', [first.hash]);
    await rpc(l1.url, 'evm_mine');
    await until('it is sent with higher fees', async () => {
      const [pending] = await pendingTransactions();
      return pending !== undefined && pending.hash !== first.hash;
    });
    const [second] = await pendingTransactions();
    for (const field of ['maxFeePerGas', 'maxPriorityFeePerGas', 'maxFeePerBlobGas'] as const) {
      expect(BigInt(second[field]) >= 2n * BigInt(first[field]), field).to.equal(true);
    }
    expect(second.blobVersionedHashes).to.deep.equal(versionedHashesOf(sidecar).map(toHex));
    await rpc(l1.url, 'evm_setAutomine', [true]);
    await rpc(l1.url, 'evm_mine');
    await sender.settled();
    await sender.stop();
  });

  it('has the form of EIP-4844 with proofs of blobs, of EIP-7594 with proofs of cells', async () => {
    const blobVersionedHashes = versionedHashesOf(sidecar).map(toHex);
    const body = {
      type: 'eip4844' as const,
      chainId: 31337,
      nonce: 3,
      gas: 100_000n,
      maxFeePerGas: 10n ** 10n,
      maxPriorityFeePerGas: 10n ** 9n,
      maxFeePerBlobGas: 10n ** 9n,
      to: contracts.inbox as Hex,
      blobVersionedHashes,
    };
    const raw = await accounts.sequencer.signTransaction(body);
    const sidecars = sidecar.blobs.map((blob, i) => ({
      blob: toHex(blob),
      commitment: toHex(sidecar.commitments[i]),
      proof: toHex(sidecar.proofs[i]),
    }));
    const { r, s, yParity } = parseTransaction(raw);
    if (!r || !s) return expect.fail('it is signed');
    const expected = serializeTransaction({ ...body, sidecars }, { r, s, yParity: yParity ?? 0 });
    expect(keccak256(withSidecar(raw, sidecar))).to.equal(keccak256(expected));
    const newer = await sealBlobs({ kzg, archive }, sidecar.blobs, 1);
    const wrapper = RLP.decode(fromHex(withSidecar(raw, newer)).subarray(1)) as Uint8Array[][];
    expect(wrapper.length).to.equal(5);
    expect([...wrapper[1]]).to.deep.equal([1]);
    expect([wrapper[2].length, wrapper[3].length, wrapper[4].length]).to.deep.equal([2, 2, 256]);
    for (const each of [sidecar, newer]) expect(sidecarFromRlp(sidecarToRlp(each))).to.deep.equal(each);
    expect(Buffer.from(unpackBlobs(newer.blobs)).equals(PAYLOAD)).to.equal(true);
  });

  it('tells a refusal of the sidecar’s form from others', () => {
    for (const words of [
      'unexpected blob sidecar version 0',
      'unexpected eip-4844 sidecar after osaka',
      'invalid cell proofs',
      'blob sidecar: wrong proof version',
    ]) {
      expect(isSidecarRefusal(words), words).to.equal(true);
    }
    for (const words of ['insufficient funds for gas * price + value', 'nonce too low', 'execution reverted']) {
      expect(isSidecarRefusal(words), words).to.equal(false);
    }
  });

  it('knows the prices, and that Hardhat takes no blobs', async () => {
    const prices = await readL1Prices(client);
    expect(prices.baseFeePerGas > 0n && prices.blobBaseFee !== undefined && prices.blobBaseFee >= 1n).to.equal(true);
    const hardhat = await startHardhatNode();
    try {
      expect((await readL1Prices(await connect([hardhat.url]))).blobBaseFee).to.equal(undefined);
    } finally {
      await hardhat.stop();
    }
  });

  async function pendingTransactions() {
    const block = await rpc<{
      transactions: {
        hash: Hex;
        maxFeePerGas: Hex;
        maxPriorityFeePerGas: Hex;
        maxFeePerBlobGas: Hex;
        blobVersionedHashes: Hex[];
      }[];
    }>(l1.url, 'eth_getBlockByNumber', ['pending', true]);
    return block.transactions;
  }
});
