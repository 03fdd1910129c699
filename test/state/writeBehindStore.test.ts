import { expect } from 'chai';
import fc from 'fast-check';
import { toHex } from '../../src/core/bytes';
import { MemoryStore } from '../../src/core/memoryStore';
import type { KeyValueOperation } from '../../src/core/ports';
import { WriteBehindStore } from '../../src/state/writeBehindStore';

const SEED = Number(process.env.FUZZ_SEED ?? 20260236);
const KEY_COUNT = 6;

/** A disk whose every write waits until it is let go on, or is made to fail. */
class SlowStore extends MemoryStore {
  readonly #held: { go(): void; fail(error: Error): void }[] = [];

  override async batch(operations: KeyValueOperation[]): Promise<void> {
    await new Promise<void>((go, fail) => this.#held.push({ go, fail }));
    await super.batch(operations);
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Lets the write under way be done. */
  async goOn(): Promise<void> {
    this.#held.shift()?.go();
    await turn();
  }

  async fail(): Promise<void> {
    this.#held.shift()?.fail(new Error('the disk is full'));
    await turn();
  }
}

/** What waits on promises alone has gone on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function keyOf(index: number): Uint8Array {
  return Uint8Array.of(0x70, index);
}

function put(index: number, value: number): KeyValueOperation {
  return { type: 'put', key: keyOf(index), value: Uint8Array.of(value) };
}

function contents(store: { get(key: Uint8Array): Uint8Array | undefined }): string {
  const values = Array.from({ length: KEY_COUNT }, (_, index) => store.get(keyOf(index)));
  return values.map((value) => (value ? toHex(value) : '-')).join(' ');
}

const operations = fc.array(
  fc
    .record({ index: fc.nat(KEY_COUNT - 1), value: fc.option(fc.nat(255), { nil: undefined }) })
    .map(
      ({ index, value }): KeyValueOperation =>
        value === undefined ? { type: 'del', key: keyOf(index) } : put(index, value),
    ),
  { maxLength: 5 },
);

describe('WriteBehindStore', () => {
  it(`reads as if every batch were written, and the disk is always as it was after some batch (seed ${SEED})`, async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: operations.map((batch) => ({ batch })) },
      { weight: 2, arbitrary: fc.constant({ batch: undefined }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const [disk, model] = [new SlowStore(), new MemoryStore()];
        const store = new WriteBehindStore(disk);
        const states = [contents(model)];
        let reached = 0;
        for (const { batch } of steps) {
          if (batch) {
            await store.batch(batch);
            await model.batch(batch);
            states.push(contents(model));
          } else {
            await disk.goOn();
          }
          expect(contents(store)).to.equal(contents(model));
          // Never back behind what was there.
          const now = states.indexOf(contents(disk), reached);
          expect(now, contents(disk)).to.be.at.least(0);
          reached = now;
        }
        const flushed = store.flush();
        while (disk.heldCount > 0) await disk.goOn();
        await flushed;
        expect(contents(disk)).to.equal(contents(model));
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('writes together what came while it was writing', async () => {
    const disk = new SlowStore();
    const store = new WriteBehindStore(disk);
    for (let value = 0; value < 10; value++) await store.batch([put(0, value), put(1, value)]);
    await disk.goOn();
    expect(contents(disk)).to.equal('0x00 0x00 - - - -');
    expect(disk.heldCount).to.equal(1);
    await disk.goOn();
    expect(contents(disk)).to.equal('0x09 0x09 - - - -');
    expect(disk.heldCount).to.equal(0);
  });

  it('lets a batch wait once 16 MiB do', async () => {
    const disk = new SlowStore();
    const store = new WriteBehindStore(disk);
    const big = (index: number): KeyValueOperation[] => [
      { type: 'put', key: keyOf(index), value: new Uint8Array(9 * 2 ** 20) },
    ];
    await store.batch(big(0));
    await store.batch(big(1));
    let isDone = false;
    const third = store.batch(big(2)).then(() => {
      isDone = true;
    });
    await turn();
    expect(isDone).to.equal(false);
    await disk.goOn();
    await third;
    expect(store.get(keyOf(2))?.length).to.equal(9 * 2 ** 20);
  });

  it('has it all on disk after flush, with sync, before a range is read and when it closes', async () => {
    const disk = new MemoryStore();
    const store = new WriteBehindStore(disk);
    await store.batch([put(0, 1)]);
    await store.batch([put(1, 1)]);
    await store.flush();
    expect(contents(disk)).to.equal('0x01 0x01 - - - -');
    await store.batch([put(2, 1)]);
    await store.batch([put(3, 1)], { sync: true });
    expect(contents(disk)).to.equal('0x01 0x01 0x01 0x01 - -');
    await store.batch([put(4, 1)]);
    const found: string[] = [];
    for await (const [key] of store.entries({ gte: keyOf(3) })) found.push(toHex(key));
    expect(found).to.deep.equal([toHex(keyOf(3)), toHex(keyOf(4))]);
    await store.batch([put(5, 1)]);
    let atClose = '';
    disk.close = async () => {
      atClose = contents(disk);
    };
    await store.close();
    expect(atClose).to.equal('0x01 0x01 0x01 0x01 0x01 0x01');
  });

  it('says that a write failed to whoever comes next, and writes nothing more', async () => {
    const disk = new SlowStore();
    const store = new WriteBehindStore(disk);
    await store.batch([put(0, 1)]);
    await store.batch([put(0, 2), put(1, 2)]);
    const flushed = store.flush().then(
      () => 'done',
      (error: Error) => error.message,
    );
    await disk.fail();
    expect(await flushed).to.equal('the disk is full');
    expect(disk.heldCount).to.equal(0);
    for (const call of [() => store.batch([put(2, 3)]), () => store.flush(), () => store.close()]) {
      const message = await call().then(
        () => 'done',
        (error: Error) => error.message,
      );
      expect(message).to.equal('the disk is full');
    }
    expect(contents(disk)).to.equal('- - - - - -');
    expect(contents(store)).to.equal('0x02 0x02 - - - -');
  });
});
