import type { Fork } from '../../chain/forks';
import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { errorMessage } from '../../core/errors';
import { readStateTests, type StateTestCase } from './stateTestCase';

export interface StateTestResult {
  /** Why the transaction was not included; undefined where it was. */
  rejection: string | undefined;
  stateRoot: Hash;
  /** keccak256(rlp(logs)). */
  logsHash: Hash;
  /** For the reader of a failure. */
  detail?: string;
}

/** What runs a case: the kernel, or a reference to hold it against. */
export interface StateTestExecutor {
  readonly name: string;
  execute(test: StateTestCase): StateTestResult | Promise<StateTestResult>;
}

export interface StateTestFailure {
  file: string;
  test: string;
  fork: Fork;
  variant: string;
  expected: string;
  actual: string;
}

export interface StateTestReport {
  passed: number;
  failures: StateTestFailure[];
}

/**
 * Runs all cases of a file or folder. A case that makes the executor throw is a failed case.
 * @param onFailure called as failures happen
 * @throws Conformance.InvalidTest
 */
export async function runStateTests(
  path: string,
  executor: StateTestExecutor,
  options: { fork?: Fork; onFailure?: (failure: StateTestFailure) => void } = {},
): Promise<StateTestReport> {
  const report: StateTestReport = { passed: 0, failures: [] };
  for (const test of readStateTests(path, options.fork)) {
    const difference = await check(test, executor);
    if (!difference) {
      report.passed++;
      continue;
    }
    const { file, test: name, fork, variant } = test;
    const failure = { file, test: name, fork, variant, ...difference };
    report.failures.push(failure);
    options.onFailure?.(failure);
  }
  return report;
}

async function check(
  test: StateTestCase,
  executor: StateTestExecutor,
): Promise<{ expected: string; actual: string } | undefined> {
  const { exception, stateRoot, logsHash } = test.expected;
  let result: StateTestResult;
  try {
    result = await executor.execute(test);
  } catch (error) {
    return { expected: exception ?? 'a result', actual: `the executor threw: ${errorMessage(error)}` };
  }
  const detail = result.detail ? ` (${result.detail})` : '';
  if (exception !== undefined && result.rejection === undefined) {
    return { expected: `rejection: ${exception}`, actual: `included${detail}` };
  }
  if (exception === undefined && result.rejection !== undefined) {
    return { expected: 'inclusion', actual: `rejection: ${result.rejection}` };
  }
  if (!equalBytes(result.logsHash, logsHash)) {
    return { expected: `logs hash ${toHex(logsHash)}`, actual: `logs hash ${toHex(result.logsHash)}${detail}` };
  }
  if (!equalBytes(result.stateRoot, stateRoot)) {
    return { expected: `state root ${toHex(stateRoot)}`, actual: `state root ${toHex(result.stateRoot)}${detail}` };
  }
  return undefined;
}
