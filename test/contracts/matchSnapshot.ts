import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

const FOLDER = join(__dirname, 'snapshots');

/**
 * Compares a value with the committed `snapshots/<name>.json`. With `UPDATE_SNAPSHOTS=1` it writes the file instead: look at the diff
 * before you commit it.
 */
export function matchSnapshot(name: string, actual: Record<string, unknown>): void {
  const path = join(FOLDER, `${name}.json`);
  if (process.env.UPDATE_SNAPSHOTS === '1') {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(path, `${JSON.stringify(actual, null, 2)}\n`);
  }
  const hint = `${name} changed: if that is meant, run the test with UPDATE_SNAPSHOTS=1 and commit the file`;
  expect(existsSync(path), `no snapshot ${name}; ${hint}`).to.equal(true);
  expect(actual, hint).to.deep.equal(JSON.parse(readFileSync(path, 'utf8')));
}
