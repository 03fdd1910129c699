import { expect } from 'chai';
import { blockTimestamp, type TimestampInputs } from '../../src/sequencer/blockTimestamp';

describe('blockTimestamp', () => {
  const inputs: TimestampInputs = { parent: 1_000, origin: 990, now: 1_010, latestL1: 1_005, driftMax: 600 };
  const cases: [name: string, changes: Partial<TimestampInputs>, expected: number][] = [
    ['is the wall clock', {}, 1_010],
    ['repeats the parent when the clock stands behind it', { now: 900 }, 1_000],
    ['is that of an origin ahead of the wall clock', { origin: 1_050, latestL1: 1_050 }, 1_050],
    ['stays within the drift of the latest L1 block', { now: 5_000 }, 1_605],
    ['is the last second within the drift', { now: 1_605 }, 1_605],
    ['follows a parent that is further ahead', { parent: 2_000, now: 5_000 }, 2_000],
    ['is the wall clock where L1 mines on demand', { now: 5_000, latestL1: undefined }, 5_000],
  ];
  for (const [name, changes, expected] of cases) {
    it(name, () => expect(blockTimestamp({ ...inputs, ...changes })).to.equal(expected));
  }
});
