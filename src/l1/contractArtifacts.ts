import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Abi, Hex } from 'viem';
import { TributaryError } from '../core/errors';

/** What a compiled contract is at run time: enough to deploy it and to call it. */
export interface ContractArtifact {
  contractName: string;
  abi: Abi;
  /** Init code, without constructor arguments. */
  bytecode: Hex;
  /** Code after deployment; immutables are zero in it. */
  deployedBytecode: Hex;
}

/** Where artifacts come from: the built package, or the compiler's output in tests. */
export type LoadContractArtifact = (contractName: string) => ContractArtifact;

/** `src/l1` and `dist/l1` both lie two levels below the package's root. */
const ARTIFACTS_FOLDER = join(__dirname, '..', '..', 'dist', 'contracts');

/**
 * Reads `dist/contracts/<contractName>.json`, which `scripts/generateBindings.ts` writes.
 * @param contractName e.g. `Inbox`
 * @throws L1.ArtifactMissing when the package was not built
 * @throws L1.ArtifactInvalid when the file is not an artifact
 */
export function loadContractArtifact(contractName: string): ContractArtifact {
  const path = join(ARTIFACTS_FOLDER, `${contractName}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TributaryError('L1.ArtifactMissing', `no compiled contract ${contractName}: build the package first`, {
      metaMessages: [`path: ${path}`],
      recovery: 'halt',
      cause,
    });
  }
  return parseArtifact(contractName, text);
}

function parseArtifact(contractName: string, text: string): ContractArtifact {
  let artifact: Partial<ContractArtifact>;
  try {
    artifact = JSON.parse(text);
  } catch (cause) {
    throw invalidArtifact(contractName, 'JSON', 'something else', cause);
  }
  if (!Array.isArray(artifact.abi)) throw invalidArtifact(contractName, 'abi to be a list', typeof artifact.abi);
  for (const field of ['bytecode', 'deployedBytecode'] as const) {
    if (!/^0x([0-9a-f]{2})+$/.test(artifact[field] ?? '')) {
      throw invalidArtifact(contractName, `${field} to be hex`, String(artifact[field]).slice(0, 20));
    }
  }
  return { ...artifact, contractName } as ContractArtifact;
}

function invalidArtifact(contractName: string, expected: string, got: string, cause?: unknown): TributaryError {
  const sentence = `the compiled contract ${contractName} is not valid: expected ${expected}, got ${got}`;
  return new TributaryError('L1.ArtifactInvalid', sentence, { recovery: 'halt', cause });
}
