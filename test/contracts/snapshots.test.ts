import { existsSync, readFileSync } from 'node:fs';
import { loadFixture, setNextBlockBaseFeePerGas, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { AbiCoder, type ContractTransactionResponse, concat, id, type TransactionResponse } from 'ethers';
import hre from 'hardhat';
import {
  BOUND_CONTRACTS,
  type BoundContract,
  bindingPath,
  L2_CONTRACTS,
  predeployCodePath,
  readCompilerArtifact,
  renderBinding,
  renderPredeployCode,
} from '../../scripts/generateBindings';
import {
  BOND_WEI,
  CHALLENGE_WINDOW_SECONDS,
  deploySystem,
  GAME_FINALITY_SECONDS,
  impersonated,
  PROOF_MATURITY_SECONDS,
} from './deploySystem';
import { matchSnapshot } from './matchSnapshot';
import { contractAt, deployed } from './testContract';
import { claim as claimRoot, l2After, type Withdrawal } from './withdrawals';

/** EIP-170. */
const CODE_SIZE_BYTES_MAX = 24_576;
const NAMES = Object.keys(BOUND_CONTRACTS) as BoundContract[];
const REGENERATE = 'node -r ts-node/register/transpile-only scripts/generateBindings.ts';

interface StorageEntry {
  label: string;
  slot: string;
  offset: number;
  type: string;
}

interface StorageLayout {
  storage: StorageEntry[];
  types: Record<string, { label: string; members?: StorageEntry[] }> | null;
}

/** `slot:offset label: type`, one line a variable, structs spread out. */
function describeLayout({ storage, types }: StorageLayout): string[] {
  const line = (entry: StorageEntry, prefix = ''): string[] => {
    const type = types?.[entry.type];
    return [
      `${prefix}${entry.slot}:${entry.offset} ${entry.label}: ${type?.label}`,
      ...(type?.members ?? []).flatMap((member) => line(member, `${prefix}  `)),
    ];
  };
  return storage.flatMap((entry) => line(entry));
}

async function gasOf(sent: Promise<ContractTransactionResponse | TransactionResponse>): Promise<number> {
  const receipt = await (await sent).wait();
  if (receipt?.status !== 1) throw new TypeError('the transaction failed');
  return Number(receipt.gasUsed);
}

describe('what is committed about the contracts', () => {
  it(`has bindings that are not stale (${REGENERATE})`, () => {
    for (const name of NAMES) {
      const path = bindingPath(name);
      expect(existsSync(path) ? readFileSync(path, 'utf8') : '', path).to.equal(renderBinding(name));
    }
  });

  it(`has predeploys' code that is not stale (${REGENERATE})`, () => {
    for (const name of L2_CONTRACTS) {
      const path = predeployCodePath(name);
      expect(existsSync(path) ? readFileSync(path, 'utf8') : '', path).to.equal(renderPredeployCode(name));
    }
  });

  it('has the storage layouts, in which nothing may move once deployed', async () => {
    const layouts: Record<string, string[]> = {};
    for (const name of NAMES) {
      const qualified = `${BOUND_CONTRACTS[name]}:${name}`;
      const info = await hre.artifacts.getBuildInfo(qualified);
      const output = info?.output.contracts[BOUND_CONTRACTS[name]][name] as { storageLayout?: StorageLayout };
      if (!output?.storageLayout) throw new TypeError(`the compiler gave no storage layout of ${qualified}`);
      layouts[name] = describeLayout(output.storageLayout);
    }
    matchSnapshot('storageLayout', layouts);
  });

  it('has the sizes of all code, which fits what L1 allows', () => {
    const sizes: Record<string, number> = {};
    for (const name of NAMES) {
      sizes[name] = (readCompilerArtifact(name).deployedBytecode.length - 2) / 2;
      expect(sizes[name], name).to.be.greaterThan(0).and.at.most(CODE_SIZE_BYTES_MAX);
    }
    matchSnapshot('codeSizeBytes', sizes);
  });

  it('has no immutables in the L2 contracts, for genesis takes their code as it is compiled', async () => {
    for (const name of L2_CONTRACTS) {
      const info = await hre.artifacts.getBuildInfo(`${BOUND_CONTRACTS[name]}:${name}`);
      const code = info?.output.contracts[BOUND_CONTRACTS[name]][name].evm.deployedBytecode;
      expect(code?.immutableReferences, name).to.deep.equal({});
      expect(code?.linkReferences, name).to.deep.equal({});
    }
  });

  it('has the gas that the common calls cost', async () => {
    const { inbox, portal, factory, sequencer, stranger, guardian, other } = await loadFixture(deploySystem);
    const gas: Record<string, number> = {};
    const post = inbox.connect(sequencer).postBatch;
    gas['Inbox.postBatch, first, 1 byte'] = await gasOf(post('0x01'));
    gas['Inbox.postBatch, later, 1 byte'] = await gasOf(post('0x01'));
    gas['Inbox.postBatch, later, 10,000 bytes'] = await gasOf(post(`0x${'01'.repeat(10_000)}`));
    gas['Inbox.postBatch, later, 100,000 bytes'] = await gasOf(post(`0x${'01'.repeat(100_000)}`));

    // On so dear an L1 next to nothing is burned for the L2 gas: what is left is the deposit's own cost.
    await setNextBlockBaseFeePerGas(10n ** 12n);
    const deposit = portal.connect(stranger).depositTransaction;
    gas['Portal.depositTransaction, ETH'] = await gasOf(
      deposit(stranger, 1, 21_000, false, '0x', { value: 1, maxFeePerGas: 2n * 10n ** 12n }),
    );
    const [root, extraData] = [id('root'), AbiCoder.defaultAbiCoder().encode(['uint256'], [1])];
    const create = factory.connect(stranger).create;
    gas['DisputeGameFactory.create, first'] = await gasOf(create(1000, root, extraData, { value: BOND_WEI }));
    gas['DisputeGameFactory.create, later'] = await gasOf(create(1000, id('next'), extraData, { value: BOND_WEI }));
    const [claim, disputed] = await Promise.all(
      [0, 1].map(async (index) => contractAt('OutputClaimGame', (await factory.gameAtIndex(index)).proxy)),
    );
    gas['OutputClaimGame.dispute'] = await gasOf(disputed.connect(guardian).dispute());
    await time.increase(CHALLENGE_WINDOW_SECONDS);
    gas['OutputClaimGame.resolve'] = await gasOf(claim.resolve());
    gas['OutputClaimGame.claimCredit'] = await gasOf(claim.claimCredit(stranger));

    const withdrawal: Withdrawal = {
      nonce: 1n << 240n,
      sender: stranger.address,
      target: other.address,
      value: 1n,
      gasLimit: 21_000n,
      data: '0x',
    };
    const l2 = await l2After([withdrawal]);
    const gameIndex = await claimRoot({ factory }, l2.outputRoot);
    const proof = await l2.proofOf(withdrawal);
    gas[`Portal.proveWithdrawalTransaction, ${proof.length} nodes`] = await gasOf(
      portal.connect(stranger).proveWithdrawalTransaction(withdrawal, gameIndex, l2.outputRootProof, proof),
    );
    await time.increase(CHALLENGE_WINDOW_SECONDS);
    await (await contractAt('OutputClaimGame', (await factory.gameAtIndex(gameIndex)).proxy)).resolve();
    await time.increase(GAME_FINALITY_SECONDS + PROOF_MATURITY_SECONDS);
    gas['Portal.finalizeWithdrawalTransaction, ETH'] = await gasOf(
      portal.connect(stranger).finalizeWithdrawalTransaction(withdrawal),
    );

    const l1Block = await (await deployed('L1Block')).getAddress();
    const depositor = await impersonated('0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001');
    for (const [when, byte] of [
      ['first', '01'],
      ['later', '02'],
    ]) {
      const data = concat([id('setL1BlockValuesEcotone()').slice(0, 10), `0x${byte.repeat(160)}`]);
      gas[`L1Block.setL1BlockValuesEcotone, ${when}`] = await gasOf(depositor.sendTransaction({ to: l1Block, data }));
    }
    const passer = await deployed('L2ToL1MessagePasser');
    await passer.initiateWithdrawal(stranger, 21_000, '0x');
    gas['L2ToL1MessagePasser.initiateWithdrawal, later'] = await gasOf(
      passer.initiateWithdrawal(stranger, 21_000, '0x', { value: 1 }),
    );
    matchSnapshot('gas', gas);
  });
});
