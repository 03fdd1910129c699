import { expect } from 'chai';
import { encodeFunctionData, type Hex, parseAbi, keccak256 as viemKeccak } from 'viem';
import { fromHex, type Hash, toHex } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';
import type { Attester, AttesterChain } from '../../src/governance/attester';
import { type RegisteredVersion, Stage } from '../../src/governance/registryReader';
import { type DifferenceKind, differencesHash, rangeOf } from '../../src/governance/shadow/shadowResult';
import { accounts } from '../l1/l1Fixture';
import { ATTESTER_BOND_WEI, GovernedL1, RANGE_BLOCKS, WINDOWS } from './governedL1';

const SETTLEMENT = 3;
/** `AnchorStateRegistryV2.migrate`. @param isIll whether it fails its health check 100 seconds later */
const migrate = (isIll: boolean): Hex =>
  encodeFunctionData({ abi: parseAbi(['function migrate(bool)']), args: [isIll] });
const attesterAddress = accounts.other.address;
let kernelCount = 0;
/** Another one each time: a version's id is its manifest's. */
const newKernel = (): Hex => viemKeccak(`0x${(++kernelCount).toString(16).padStart(4, '0')}`);

/** A chain whose blocks have the hash of their number. */
class NumberedChain implements AttesterChain {
  safe = 0;
  readonly #metadata = new Map<string, Uint8Array>();

  label() {
    return { header: { number: this.safe } };
  }

  blockHashByNumber(blockNumber: number): Hash {
    return keccak256(Uint8Array.of(blockNumber));
  }

  metadata(name: string): Uint8Array | undefined {
    return this.#metadata.get(name);
  }

  async setMetadata(name: string, value: Uint8Array): Promise<void> {
    this.#metadata.set(name, value);
  }
}

