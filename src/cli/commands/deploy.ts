import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Address, createPublicClient, createWalletClient, formatEther, http, type PublicClient } from 'viem';
import type { Deployment } from '../../chain/deployment';
import { toHex } from '../../core/bytes';
import { errorMessage, hasErrorCode, TributaryError } from '../../core/errors';
import { packagedKernelHash } from '../../kernel/kernelModule';
import { loadContractArtifact } from '../../l1/contractArtifacts';
import type { DeploymentDifference } from '../../l1/deployment/checkPlan';
import { fullContractsConfig } from '../../l1/deployment/contractsConfig';
import { futureCreate2Factory } from '../../l1/deployment/deployContracts';
import { FileJournal } from '../../l1/deployment/deploymentJournal';
import { checkDeployment, deployRollup } from '../../l1/deployment/deployRollup';
import { estimatePlan } from '../../l1/deployment/estimatePlan';
import { planContracts } from '../../l1/deployment/planContracts';
import { contractsConfigOf, deploymentSalt, parseRollupFile, type RollupFile } from '../../l1/deployment/rollupFile';
import { writeFileAtomically } from '../../l1/deployment/writeFileAtomically';
import { type KeySources, loadKey } from '../../node/nodeKeys';
import { readDeployment } from '../../node/readDeployment';
import { passwordPrompt } from '../askPassword';
import { numberOption, urlOption } from '../parseOption';

interface DeployFlags {
  l1: string;
  config: string;
  out: string;
  keystore?: string;
  passwordFile?: string;
  confirmations: number;
  dryRun?: boolean;
}

const EXAMPLES = `
The deployer pays and has no power over what it deploys. Its key is read from TRIBUTARY_DEPLOYER_KEY, or from --keystore with the password from
--password-file, TRIBUTARY_KEYSTORE_PASSWORD or the terminal. docs/rollup.example.json is a config to begin with; docs/deploying.md explains it.

May be interrupted and run again: it goes on where it was (progress is in <out>.journal). Once <out> exists, it only checks that what is on
chain is what it would deploy, prints each difference, and exits with 1 if there is one. That needs no key.

Examples:
  $ tributary deploy --l1 http://127.0.0.1:8545 --config rollup.json --dry-run
  $ TRIBUTARY_DEPLOYER_KEY=0x… tributary deploy --l1 http://127.0.0.1:8545 --config rollup.json
  $ tributary deploy --l1 https://l1.example --config rollup.json --out chains/my.json --keystore deployer.json --confirmations 12`;

/** `tributary deploy`: the contracts of a new rollup on any L1, or the check of one that is there. */
export function registerDeployCommand(program: Command): void {
  program
    .command('deploy')
    .description("deploy a rollup's contracts to an L1 and write deployment.json; again: check them")
    .requiredOption('--l1 <url>', 'JSON-RPC of the L1', urlOption)
    .requiredOption('--config <file>', 'rollup.json: what the rollup is to be')
    .option('--out <file>', 'where the deployment is written', 'deployment.json')
    .option('--keystore <file>', "the deployer's key, in a keystore file or a folder with deployer.json")
    .option('--password-file <file>', "the keystore's password")
    .option('--confirmations <count>', 'L1 blocks to wait for after the last contract', numberOption(0, 1_000), 2)
    .option('--dry-run', 'send nothing: print addresses and about what it would cost')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DeployFlags) => {
      const file = withKernel(readRollupFile(flags.config), flags.out);
      const publicClient = createPublicClient({ transport: http(flags.l1), cacheTime: 0, pollingInterval: 500 });
      if (existsSync(flags.out)) await check(publicClient, file, flags);
      else if (flags.dryRun) await dryRun(publicClient, file, flags);
      else await deploy(publicClient, file, flags);
    });
}

/** A chain begins with a kernel that every node can name: where the file names none, that of this package, or the one that was deployed. */
function withKernel(file: RollupFile, out: string): RollupFile {
  const deployed = existsSync(out) ? readDeployment(out).rollup.executionArtifactHash : toHex(packagedKernelHash());
  return { ...file, chain: { executionArtifactHash: deployed, ...file.chain } };
}

