import { expect } from 'chai';
import { TributaryError } from '../../src/core/errors';
import { OriginWindow } from '../../src/sequencer/originWindow';
import { l1Block } from '../mempool/poolFixture';

function codeOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TributaryError) return error.code;
    throw error;
  }
  return 'none';
}

function windowUpTo(last: number): OriginWindow {
  const window = new OriginWindow(l1Block(100));
  for (let number = 101; number <= last; number++) window.push({ block: l1Block(number), deposits: [] });
  return window;
}

describe('OriginWindow', () => {
  it('gives the blocks after one, up to a limit', () => {
    const window = windowUpTo(105);
    expect(window.following(101, 3).map(({ block }) => block.number)).to.deep.equal([102, 103, 104]);
    expect(window.following(105, 3)).to.deep.equal([]);
    expect(
      window.following(99, 1),
      "what came before is not known, so neither are the first one's deposits",
    ).to.deep.equal([]);

    expect(window.origin(106)).to.equal(undefined);
    expect(window.origin(99)).to.equal(undefined);
    expect(window.latest()).to.deep.equal(l1Block(105));
  });

  it('takes only the block that links to the newest', () => {
    const window = windowUpTo(101);
    for (const block of [l1Block(103), l1Block(101), l1Block(102, 'b')]) {
      expect(codeOf(() => window.push({ block, deposits: [] }))).to.equal('Sequencer.OriginGap');
    }
    expect(window.latest().number).to.equal(101);
  });

  it('forgets what an L1 reorganization replaced, and says when that goes too far back', () => {
    const window = windowUpTo(104);
    let advanced = 0;
    window.advanced.on(() => advanced++);
    window.cutTo(102);
    window.push({ block: l1Block(103, 'b', ''), deposits: [] });
    expect(window.latest()).to.deep.equal(l1Block(103, 'b', ''));
    expect(advanced).to.equal(2);
    expect(codeOf(() => window.cutTo(99))).to.equal('Sequencer.OriginUnknown');
  });

  it('forgets old blocks, never the newest', () => {
    const window = windowUpTo(105);
    window.prune(103);
    expect(window.origin(102)).to.equal(undefined);
    expect(window.origin(103)).to.deep.equal(l1Block(103));
    window.prune(50);
    window.prune(1_000);
    expect(window.latest()).to.deep.equal(l1Block(105));
  });
});
