import { expect } from 'chai';
import { toHex } from '../../src/core/bytes';
import { systemClock } from '../../src/core/systemClock';
import type { DeployedContracts } from '../../src/l1/deployment/deployContracts';
import type { L1BlockReader } from '../../src/l1/l1BlockReader';
import { L1OriginSource } from '../../src/l1/l1OriginSource';
import { L1Watcher } from '../../src/l1/l1Watcher';
import { connect, deployOn, readerOf, silentLogger, until } from './l1Fixture';
import { rpc, startAnvil, type TestL1 } from './startL1';

describe('L1OriginSource', () => {
  let l1: TestL1;
  let contracts: DeployedContracts;
  let reader: L1BlockReader;
  let source: L1OriginSource;
  /** The L2 head's origin. */
  let needed: number;

  before(async () => {
    l1 = await startAnvil();
    contracts = await deployOn(l1.url);
    reader = readerOf(await connect([l1.url]), contracts);
    needed = (await reader.latest()).number;
    source = await L1OriginSource.start({
      watcher: new L1Watcher({
        reader,
        clock: systemClock,
        logger: silentLogger,
        pollIntervalMs: 20,
        rangeBlocksMax: 4,
      }),
      reader,
      neededFrom: () => needed,
      clock: systemClock,
      logger: silentLogger,
      cachedBlocksMax: 8,
      cachedBehindMax: 2,
    });
  });
  after(async () => {
    await source.stop();
    await l1.stop();
  });

  const following = (after: number, limit: number) => source.following(after, limit).map(({ block }) => block.number);

  it('offers the blocks after an origin at once, never past its head', async () => {
    await rpc(l1.url, 'anvil_mine', ['0x4']);
    const head = await reader.latest();
    await until('it saw the head', () => source.latest().number === head.number);
    expect(source.latest()).to.deep.equal(head);
    expect(following(needed, 10)).to.deep.equal([needed + 1, needed + 2, needed + 3, needed + 4]);
    expect(following(needed + 1, 2)).to.deep.equal([needed + 2, needed + 3]);
    expect(following(head.number, 10)).to.deep.equal([]);
    expect(following(needed, 0)).to.deep.equal([]);
    expect(source.origin(head.number)).to.deep.equal(head);
    expect(source.origin(head.number + 1)).to.equal(undefined);
  });

  it('stops at the bound of its memory, and goes on when older blocks are no longer needed', async () => {
    await rpc(l1.url, 'anvil_mine', ['0x14']);
    const head = await reader.latest();
    await until('it is full', () => following(needed, 100).length === 7);
    expect(following(needed, 100).at(-1)).to.equal(needed + 7);
    for (let moves = 0; source.latest().number < head.number; moves++) {
      expect(moves).to.be.lessThan(20);
      const before = source.latest().number;
      needed = before;
      await until('the window moved', () => source.latest().number > before);
    }
    expect(source.origin(needed)?.number).to.equal(needed);
  });

  it('goes back to an older block when the L2 chain was cut back behind its memory', async () => {
    needed -= 12;
    expect(source.origin(needed)).to.equal(undefined);
    await until('it is there', () => source.origin(needed) !== undefined);
    await until('and those after it', () => following(needed, 3).length === 3);
  });

  it('drops what was reorganized away and says so', async () => {
    needed = (await reader.latest()).number - 3;
    await until('it saw the head', async () => {
      source.origin(needed);
      return source.latest().number === needed + 3;
    });
    // anvil makes the same empty block again unless the base fee moves.
    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    await rpc(l1.url, 'anvil_mine', ['0x2']);
    const head = await reader.latest();
    await until('it saw the head', () => source.latest().number === head.number);
    const said: number[] = [];
    const off = source.advanced.on(() => said.push(source.latest().number));
    await rpc(l1.url, 'anvil_reorg', [2, []]);
    await until('the new branch', async () => toHex(source.latest().hash) === toHex((await reader.latest()).hash));
    off();
    expect(said).to.deep.equal([head.number - 2, head.number - 1, head.number]);
    const [first, second] = source.following(head.number - 2, 2);
    expect(toHex(second.block.parentHash)).to.equal(toHex(first.block.hash));
  });

  it('begins afresh when a reorganization goes deeper than its memory', async () => {
    needed = source.latest().number;
    await rpc(l1.url, 'anvil_setNextBlockBaseFeePerGas', ['0x77359400']);
    await rpc(l1.url, 'anvil_mine', ['0x10']);
    const head = (await reader.latest()).number;
    await until('it saw the head', () => {
      needed = source.latest().number;
      return needed === head;
    });
    await rpc(l1.url, 'anvil_reorg', [14, []]);
    await until('the new branch', async () => toHex(source.latest().hash) === toHex((await reader.latest()).hash));
  });
});