async function deploy(publicClient: PublicClient, file: RollupFile, flags: DeployFlags): Promise<void> {
  const account = await loadKey('deployer', keySources(flags));
  const journal = new FileJournal(`${flags.out}.journal`);
  print(`deploying chain ${file.l2ChainId} to L1 ${file.l1ChainId} as ${account.address}`);
  const deployment = await deployRollup({
    publicClient,
    walletClient: createWalletClient({ account, transport: http(flags.l1) }),
    file,
    l1Url: flags.l1,
    journal,
    confirmations: flags.confirmations,
    onProgress: ({ step, stepCount, name, address, transactionHash }) =>
      print(
        `[${step + 1}/${stepCount}] ${name} ${address} ${transactionHash ? `by ${transactionHash}` : 'was there already'}`,
      ),
  });
  writeFileAtomically(flags.out, `${JSON.stringify(deployment, null, 2)}\n`);
  print(`everything is as planned: owners, roles, code and parameters were read back\nwrote ${flags.out}`);
}

async function check(publicClient: PublicClient, file: RollupFile, flags: DeployFlags): Promise<void> {
  const deployment: Deployment = readDeployment(flags.out);
  const differences = await checkDeployment(publicClient, file, deployment);
  if (differences.length === 0) {
    print(`${flags.out} is there: what is on chain is what ${flags.config} gives`);
    return;
  }
  for (const { what, expected, got } of differences) print(`DIFFERENT ${what}: expected ${expected}, got ${got}`);
  throw new TributaryError('Cli.DeploymentDiffers', differs(differences), {
    recovery: 'reject',
    metaMessages: ['to deploy another rollup give another --out'],
  });
}

async function dryRun(publicClient: PublicClient, file: RollupFile, flags: DeployFlags): Promise<void> {
  const deployer = await deployerIfGiven(flags);
  const factory = await futureCreate2Factory(publicClient, deployer);
  if (factory === undefined) {
    throw new TributaryError(
      'Cli.KeyMissing',
      'this L1 lacks the usual CREATE2 factory, so the addresses depend on the deployer: give its key',
      { recovery: 'reject' },
    );
  }
  const config = fullContractsConfig(contractsConfigOf(file));
  const plan = planContracts({ config, factory, salt: deploymentSalt(file), loadArtifact: loadContractArtifact });
  const steps = await estimatePlan(publicClient, plan);
  for (const { step, gas } of steps) {
    print(`${step.name.padEnd(38)} ${step.address} ${gas === 0n ? 'is there already' : `${gas} gas`}`);
  }
  const gas = steps.reduce((sum, step) => sum + step.gas, 0n);
  const { maxFeePerGas } = await publicClient
    .estimateFeesPerGas()
    .catch(async () => ({ maxFeePerGas: await publicClient.getGasPrice() }));
  const costWei = gas * maxFeePerGas;
  print(
    `${steps.length} steps, at most about ${gas} gas: ${formatEther(costWei)} ETH at ${formatEther(maxFeePerGas, 'gwei')} gwei`,
  );
  if (!deployer) return;
  const balanceWei = await publicClient.getBalance({ address: deployer });
  const verdict = balanceWei < costWei ? 'NOT ENOUGH' : 'enough';
  print(`the deployer ${deployer} has ${formatEther(balanceWei)} ETH: ${verdict}`);
}

async function deployerIfGiven(flags: DeployFlags): Promise<Address | undefined> {
  try {
    return (await loadKey('deployer', keySources(flags))).address;
  } catch (error) {
    if (hasErrorCode(error, 'Node.KeyMissing')) return undefined;
    throw error;
  }
}

function keySources({ keystore, passwordFile }: DeployFlags): KeySources {
  return { environment: process.env, keystore, passwordFile, askPassword: passwordPrompt() };
}

function readRollupFile(path: string): RollupFile {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new TributaryError('Cli.ConfigUnreadable', `${path} cannot be read as JSON: ${errorMessage(cause)}`, {
      recovery: 'reject',
      cause,
    });
  }
  return parseRollupFile(json, path);
}

function differs(differences: readonly DeploymentDifference[]): string {
  return `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'} between what is on chain and what would be deployed`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
