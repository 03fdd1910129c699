import { expect } from 'chai';
import fc from 'fast-check';
import type { ExecutionUpgrade, LoggedUpgrade } from '../../../src/chain/executionUpgrade';
import { type Hash, toHex, ZERO_HASH } from '../../../src/core/bytes';
import { executionRuling } from '../../../src/execution/versions/executionSchedule';

const SEED = 20261121;
const hashOf = (number: number): Hash => new Uint8Array(32).fill(number);
const GENESIS = hashOf(1);

function activation(l1Number: number, artifact: number, activationL2Block: number, predecessor: number): LoggedUpgrade {
  return {
    l1Number,
    upgrade: {
      kind: 'activation',
      versionId: hashOf(100 + artifact),
      artifactHash: hashOf(artifact),
      activationL2Block,
      predecessorHash: hashOf(predecessor),
    },
  };
}

function rollBack(l1Number: number, artifact: number, restored: number): LoggedUpgrade {
  const [versionId, artifactHash] = [hashOf(100 + artifact), hashOf(artifact)];
  return { l1Number, upgrade: { kind: 'rollBack', versionId, artifactHash, restoredHash: hashOf(restored) } };
}

function ruling(upgrades: LoggedUpgrade[], number: number, originNumber: number) {
  const { artifactHash, fallbackHashes } = executionRuling(GENESIS, upgrades, { number, originNumber });
  return [artifactHash, ...fallbackHashes].map((hash) => hash[0]);
}

describe('executionRuling', () => {
  it('gives the genesis artifact before any event', () => {
    expect(executionRuling(GENESIS, [], { number: 7, originNumber: 70 })).to.deep.equal({
      artifactHash: GENESIS,
      versionId: undefined,
      fallbackHashes: [],
    });
  });

  it('lets an activation rule from its block on, and only blocks whose origin knows of it', () => {
    const upgrades = [activation(50, 2, 1000, 1)];
    expect(ruling(upgrades, 999, 60)).to.deep.equal([1]);
    expect(ruling(upgrades, 1000, 49)).to.deep.equal([1]);
    expect(ruling(upgrades, 1000, 50)).to.deep.equal([2, 1]);
    expect(executionRuling(GENESIS, upgrades, { number: 1000, originNumber: 50 }).versionId).to.deep.equal(hashOf(102));
  });

  it('puts the restored version back from the roll-back on, for blocks whose origin knows of it', () => {
    const upgrades = [activation(50, 2, 1000, 1), activation(60, 3, 2000, 2), rollBack(70, 3, 2)];
    expect(ruling(upgrades, 2500, 69)).to.deep.equal([3, 2, 1]);
    expect(ruling(upgrades, 2500, 70)).to.deep.equal([2, 1]);
    expect(ruling(upgrades, 1500, 70)).to.deep.equal([2, 1]);
  });

  it('lets a roll-back before the activation block take the activation away for ever', () => {
    const upgrades = [activation(50, 2, 1000, 1), rollBack(51, 2, 1)];
    expect(ruling(upgrades, 5000, 51)).to.deep.equal([1]);
  });

  it('lets the same artifact come again after a roll-back', () => {
    const upgrades = [activation(50, 2, 10, 1), rollBack(60, 2, 1), activation(70, 2, 20, 1)];
    expect(ruling(upgrades, 30, 69)).to.deep.equal([1]);
    expect(ruling(upgrades, 30, 70)).to.deep.equal([2, 1]);
  });

  it('takes zero for the genesis artifact, and a restored artifact that never ruled at its word', () => {
    const upgrades = [activation(50, 2, 10, 0)];
    const zero = { ...upgrades[0].upgrade, predecessorHash: ZERO_HASH } as ExecutionUpgrade;
    expect(ruling([{ l1Number: 50, upgrade: zero }], 10, 50)).to.deep.equal([2, 1]);
    expect(ruling([...upgrades, rollBack(51, 2, 9)], 10, 51)).to.deep.equal([9, 1]);
  });

  it(`is total, monotone in what it may know, and never falls back on itself (seed ${SEED})`, () => {
    const artifact = fc.integer({ min: 1, max: 5 });
    const event = fc.record({ isActivation: fc.boolean(), artifact, other: artifact, gap: fc.nat(5), at: fc.nat(40) });
    const events = fc.array(event, { maxLength: 12 }).map((list) => {
      let l1Number = 0;
      return list.map(({ isActivation, artifact, other, gap, at }) => {
        l1Number += gap;
        return isActivation ? activation(l1Number, artifact, at, other) : rollBack(l1Number, artifact, other);
      });
    });
    fc.assert(
      fc.property(events, fc.nat(50), fc.nat(70), (upgrades, number, originNumber) => {
        const block = { number, originNumber };
        const whole = executionRuling(GENESIS, upgrades, block);
        const known = upgrades.filter(({ l1Number }) => l1Number <= originNumber);
        // What was logged after the origin does not matter: an L1 reorganization above it changes nothing.
        expect(executionRuling(GENESIS, known, block)).to.deep.equal(whole);
        const names = [whole.artifactHash, ...whole.fallbackHashes].map(toHex);
        expect(new Set(names).size).to.equal(names.length);
        // The newest event that applies decides.
        const newest = known.findLast(
          ({ upgrade }) => upgrade.kind === 'rollBack' || upgrade.activationL2Block <= number,
        );
        const expected = !newest
          ? GENESIS
          : newest.upgrade.kind === 'activation'
            ? newest.upgrade.artifactHash
            : newest.upgrade.restoredHash;
        expect(whole.artifactHash).to.deep.equal(expected);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});
