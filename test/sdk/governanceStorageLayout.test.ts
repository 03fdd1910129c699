import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { compareStorageLayouts, readStorageLayout, type StorageLayout } from '../../src/sdk/governanceStorageLayout';

const TYPES: StorageLayout['types'] = {
  t_uint256: { label: 'uint256' },
  t_uint64: { label: 'uint64' },
  t_address: { label: 'address' },
  't_array(t_uint256)48_storage': { label: 'uint256[48]' },
  't_array(t_uint256)47_storage': { label: 'uint256[47]' },
};

/** Variables as `slot:offset label type`. */
function layout(lines: string[], types: StorageLayout['types'] = TYPES): StorageLayout {
  const storage = lines.map((line) => {
    const [place, label, type] = line.split(' ');
    const [slot, offset] = place.split(':');
    return { label, slot, offset: Number(offset), type };
  });
  return { storage, types };
}

const before = layout(['0:0 owner t_address', '0:20 count t_uint64', '1:0 total t_uint256']);

describe('compareStorageLayouts', () => {
  it('takes what adds variables at the end, and other names', () => {
    const after = layout([
      '0:0 governor t_address',
      '0:20 count t_uint64',
      '1:0 total t_uint256',
      '2:0 more t_uint256',
    ]);
    expect(compareStorageLayouts(before, after)).to.deep.equal({ changed: [], added: ['more'] });
    expect(compareStorageLayouts(before, before)).to.deep.equal({ changed: [], added: [] });
  });

  it('names what is gone, moved or of another type', () => {
    for (const [after, what] of [
      [layout(['0:0 owner t_address', '0:20 count t_uint64']), /^total \(slot 1:0\): uint256 becomes nothing$/],
      [layout(['0:0 owner t_address', '0:20 count t_uint64', '1:0 total t_uint64']), /^total .*becomes uint64 total$/],
      [layout(['0:0 extra t_uint256', '1:0 owner t_address', '1:20 count t_uint64', '2:0 total t_uint256']), /^owner /],
    ] as const) {
      expect(compareStorageLayouts(before, after).changed[0]).to.match(what);
    }
  });

  it('lets a gap shrink for what takes its place', () => {
    const old = layout(['0:0 total t_uint256', '1:0 __gap t_array(t_uint256)48_storage']);
    const now = layout(['0:0 total t_uint256', '1:0 more t_uint256', '2:0 __gap t_array(t_uint256)47_storage']);
    expect(compareStorageLayouts(old, now).changed).to.deep.equal([]);
  });

  it('sees a struct change inside, also behind a mapping', () => {
    const types = (member: string): StorageLayout['types'] => ({
      ...TYPES,
      't_struct(Vote)7_storage': {
        label: 'struct Vote',
        members: [{ label: 'weight', slot: '0', offset: 0, type: member }],
      },
      't_mapping(t_address,t_struct(Vote)7_storage)': { label: 'mapping(address => struct Vote)' },
    });
    const lines = ['0:0 own t_struct(Vote)7_storage', '1:0 votes t_mapping(t_address,t_struct(Vote)7_storage)'];
    const { changed } = compareStorageLayouts(layout(lines, types('t_uint256')), layout(lines, types('t_uint64')));
    expect(changed).to.have.length(2);
    expect(changed[0]).to.match(/^own\.weight /);
    expect(changed[1]).to.match(/^votes .*uint256.* becomes .*uint64/);
  });
});

describe('readStorageLayout', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-layout-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, value: unknown) => {
    writeFileSync(join(folder, name), JSON.stringify(value));
    return join(folder, name);
  };

  it('reads a layout, an artifact that has one, and a contract of a build info', () => {
    expect(readStorageLayout(write('layout.json', before))).to.deep.equal(before);
    expect(readStorageLayout(write('artifact.json', { storageLayout: before }))).to.deep.equal(before);
    const buildInfo = { output: { contracts: { 'A.sol': { A: { storageLayout: before } } } } };
    expect(readStorageLayout(`${write('build.json', buildInfo)}#A`)).to.deep.equal(before);
  });

  it('refuses anything else', () => {
    for (const reference of [
      write('other.json', { storage: 1 }),
      join(folder, 'none.json'),
      `${write('b.json', {})}#A`,
    ]) {
      expect(() => readStorageLayout(reference)).to.throw(/expected solc's storageLayout/);
    }
  });
});
