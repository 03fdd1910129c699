import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Hash, toHex } from '../../src/core/bytes';
import { openLevelStore } from '../../src/core/levelStore';
import { accounts, PoolWorld, transfer } from '../mempool/poolFixture';
import { SequencerWorld } from './sequencerFixture';

const SENDERS = 4;
const TRANSACTIONS_PER_SENDER = 8;

describe('Sequencer: a killed process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tributary-crash-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const blockTimeSeconds of [undefined, 1]) {
    it(`loses no acknowledged transaction, ${blockTimeSeconds ? 'on a clock' : 'in automatic mode'}`, async () => {
      const live = join(folder, 'live');
      const store = await openLevelStore(live);
      const world = await SequencerWorld.start({ pool: await PoolWorld.open({ store }), blockTimeSeconds });
      const copies: { folder: string; acknowledged: Hash[] }[] = [];
      const acknowledged: Hash[] = [];
      for (let round = 0; round < TRANSACTIONS_PER_SENDER; round++) {
        // Every third round leaves a gap that the next one closes.
        const nonce =
          round % 3 === 0 && round + 1 < TRANSACTIONS_PER_SENDER ? round + 1 : round % 3 === 1 ? round - 1 : round;
        const answers = accounts
          .slice(0, SENDERS)
          .map((account) => world.sequencer.submit(transfer(account, nonce).raw));
        acknowledged.push(...(await Promise.all(answers)));
        if (blockTimeSeconds && round % 2 === 0) world.pool.clock.advance(1_000);
        // What the operating system has of the files now is what a killed process leaves behind.
        const copy = join(folder, `copy-${round}`);
        cpSync(live, copy, { recursive: true });
        copies.push({ folder: copy, acknowledged: [...acknowledged] });
      }
      await world.sequencer.stop();
      await store.close();
      for (const copy of copies) {
        const left = await openLevelStore(copy.folder);
        const restarted = await PoolWorld.open({ store: left });
        const found = copy.acknowledged.filter(
          (hash) => restarted.mempool.get(hash) ?? restarted.chain.transactionLocation(hash),
        );
        expect(found.map(toHex)).to.deep.equal(copy.acknowledged.map(toHex));
        await restarted.mempool.close();
        await left.close();
      }
    });
  }
});
