import { expect } from 'chai';
import { keyName, RecentValues } from '../../src/state/recentValues';

describe('RecentValues', () => {
  it('tells a key that was deleted from one that it knows nothing of', () => {
    const recent = new RecentValues();
    recent.set('kept', Uint8Array.of(1));
    recent.set('deleted', Uint8Array.of(2));
    recent.set('deleted', undefined);
    expect(recent.get('kept')).to.deep.equal({ value: Uint8Array.of(1) });
    expect(recent.get('deleted')).to.deep.equal({ value: undefined });
    expect(recent.get('other')).to.equal(undefined);
  });

  it('lets go of what was written two generations ago, and never answers with an older value', () => {
    const recent = new RecentValues();
    recent.set('old', Uint8Array.of(1));
    recent.set('rewritten', Uint8Array.of(1));
    for (let i = 0; i < 65_536; i++) recent.set(`filler ${i}`, undefined);
    recent.set('rewritten', Uint8Array.of(2));
    expect(recent.get('old')).to.deep.equal({ value: Uint8Array.of(1) });
    expect(recent.get('rewritten')).to.deep.equal({ value: Uint8Array.of(2) });
    for (let i = 0; i < 65_536; i++) recent.set(`filler ${i}`, undefined);
    expect(recent.get('old')).to.equal(undefined);
    expect(recent.get('rewritten')).to.deep.equal({ value: Uint8Array.of(2) });
  });

  it('knows nothing once it is cleared', () => {
    const recent = new RecentValues();
    recent.set('key', Uint8Array.of(1));
    recent.clear();
    expect(recent.get('key')).to.equal(undefined);
  });

  it('names different keys differently, every byte counting', () => {
    const names = Array.from({ length: 256 }, (_, byte) => keyName(Uint8Array.of(byte, 0)));
    expect(new Set(names).size).to.equal(256);
    expect(keyName(Uint8Array.of(0))).to.not.equal(keyName(Uint8Array.of(0, 0)));
  });
});
