import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SignedTransaction } from '../../src/codec/transaction';
import { TransactionDecoder } from '../../src/codec/transactionDecoder';
import { TributaryError } from '../../src/core/errors';
import type { Logger } from '../../src/core/ports';
import { privateKeyOf, signTransaction } from './signTransaction';

const logger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};
const COUNT = 300;

describe('TransactionDecoder', () => {
  const transactions = Array.from({ length: COUNT }, (_, i) =>
    signTransaction(privateKeyOf(i % 7), { type: ([0, 1, 2] as const)[i % 3], nonce: BigInt(i) }),
  );

  for (const workerCount of [0, 1, 3]) {
    it(`gives what decoding on the spot gives, in the order of the calls, with ${workerCount} threads`, async () => {
      const decoder = new TransactionDecoder(workerCount, logger);
      const order: bigint[] = [];
      const decode = async ({ raw }: SignedTransaction) => {
        const decoded = await decoder.decode(raw);
        order.push(decoded.nonce);
        return decoded;
      };
      // In two turns of the event loop, the second small: it must not overtake the first.
      const first = transactions.slice(0, COUNT - 1).map(decode);
      await new Promise((resolve) => setImmediate(resolve));
      const last = decode(transactions[COUNT - 1]);
      expect(await Promise.all([...first, last])).to.deep.equal(transactions);
      expect(order).to.deep.equal(transactions.map(({ nonce }) => nonce));
      await decoder.close();
    });
  }

  it('rejects what does not decode, with its words, and what is too large, and goes on with the rest', async () => {
    const decoder = new TransactionDecoder(1, logger);
    const good = transactions.slice(0, 5);
    const bad = [Uint8Array.of(0x02, 0xc0), new Uint8Array(200_000), new Uint8Array(0)];
    const settled = await Promise.allSettled([...good.map(({ raw }) => raw), ...bad].map((raw) => decoder.decode(raw)));
    const words = settled.flatMap((result) => (result.status === 'rejected' ? [String(result.reason.message)] : []));
    expect(words[0]).to.contain('expected a list of 12 items, got 0');
    expect(words[1]).to.contain('oversized data: transaction size 200000');
    expect(words[2]).to.contain('expected bytes, got none');
    expect(settled.filter(({ status }) => status === 'fulfilled')).to.have.length(5);
    for (const result of settled.slice(5)) {
      if (result.status === 'rejected') expect(result.reason).to.be.instanceOf(TributaryError);
    }
    await decoder.close();
  });

  it('decodes a whole list, in order after what was asked for before, with what is wrong where something is', async () => {
    for (const workerCount of [0, 1, 3]) {
      const decoder = new TransactionDecoder(workerCount, logger);
      const order: string[] = [];
      const before = decoder.decode(transactions[0].raw).then(() => order.push('one'));
      const raws = transactions.map(({ raw }) => raw);
      const decoded = decoder.decodeAll([...raws, Uint8Array.of(0x02, 0xc0)]).then((results) => {
        order.push('all');
        return results;
      });
      await before;
      const results = await decoded;
      expect(order, `${workerCount} threads`).to.deep.equal(['one', 'all']);
      expect(results.slice(0, -1)).to.deep.equal(transactions);
      expect(results.at(-1)).to.be.instanceOf(TributaryError).with.property('code', 'Codec.InvalidRlp');
      expect(await decoder.decodeAll([])).to.deep.equal([]);
      await decoder.close();
    }
  });

  it('keeps a process alive until it has answered, and not longer', () => {
    const program = `
      const { TransactionDecoder } = require('./dist/codec/transactionDecoder.js');
      const decoder = new TransactionDecoder(1, console);
      const raws = Array.from({ length: 8 }, () => Uint8Array.of(2, 0xc0));
      decoder.decodeAll(raws).then((results) => console.log(results.length + ' answers'));`;
    const root = join(__dirname, '..', '..');
    const { stdout, status } = spawnSync(process.execPath, ['-e', program], {
      cwd: root,
      timeout: 20_000,
      encoding: 'utf8',
    });
    expect({ stdout, status }).to.deep.equal({ stdout: '8 answers\n', status: 0 });
  });

  it('does the work of a thread that ended on this one', async () => {
    const errors: object[] = [];
    const failing: Logger = { ...logger, error: (fields) => void errors.push(fields) };
    const folder = mkdtempSync(join(tmpdir(), 'tributary-decoder-'));
    try {
      const endsWithItsFirstJob = "require('node:worker_threads').parentPort.on('message', () => process.exit(0));";
      writeFileSync(join(folder, 'worker.cjs'), endsWithItsFirstJob);
      const decoder = new TransactionDecoder(1, failing, join(folder, 'worker.cjs'));
      expect(await decoder.decodeAll(transactions.map(({ raw }) => raw))).to.deep.equal(transactions);
      expect(errors).to.have.length(1);
      expect(await decoder.decode(transactions[0].raw)).to.deep.equal(transactions[0]);
      await decoder.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('answers everything although it is closed meanwhile', async () => {
    const decoder = new TransactionDecoder(2, logger);
    const answers = transactions.map(({ raw }) => decoder.decode(raw));
    await new Promise((resolve) => setImmediate(resolve));
    await decoder.close();
    expect(await Promise.all(answers)).to.deep.equal(transactions);
    expect(await decoder.decode(transactions[0].raw)).to.deep.equal(transactions[0]);
  });
});
