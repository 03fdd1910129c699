/**
 * Speed beside peers, in one run on one machine: `npm run bench [-- --count 5000] [--json results.json]`.
 * End to end: pre-signed transactions through JSON-RPC (batches of 50 over 4 connections, 200 senders, fresh recipients), from the first
 * byte sent to the last receipt. `tributary` is all of `tributary dev`: L1, batcher, proposer and verifier run on the same cores.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Load, type LoadResult } from './load';
import { type PeerName, startPeer } from './peers';

const { values: flags } = parseArgs({
  options: {
    count: { type: 'string', default: '5000' },
    peers: { type: 'string', default: 'tributary,anvil,hardhat' },
    json: { type: 'string' },
  },
});

interface EndToEndRow {
  peer: string;
  version: string;
  transfers: LoadResult;
  tokenTransfers: LoadResult;
  residentMebibytes: number;
}

async function measure(name: PeerName, count: number): Promise<EndToEndRow> {
  const { bytecode } = JSON.parse(
    readFileSync(join(__dirname, '../../artifacts/contracts/examples/ExampleToken.sol/ExampleToken.json'), 'utf8'),
  );
  const peer = await startPeer(name);
  const load = new Load(peer.url);
  try {
    await load.start();
    const token = await load.deployToken(bytecode);
    // A tenth of the load warms each engine up.
    await load.run(load.signTransfers(Math.ceil(count / 10)));
    const transfers = await load.run(load.signTransfers(count));
    await load.run(load.signTokenTransfers(Math.ceil(count / 10), token));
    const tokenTransfers = await load.run(load.signTokenTransfers(count, token));
    const residentMebibytes = Math.round(peer.residentBytes() / 2 ** 20);
    return { peer: name, version: peer.version, transfers, tokenTransfers, residentMebibytes };
  } finally {
    load.close();
    await peer.stop();
  }
}

async function main(): Promise<void> {
  const count = Number(flags.count);
  const machine = `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim();
  console.log(`${command}\n${machine}, Node ${process.version}, commit ${commit}\n`);
  const rows: EndToEndRow[] = [];
  for (const name of flags.peers.split(',') as PeerName[]) {
    process.stderr.write(`measuring ${name} …\n`);
    rows.push(await measure(name, count));
  }
  const own = rows.find((row) => row.peer === 'tributary');
  const ratio = (ours?: number, theirs?: number) => (ours && theirs ? `${(ours / theirs).toFixed(2)}×` : '');
  console.log(`End to end through JSON-RPC, ${count} transactions each\n`);
  console.log('| peer | transfers/s | tributary is | ERC-20 transfers/s | tributary is | blocks | memory MiB |');
  console.log('|---|---|---|---|---|---|---|');
  for (const row of rows) {
    const cells = [
      row.peer,
      row.transfers.perSecond.toFixed(0),
      ratio(own?.transfers.perSecond, row.transfers.perSecond),
      row.tokenTransfers.perSecond.toFixed(0),
      ratio(own?.tokenTransfers.perSecond, row.tokenTransfers.perSecond),
      `${row.transfers.blockCount} + ${row.tokenTransfers.blockCount}`,
      row.residentMebibytes,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  for (const row of rows) console.log(`\n${row.peer}: ${row.version}`);
  if (flags.json) {
    const result = { command, machine, node: process.version, commit, endToEnd: rows };
    writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
