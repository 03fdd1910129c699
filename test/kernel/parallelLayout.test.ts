import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { RunField, StatisticsField, Stop, Work } from '../../src/kernel/parallel/runLayout';

const SCHEDULER = join(__dirname, '../../src/kernel/assembly/scheduler');

/** The numbers that a source file gives names, members of enums included. */
function namesOf(file: string): Map<string, number> {
  const source = readFileSync(join(SCHEDULER, file), 'utf8');
  return new Map(
    [...source.matchAll(/(\w+)(?:: usize)? = (\d+)(?:;|,)/g)].map(([, name, value]) => [name, Number(value)]),
  );
}

function upper(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}

describe('The layout that parallel runs share with their host', () => {
  const region = namesOf('region.ts');

  it('has the control words and statistics where the kernel has them', () => {
    for (const [name, offset] of Object.entries(RunField))
      expect(region.get(name.toUpperCase()), name).to.equal(offset);
    for (const [name, offset] of Object.entries(StatisticsField)) {
      expect(region.get(`STAT_${name.toUpperCase()}`), name).to.equal(offset);
    }
  });

  it('names what ends a run, and what work returns, by the same numbers', () => {
    for (const [name, value] of Object.entries(Stop)) expect(region.get(upper(name)), name).to.equal(value);
    const worker = namesOf('worker.ts');
    for (const [name, value] of Object.entries(Work)) expect(worker.get(upper(name)), name).to.equal(value);
  });
});
