import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as layout from '../../src/kernel/layout';
import { Status } from '../../src/kernel/status';

const ASSEMBLY = join(__dirname, '../../src/kernel/assembly');

/** The numeric constants and enum members that a source file declares, by name. */
function constantsOf(file: string): Map<string, number> {
  const source = readFileSync(join(ASSEMBLY, file), 'utf8');
  const declared = source.matchAll(/(?:const )?(\w+)(?:: \w+)? = (\d+)(?:;|,)/g);
  return new Map([...declared].map(([, name, value]) => [name, Number(value)]));
}

/** TypeScript's fields with the names that the assembly gives them: `maxFee` with prefix `TX_` is `TX_MAX_FEE`. */
function named(fields: Record<string, number>, prefix: string): [string, number][] {
  return Object.entries(fields).map(([name, value]) => [prefix + (RENAMED[name] ?? snakeCase(name)), value]);
}

/** Where the two sides do not use the same words. */
const RENAMED: Record<string, string | undefined> = { prevRandao: 'PREVRANDAO', senderNonce: 'NONCE' };

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function expectAgreement(file: string, expected: [string, number][]): void {
  const constants = constantsOf(file);
  const actual = expected.map(([name]) => [name, constants.get(name)]);
  expect(actual).to.deep.equal(expected);
}

describe('Layouts that the kernel and its TypeScript face share', () => {
  it('agree on the block context', () => {
    expectAgreement('block.ts', named(layout.BlockField, 'B_'));
    expectAgreement('block.ts', named(layout.FORK_NUMBERS, ''));
  });

  it('agree on transactions and authorizations', () => {
    expectAgreement('transactionContext.ts', named(layout.TransactionField, 'TX_'));
    expectAgreement('transactionContext.ts', named(layout.AuthorizationField, 'AUTH_'));
    expectAgreement('transactionContext.ts', [
      ['HAS_TO', layout.TRANSACTION_HAS_TO],
      ['AUTHORIZATION_SIZE', layout.AUTHORIZATION_SIZE_BYTES],
    ]);
  });

  it('agree on outcomes, logs and statuses', () => {
    expectAgreement('transaction.ts', named(layout.OutcomeField, 'R_'));
    expectAgreement('evm/stateOps.ts', named(layout.LogField, 'LOG_'));
    expectAgreement('evm/stateOps.ts', [['LOG_HEADER_SIZE', layout.LOG_HEADER_SIZE_BYTES]]);
    const statuses = constantsOf('evm/status.ts');
    expect({
      success: statuses.get('Success'),
      reverted: statuses.get('Reverted'),
      failed: statuses.get('Failed'),
      regionFull: statuses.get('RegionFull'),
    }).to.deep.equal(Status);
  });

  it('agree on the flat cache', () => {
    expectAgreement('state/flatCache.ts', named(layout.AccountField, 'A_'));
    expectAgreement('state/flatCache.ts', named(layout.SlotField, 'S_'));
    expectAgreement('state/flatCache.ts', [
      ['ACCOUNT_EXISTS', layout.ACCOUNT_EXISTS],
      ['ACCOUNT_NEW_CODE', layout.ACCOUNT_NEW_CODE],
    ]);
  });

  it('would be caught disagreeing', () => {
    expect(() => expectAgreement('block.ts', [['B_NUMBER', 8]])).to.throw();
  });
});
