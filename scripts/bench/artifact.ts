import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '../../src/core/bytes';

/** What `npm run build` compiled of `contracts/examples/<name>.sol`. */
export function readArtifact(name: string): { creationCode: Uint8Array; runtimeCode: Uint8Array } {
  const path = join(__dirname, `../../artifacts/contracts/examples/${name}.sol/${name}.json`);
  const { bytecode, deployedBytecode } = JSON.parse(readFileSync(path, 'utf8'));
  return { creationCode: fromHex(bytecode), runtimeCode: fromHex(deployedBytecode) };
}
