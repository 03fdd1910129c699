import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createKernelStateTestExecutor } from '../../src/kernel/conformance/kernelStateTests';
import { runStateTests } from '../../src/kernel/conformance/runStateTests';

const STATE_TESTS = join(__dirname, '../../../shared/conformance/state-tests');
const CASE_COUNT = 24_051;
const FAILURES_SHOWN_MAX = 5;

describe('Ethereum state tests', function () {
  this.timeout(600_000);

  if (!existsSync(STATE_TESTS)) {
    it(`are not here: no folder ${STATE_TESTS}`, () => {
      expect(existsSync(STATE_TESTS)).to.equal(false);
    });
    return;
  }

  it(`pass on the kernel, all ${CASE_COUNT} of Cancun, Prague and Osaka`, async () => {
    const { passed, failures } = await runStateTests(STATE_TESTS, createKernelStateTestExecutor());
    expect(failures.slice(0, FAILURES_SHOWN_MAX)).to.deep.equal([]);
    expect(passed).to.equal(CASE_COUNT);
  });
});
