/**
 * Turns the compiler's output into what the node reads. Run after `hardhat compile`:
 *   node -r ts-node/register/transpile-only scripts/generateBindings.ts
 * - `src/l1/bindings/<Contract>.ts`: ABIs as constants, committed, so that they are also the ABI snapshots.
 * - `dist/contracts/<Contract>.json`: { contractName, abi, bytecode, deployedBytecode }, read at run time.
 * - `src/chain/predeploys/<contract>Code.ts`: runtime code of the L2 contracts, committed, because genesis follows from it: it must not
 *   depend on what a build happens to produce.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..');

/** Contracts that the node, the SDK or genesis use, and the source file of each. */
export const BOUND_CONTRACTS = {
  Inbox: 'contracts/data-availability/Inbox.sol',
  SequencerSet: 'contracts/sequencing/SequencerSet.sol',
  Portal: 'contracts/bridge/Portal.sol',
  L1CrossDomainMessenger: 'contracts/bridge/L1CrossDomainMessenger.sol',
  L1StandardBridge: 'contracts/bridge/L1StandardBridge.sol',
  DisputeGameFactory: 'contracts/settlement/DisputeGameFactory.sol',
  AnchorStateRegistry: 'contracts/settlement/AnchorStateRegistry.sol',
  OutputClaimGame: 'contracts/settlement/OutputClaimGame.sol',
  SystemConfig: 'contracts/governance/SystemConfig.sol',
  Timelock: 'contracts/governance/Timelock.sol',
  GovernanceToken: 'contracts/governance/GovernanceToken.sol',
  TributaryGovernor: 'contracts/governance/TributaryGovernor.sol',
  VotingRewards: 'contracts/governance/VotingRewards.sol',
  FeeSplitter: 'contracts/governance/FeeSplitter.sol',
  UpgradeableProxy: 'contracts/governance/UpgradeableProxy.sol',
  ModuleRegistry: 'contracts/modules/ModuleRegistry.sol',
  ModuleExecutor: 'contracts/modules/ModuleExecutor.sol',
  AttesterSet: 'contracts/modules/AttesterSet.sol',
  ArtifactStore: 'contracts/modules/ArtifactStore.sol',
  ProxyAdmin: '@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol',
  L1Block: 'contracts/l2/L1Block.sol',
  L2ToL1MessagePasser: 'contracts/l2/L2ToL1MessagePasser.sol',
  GasPriceOracle: 'contracts/l2/GasPriceOracle.sol',
  BaseFeeVault: 'contracts/l2/BaseFeeVault.sol',
  SequencerFeeVault: 'contracts/l2/SequencerFeeVault.sol',
  L1FeeVault: 'contracts/l2/L1FeeVault.sol',
  L2CrossDomainMessenger: 'contracts/l2/L2CrossDomainMessenger.sol',
  L2StandardBridge: 'contracts/l2/L2StandardBridge.sol',
  OptimismMintableERC20Factory: 'contracts/l2/OptimismMintableERC20Factory.sol',
  OptimismMintableERC20: 'contracts/l2/OptimismMintableERC20.sol',
} as const;

export type BoundContract = keyof typeof BOUND_CONTRACTS;

/** Contracts whose code is in the L2 genesis. */
export const L2_CONTRACTS = [
  'L1Block',
  'L2ToL1MessagePasser',
  'GasPriceOracle',
  'BaseFeeVault',
  'SequencerFeeVault',
  'L1FeeVault',
  'L2CrossDomainMessenger',
  'L2StandardBridge',
  'OptimismMintableERC20Factory',
] as const satisfies BoundContract[];

interface CompilerArtifact {
  abi: unknown[];
  bytecode: string;
  deployedBytecode: string;
}

/** Hardhat's artifact of a bound contract. */
export function readCompilerArtifact(name: BoundContract): CompilerArtifact {
  return JSON.parse(readFileSync(join(ROOT, 'artifacts', BOUND_CONTRACTS[name], `${name}.json`), 'utf8'));
}

/** Path of the committed binding. */
export function bindingPath(name: BoundContract): string {
  return join(ROOT, 'src', 'l1', 'bindings', `${name}.ts`);
}

/** Path of the artifact for run time. */
export function runtimeArtifactPath(name: BoundContract): string {
  return join(ROOT, 'dist', 'contracts', `${name}.json`);
}

/** Text of the binding: one ABI entry a line, so that a diff shows which function changed. */
export function renderBinding(name: BoundContract): string {
  const entries = readCompilerArtifact(name).abi.map((entry) => `  ${JSON.stringify(entry)},\n`);
  return [
    `// Written by scripts/generateBindings.ts from ${BOUND_CONTRACTS[name]}: do not edit.\n`,
    `export const ${camelCase(name)}Abi = [\n${entries.join('')}] as const;\n`,
  ].join('\n');
}

/** Path of a predeploy's code. */
export function predeployCodePath(name: BoundContract): string {
  return join(ROOT, 'src', 'chain', 'predeploys', `${camelCase(name)}Code.ts`);
}

/** Text of a predeploy's code. */
export function renderPredeployCode(name: BoundContract): string {
  return [
    `// Written by scripts/generateBindings.ts from ${BOUND_CONTRACTS[name]}: do not edit.\n`,
    `import type { Hex } from 'viem';\n`,
    `export const ${camelCase(name)}Code: Hex =\n  '${readCompilerArtifact(name).deployedBytecode}';\n`,
  ].join('\n');
}

/** Text of the artifact for run time. */
export function renderRuntimeArtifact(name: BoundContract): string {
  const { abi, bytecode, deployedBytecode } = readCompilerArtifact(name);
  return `${JSON.stringify({ contractName: name, abi, bytecode, deployedBytecode })}\n`;
}

/** `inbox`, `l2ToL1MessagePasser`. */
function camelCase(name: BoundContract): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function main(): void {
  const names = Object.keys(BOUND_CONTRACTS) as BoundContract[];
  for (const name of names) {
    write(bindingPath(name), renderBinding(name));
    write(runtimeArtifactPath(name), renderRuntimeArtifact(name));
  }
  for (const name of L2_CONTRACTS) write(predeployCodePath(name), renderPredeployCode(name));
  console.log(`${names.length} contracts bound: src/l1/bindings, src/chain/predeploys, dist/contracts`);
}

if (require.main === module) main();
