import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Hex } from 'viem';
import { equalBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { type LevelStore, openLevelStore } from '../../src/core/levelStore';
import { systemClock } from '../../src/core/systemClock';
import type { ShadowRange } from '../../src/governance/shadow/shadowResult';
import {
  type DifferenceKind,
  declaredKinds,
  differencesHash,
  rangeOf,
  statedDifferences,
} from '../../src/governance/shadow/shadowResult';
import { ShadowRunner } from '../../src/governance/shadow/shadowRunner';
import { addressOf, signTransaction, testConfig } from '../execution/testChain';
import { FixedArtifacts, type KernelVariant, kernelVariant } from '../execution/versions/kernelVariant';
import { VersionedChainHarness } from '../execution/versions/versionedChain';
import { RecordingLogger } from '../verifier/testNode';

const RANGE_BLOCKS = 2;
const receiver = toHex(addressOf(5));

describe('ShadowRunner', () => {
  let folder: string;
  let store: LevelStore;
  let node: VersionedChainHarness;
  let runner: ShadowRunner | undefined;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-shadow-'));
    store = await openLevelStore(folder);
    node = await VersionedChainHarness.open(new FixedArtifacts(), { store });
  });

  afterEach(async () => {
    await runner?.stop();
    runner = undefined;
    await node.executor.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** Seals blocks, one for each entry, with a transaction that has this calldata, and makes them safe. */
  async function seal(calldata: Hex[], firstNonce = 0): Promise<void> {
    for (const [index, data] of calldata.entries()) {
      await node.seal([await signTransaction(0, firstNonce + index, { to: receiver, data })]);
    }
    await node.chain.setLabel('safe', node.chain.head.header.number);
  }

  function shadow({ bytes, hash }: KernelVariant, blockTimeoutMs = 10_000): ShadowRunner {
    runner = new ShadowRunner({
      artifactHash: hash,
      module: new WebAssembly.Module(bytes),
      config: testConfig,
      databaseFolder: folder,
      chain: node.chain,
      rangeBlocks: RANGE_BLOCKS,
      clock: systemClock,
      logger: new RecordingLogger(),
      pollIntervalMs: 10,
      blockTimeoutMs,
    });
    return runner;
  }

  /** The first `count` ranges from block 2 on. */
  function ranges(from: ShadowRunner, count: number): Promise<ShadowRange[]> {
    const done: ShadowRange[] = [];
    return new Promise((resolve) => {
      from.rangeDone.on((range) => {
        done.push(range);
        if (done.length === count) resolve(done);
      });
      from.start(1);
    });
  }

  it('finds no difference in a version that behaves alike, the same result twice, and follows the chain', async () => {
    const v3 = kernelVariant('v3');
    await seal(['0x', '0x11', '0x', '0x2233']);
    const first = shadow(v3);
    const following = ranges(first, 2);
    await seal(['0x44'], 4);
    const [one, two] = await following;
    expect([one.from, one.to, two.from, two.to]).to.deep.equal([2, 3, 4, 5]);
    expect([one.kinds, two.kinds]).to.deep.equal([[], []]);
    expect(first.status()).to.deep.equal({ blockNumber: 5, rangesDone: 2, rangesSkipped: 0, rangesDiffering: 0 });
    await first.stop();
    const [again] = await ranges(shadow(v3), 1);
    expect(equalBytes(again.resultHash, one.resultHash)).to.equal(true);
    expect(equalBytes(two.resultHash, one.resultHash)).to.equal(false);
  });

  it('finds the version that is wrong by one gas, and says where', async () => {
    // The first transaction of each block, the L1 attributes deposit, has calldata.
    await seal(['0x', '0x', '0x1122']);
    const [range] = await ranges(shadow(kernelVariant('v4')), 1);
    expect(range.kinds).to.deep.equal(['gasUsed']);
    const [{ kind, blockNumber, transactionIndex, expected, found }] = range.differences;
    expect([kind, blockNumber, transactionIndex]).to.deep.equal(['gasUsed', 2, 0]);
    expect(BigInt(found) - BigInt(expected)).to.equal(1n);
  });

  it('finds the rules that a version switches on', async () => {
    await seal(['0x', '0x', `0x${'11'.repeat(300)}`]);
    const [range] = await ranges(shadow(kernelVariant('v2')), 1);
    expect(range.kinds).to.deep.equal(['baseFee', 'gasUsed', 'state']);
  });

  it('contains a trap and goes on with the next block', async () => {
    await seal(['0x', '0x', '0xdeadc0de', '0x', '0x']);
    const [first, second] = await ranges(shadow(kernelVariant('v3')), 2);
    expect([first.kinds, second.kinds]).to.deep.equal([['trap'], []]);
  });

  it('ends a version that never comes back, in bounded time, and the chain goes on meanwhile', async () => {
    await seal(['0x', '0x', '0xdeadc0de', '0x', '0x']);
    const pending = ranges(shadow(kernelVariant('v5'), 1_500), 2);
    await seal(['0x'], 5);
    const [first, second] = await pending;
    expect([first.kinds, second.kinds]).to.deep.equal([['timeout'], []]);
  });

  it('leaves ranges out that are too far behind, and says so', async () => {
    for (let number = 0; number < 210; number++) await node.seal([]);
    await node.chain.setLabel('safe', 210);
    const late = shadow(kernelVariant('v3'));
    const pending = ranges(late, 1);
    for (let number = 0; number < 3; number++) await node.seal([]);
    await node.chain.setLabel('safe', 213);
    const [range] = await pending;
    expect(range.from).to.equal(212);
    expect(late.status().rangesSkipped).to.equal(1);
  });
});

describe('Stated differences', () => {
  const kindsOf = (kinds: DifferenceKind[]) => {
    const differences = kinds.map((kind) => ({ kind, blockNumber: 1, expected: '', found: '' }));
    return rangeOf(1, 1, [{ blockNumber: 1, resultHash: ZERO_HASH, differences, executeMs: 0 }]);
  };

  it('are what was declared where no more was seen, and else what was seen', () => {
    const declared = differencesHash(['state', 'gasUsed']);
    expect(declaredKinds(declared)).to.deep.equal(['gasUsed', 'state']);
    expect(declaredKinds(new Uint8Array(32).fill(7))).to.equal(undefined);
    expect(statedDifferences(kindsOf([]), declared)).to.deep.equal(ZERO_HASH);
    expect(statedDifferences(kindsOf(['gasUsed']), declared)).to.deep.equal(declared);
    expect(statedDifferences(kindsOf(['gasUsed', 'logs']), declared)).to.deep.equal(
      differencesHash(['gasUsed', 'logs']),
    );
    expect(statedDifferences(kindsOf(['trap']), declared)).to.deep.equal(differencesHash(['trap']));
    expect(statedDifferences(kindsOf(['gasUsed']), ZERO_HASH)).to.deep.equal(differencesHash(['gasUsed']));
  });
});
