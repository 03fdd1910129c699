#!/usr/bin/env node
// The command of a checkout is there before the first build: `npx` links it once for each path, and where it finds nothing to link it never looks again.
const { existsSync } = require('node:fs');
const { join } = require('node:path');

const entry = join(__dirname, '..', 'dist', 'cli', 'main.js');
if (existsSync(entry)) {
  require(entry);
} else {
  process.stderr.write('tributary: not built yet; `npm start` builds and starts a chain, `npm run build` builds\n');
  process.exitCode = 1;
}
