/**
 * Speed and memory beside peers, in one run on one machine:
 *
 *   npm run bench [-- --only loops,blocks --json results.json --count 5000 --block-count 20000 --rounds 3]
 *
 * Each section runs in a process of its own, so that none sees another's memory or compiled code. Figures go to stdout, progress to stderr.
 */
import { execFileSync, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { renderSection } from './render';
import type { SectionOptions, SectionResult } from './section';
import { type SectionName, sections } from './sections';

const names = Object.keys(sections) as SectionName[];
const HELP = `npm run bench -- [flags]

  --only <sections>   some of ${names.join(', ')}, with commas between them; default: all
  --json <path>       writes the figures there too
  --count <n>         transactions of one end-to-end run; default 5000
  --block-count <n>   transactions of one block; default 20000
  --rounds <n>        repetitions in turns, of which the median counts; default 3
  --help              prints this

${names.map((name) => `  ${name.padEnd(12)}${sections[name].title}`).join('\n')}`;

type Flags = Record<'only' | 'count' | 'block-count' | 'rounds', string> & { json?: string; help?: boolean };

/** @throws Error whose message names the flag */
function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: names.join(',') },
      json: { type: 'string' },
      count: { type: 'string', default: '5000' },
      'block-count': { type: 'string', default: '20000' },
      rounds: { type: 'string', default: '3' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  return values;
}

function parseNames(list: string): SectionName[] {
  return list.split(',').map((name) => {
    if (Object.hasOwn(sections, name)) return name as SectionName;
    throw new Error(`--only: expected some of ${names.join(', ')}, got ${name}`);
  });
}

function parseCount(flags: Flags, flag: 'count' | 'block-count' | 'rounds'): number {
  const count = Number(flags[flag]);
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw new Error(`--${flag}: expected a whole number above 0, got ${flags[flag]}`);
}

function measureInChild(name: SectionName, options: SectionOptions): Promise<SectionResult> {
  return new Promise((resolve, reject) => {
    const child = fork(`${__dirname}/runSection.ts`, [name, JSON.stringify(options)], {
      execArgv: ['-r', 'ts-node/register/transpile-only'],
    });
    let result: SectionResult | undefined;
    child.on('message', (message) => {
      result = message as SectionResult;
    });
    child.on('exit', (code) => {
      if (result && code === 0) resolve(result);
      else reject(new Error(`section ${name} ended with ${code}`));
    });
  });
}

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) {
    console.log(HELP);
    return;
  }
  const chosen = parseNames(flags.only);
  const options = {
    transactionCount: parseCount(flags, 'count'),
    blockTransactionCount: parseCount(flags, 'block-count'),
    rounds: parseCount(flags, 'rounds'),
  };
  const header = {
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
    machine: `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}`,
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    node: process.version,
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    startedAt: new Date().toISOString(),
  };
  console.log(
    `${header.command}\n${header.machine}, Node ${header.node}, commit ${header.commit}, ${header.startedAt}`,
  );
  console.log(`Load average before: ${header.loadAverage.join(' ')}`);
  const results: Partial<Record<SectionName, SectionResult>> = {};
  let hasFailed = false;
  for (const name of chosen) {
    try {
      const result = await measureInChild(name, options);
      results[name] = result;
      console.log(renderSection(sections[name], result));
    } catch (error) {
      hasFailed = true;
      console.log(`\n## ${sections[name].title}\n\nnot measured: ${error instanceof Error ? error.message : error}`);
    }
  }
  const loadAverageAfter = loadavg().map((load) => Number(load.toFixed(2)));
  console.log(`\nLoad average after: ${loadAverageAfter.join(' ')}`);
  if (flags.json) {
    writeFileSync(
      flags.json,
      `${JSON.stringify({ ...header, loadAverageAfter, options, sections: results }, null, 2)}\n`,
    );
  }
  if (hasFailed) process.exitCode = 1;
}

main().catch((error) => {
  console.error(`${error instanceof Error ? error.message : error}\nFlags and sections: npm run bench -- --help`);
  process.exit(1);
});
