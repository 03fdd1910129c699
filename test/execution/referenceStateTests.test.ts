import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createReferenceStateTestExecutor } from '../../src/execution/reference/referenceStateTests';
import { runStateTests } from '../../src/kernel/conformance/runStateTests';

const STATE_TESTS = join(__dirname, '../../../shared/conformance/state-tests');
/** The whole suite takes the reference a quarter of an hour; these are small and touch what is ours: rules, fees, access lists, creation, blobs' rejection. */
const FILES = [
  'stExample',
  'stEIP3607',
  'stSLoadTest',
  'stChainId',
  'berlin-eip2929_gas_cost_increases',
  'london-eip1559_fee_market_change',
  'cancun-eip7516_blobgasfee',
  'stSelfBalance',
  'shanghai-eip3651_warm_coinbase',
];

describe('ReferenceExecutor on Ethereum state tests', () => {
  if (!existsSync(STATE_TESTS)) {
    it(`are not here: no folder ${STATE_TESTS}`, () => {
      expect(existsSync(STATE_TESTS)).to.equal(false);
    });
    return;
  }

  for (const name of FILES) {
    it(`passes ${name}`, async () => {
      const path = join(STATE_TESTS, `${name}.jsonl.gz`);
      const { passed, failures } = await runStateTests(path, createReferenceStateTestExecutor());
      expect(failures).to.deep.equal([]);
      expect(passed).to.be.greaterThan(0);
    });
  }
});
