import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { TributaryError } from '../../src/core/errors';
import { createKernelStateTestExecutor } from '../../src/kernel/conformance/kernelStateTests';
import { runStateTests } from '../../src/kernel/conformance/runStateTests';

const SENDER = '0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b';
const NO_LOGS = '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347';
const WRONG_ROOT = `0x${'11'.repeat(32)}`;

/** A transfer that is rejected (`InsufficientFunds`) or goes through, with the given expectation. */
function stateTest(post: { hash: string; logs?: string; expectException?: string }, value = '0x01') {
  return {
    env: {
      currentCoinbase: '0x2adc25665018aa1fe0e6bc666dac8fc2697ff9ba',
      currentGasLimit: '0x1000000',
      currentNumber: '0x01',
      currentTimestamp: '0x03e8',
      currentRandom: '0x00',
      currentBaseFee: '0x0a',
    },
    pre: { [SENDER]: { nonce: '0x00', balance: '0x10000000', code: '0x', storage: {} } },
    transaction: {
      nonce: '0x00',
      gasPrice: '0x0a',
      gasLimit: ['0x5208'],
      to: '0x1000000000000000000000000000000000000000',
      value: [value],
      data: ['0x'],
      sender: SENDER,
    },
    post: { Osaka: [{ logs: NO_LOGS, indexes: { data: 0, gas: 0, value: 0 }, ...post }], Berlin: [] },
  };
}

describe('The state test runner', () => {
  let folder: string;
  const executor = createKernelStateTestExecutor();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'state-tests-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(name: string, content: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  it('finds a wrong state root, wrong logs, a missing rejection and an unexpected one', async () => {
    const file = write(
      'wrong.json',
      JSON.stringify({
        root: stateTest({ hash: WRONG_ROOT }),
        logs: stateTest({ hash: WRONG_ROOT, logs: WRONG_ROOT }),
        missing: stateTest({ hash: WRONG_ROOT, expectException: 'TransactionException.NONCE_IS_MAX' }),
        unexpected: stateTest({ hash: WRONG_ROOT }, '0x20000000'),
        huge: stateTest({ hash: WRONG_ROOT }, `0x:bigint 0x1${'00'.repeat(32)}`),
      }),
    );
    const seen: string[] = [];
    const report = await runStateTests(file, executor, { onFailure: ({ test }) => seen.push(test) });
    expect(report.passed).to.equal(0);
    expect(seen).to.deep.equal(['root', 'logs', 'missing', 'unexpected', 'huge']);
    const [root, logs, missing, unexpected, huge] = report.failures;
    expect(root).to.deep.include({ file, fork: 'osaka', variant: 'd0g0v0', expected: `state root ${WRONG_ROOT}` });
    expect(root.actual).to.match(/^state root 0x[0-9a-f]{64} \(status 0, gas used 21000\)$/);
    expect(logs.actual).to.contain(`logs hash ${NO_LOGS}`);
    expect(missing.actual).to.match(/^included/);
    expect(unexpected.actual).to.equal('rejection: insufficient funds for gas * price + value');
    expect(huge.actual).to.equal('rejection: a field is out of bounds');
  });

  it('reads folders of all three layouts, and only the fork that is asked for', async () => {
    // The root is whatever the kernel finds: this is about reading.
    const broken = await runStateTests(
      write('a.json', JSON.stringify({ one: stateTest({ hash: WRONG_ROOT }) })),
      executor,
    );
    const hash = broken.failures[0].actual.slice('state root '.length, 'state root '.length + 66);
    const line = (test: string) => JSON.stringify({ test, file: 'origin.json', ...stateTest({ hash }) });
    write('a.json', JSON.stringify({ one: stateTest({ hash }), other: { kind: 'not a state test' } }));
    write('b.jsonl', `${line('two')}\n${line('three')}\n`);
    write('c.jsonl.gz', gzipSync(line('four')));
    write('readme.txt', 'not a test');
    expect(await runStateTests(folder, executor)).to.deep.equal({ passed: 4, failures: [] });
    expect(await runStateTests(folder, executor, { fork: 'cancun' })).to.deep.equal({ passed: 0, failures: [] });
  });

  it('names the file that is no JSON', async () => {
    const file = write('broken.json', '{');
    const error = await runStateTests(file, executor).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(TributaryError);
    expect((error as TributaryError).message).to.contain(file);
  });
});