describe('Attester', function () {
  this.timeout(120_000);
  let l1: GovernedL1;
  let chain: NumberedChain;
  let attester: Attester;

  before(async () => {
    l1 = await GovernedL1.start();
  });
  after(() => l1.stop());
  beforeEach(async () => {
    await l1.snapshot();
    chain = new NumberedChain();
    attester = await l1.attester(chain);
  });
  afterEach(() => l1.restore());

  /** As the upgrade manager after each look at the registry. */
  const step = async (by = attester) => by.step(await l1.reader().versions());
  const stage = async (versionId: Hex) => (await l1.version(versionId)).stage;
  const registered = async (versionId: Hex): Promise<RegisteredVersion> => {
    const found = (await l1.reader().versions()).find((version) => version.versionId === versionId);
    if (!found) throw new Error(`${versionId} is not registered`);
    return found;
  };
  const seen = (from: number, ...kinds: DifferenceKind[]) =>
    rangeOf(from, from + RANGE_BLOCKS - 1, [
      {
        blockNumber: from,
        resultHash: keccak256(Uint8Array.of(from, kinds.length)),
        differences: kinds.map((kind) => ({ kind, blockNumber: from, expected: '', found: '' })),
        executeMs: 1,
      },
    ]);

  async function toCanary(): Promise<Hex> {
    const versionId = await l1.voted({ artifactHash: newKernel() });
    await step();
    for (const from of [2, 4]) await attester.attest(await registered(versionId), seen(from));
    await l1.wait(WINDOWS.shadow);
    await step();
    await l1.wait(WINDOWS.exit);
    await step();
    expect(await stage(versionId)).to.equal(Stage.canary);
    return versionId;
  }

  it('raises the bond that it lacks once it is admitted; who is not admitted pays nothing', async () => {
    await step();
    expect((await l1.attesterOf(attesterAddress)).bondWei).to.equal(ATTESTER_BOND_WEI);
    const count = await l1.transactionCount(attesterAddress);
    await step();
    expect(await l1.transactionCount(attesterAddress)).to.equal(count);
    const stranger = await l1.attester(chain, accounts.proposer);
    await step(stranger);
    expect((await l1.attesterOf(accounts.proposer.address)).bondWei).to.equal(0n);
    expect(await l1.transactionCount(accounts.proposer.address)).to.equal(0);
  });

  it('goes on with the other versions where L1 refuses a step of one, and says so', async () => {
    const [first, second] = [newKernel(), newKernel()];
    const refused = await l1.voted({ artifactHash: first });
    const other = await l1.voted({ artifactHash: second });
    const hindered = await l1.attester(chain, accounts.other, ({ data }) => data?.includes(refused.slice(2)) ?? false);
    const error = await step(hindered).catch((cause) => cause);
    expect(error).to.have.property('code', 'L1.TransactionRefused');
    expect([await stage(refused), await stage(other)]).to.deep.equal([Stage.voted, Stage.shadow]);
    await step();
    expect(await stage(refused)).to.equal(Stage.shadow);
  });

  it('takes an L1 module from the vote to its end, each step when its time has come and not before', async () => {
    const implementation = await l1.deploy('AnchorStateRegistryV2');
    const versionId = await l1.voted({ kind: SETTLEMENT, implementation, migration: migrate(false) });
    const stages = [await stage(versionId)];
    for (const [seconds, next] of [
      [0, Stage.shadow],
      [WINDOWS.shadow, Stage.queued],
      [WINDOWS.exit, Stage.canary],
      [WINDOWS.canary, Stage.active],
      [WINDOWS.finality, Stage.final],
    ] as const) {
      if (seconds > 0) {
        await step();
        expect(await stage(versionId), 'too early').to.equal(stages.at(-1));
        await l1.wait(seconds);
      }
      await step();
      stages.push(await stage(versionId));
      expect(stages.at(-1)).to.equal(next);
    }
  });

  it('rolls an L1 module back that fails its health check, whoever’s fault it is', async () => {
    const implementation = await l1.deploy('AnchorStateRegistryV2');
    const versionId = await l1.voted({ kind: SETTLEMENT, implementation, migration: migrate(true) });
    await step();
    await l1.wait(WINDOWS.shadow);
    await step();
    await l1.wait(WINDOWS.exit);
    await step();
    expect(await stage(versionId)).to.equal(Stage.canary);
    // It falls ill 100 seconds after its migration.
    await l1.wait(101);
    await step();
    expect(await stage(versionId)).to.equal(Stage.rolledBack);
  });

  it('queues a kernel when the ranges that are asked for were stated, and not before', async () => {
    const versionId = await l1.voted({ artifactHash: newKernel(), differencesHash: toHex(differencesHash(['state'])) });
    await step();
    await attester.attest(await registered(versionId), seen(2, 'state'));
    await l1.wait(WINDOWS.shadow);
    await step();
    expect(await stage(versionId), 'one range of two').to.equal(Stage.shadow);
    await attester.attest(await registered(versionId), seen(4));
    await step();
    expect(await stage(versionId)).to.equal(Stage.queued);
  });

  it('ends a kernel in which it saw what was not declared, also when it began again since', async () => {
    const versionId = await l1.voted({ artifactHash: newKernel(), differencesHash: toHex(differencesHash(['state'])) });
    await step();
    await attester.attest(await registered(versionId), seen(2, 'state', 'gasUsed'));
    chain.safe = 3;
    await step(await l1.attester(chain));
    expect(await stage(versionId)).to.equal(Stage.rejected);
  });

  it('says nothing twice, not even from an empty disk: another word about a range would cost its bond', async () => {
    const versionId = await l1.voted({ artifactHash: newKernel() });
    await step();
    await attester.attest(await registered(versionId), seen(2));
    const count = await l1.transactionCount(attesterAddress);
    await attester.attest(await registered(versionId), seen(2, 'trap'));
    const again = await l1.attester(new NumberedChain());
    await again.attest(await registered(versionId), seen(2, 'trap'));
    expect(await l1.transactionCount(attesterAddress)).to.equal(count);
    expect((await l1.attesterOf(attesterAddress)).bondWei).to.equal(ATTESTER_BOND_WEI);
  });

  it('reports the earliest fault of a canary once its block is derived from L1, and rolls it back', async () => {
    const versionId = await toCanary();
    const fault = (blockNumber: number) => ({
      ...{
        versionId: fromHex(versionId),
        artifactHash: keccak256(Uint8Array.of(0)),
        blockNumber,
        reason: 'unreachable',
      },
    });
    await attester.keepFault(fault(9));
    await attester.keepFault(fault(7));
    await attester.keepFault(fault(8));
    await attester.keepFault({ ...fault(1), versionId: undefined });
    chain.safe = 6;
    // A canary with a fault is not confirmed by who knows of it, however long its block takes to be safe.
    await l1.wait(WINDOWS.canary);
    await step();
    expect(await stage(versionId)).to.equal(Stage.canary);
    chain.safe = 7;
    await step();
    expect(await stage(versionId)).to.equal(Stage.rolledBack);
    const args = [versionId, attesterAddress] as const;
    const reported = await l1.client.read((viem) =>
      viem.readContract({ ...l1.attesterSet, functionName: 'faultOf', args }),
    );
    expect(reported).to.deep.equal({ l2Block: 7n, l2BlockHash: toHex(chain.blockHashByNumber(7)) });
  });

  it('confirms a canary without a fault when its time is over', async () => {
    const versionId = await toCanary();
    await step();
    expect(await stage(versionId)).to.equal(Stage.canary);
    await l1.wait(WINDOWS.canary);
    await step();
    expect(await stage(versionId)).to.equal(Stage.active);
  });
});
