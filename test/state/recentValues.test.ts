import { expect } from 'chai';
import { toFixedBytes } from '../../src/core/bytes';
import { RecentValues } from '../../src/state/recentValues';

const [KEPT, DELETED, OTHER] = [1, 2, 3].map((byte) => Uint8Array.of(byte));

function fill(recent: RecentValues): void {
  for (let i = 0; i < 65_536; i++) recent.set(toFixedBytes(i, 8), undefined);
}

describe('RecentValues', () => {
  it('tells a key that was deleted from one that it knows nothing of', () => {
    const recent = new RecentValues();
    recent.set(KEPT, Uint8Array.of(1));
    recent.set(DELETED, Uint8Array.of(2));
    recent.set(DELETED, undefined);
    expect(recent.get(KEPT)).to.deep.equal({ value: Uint8Array.of(1) });
    expect(recent.get(DELETED)).to.deep.equal({ value: undefined });
    expect(recent.get(OTHER)).to.equal(undefined);
  });

  it('lets go of what was written two generations ago, and never answers with an older value', () => {
    const recent = new RecentValues();
    recent.set(KEPT, Uint8Array.of(1));
    recent.set(OTHER, Uint8Array.of(1));
    fill(recent);
    recent.set(OTHER, Uint8Array.of(2));
    expect(recent.get(KEPT)).to.deep.equal({ value: Uint8Array.of(1) });
    expect(recent.get(OTHER)).to.deep.equal({ value: Uint8Array.of(2) });
    fill(recent);
    expect(recent.get(KEPT)).to.equal(undefined);
    expect(recent.get(OTHER)).to.deep.equal({ value: Uint8Array.of(2) });
  });

  it('knows nothing once it is cleared', () => {
    const recent = new RecentValues();
    recent.set(KEPT, Uint8Array.of(1));
    recent.clear();
    expect(recent.get(KEPT)).to.equal(undefined);
  });
});
