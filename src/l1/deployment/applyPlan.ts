import {
  type Account,
  type Address,
  type Chain,
  type Hex,
  keccak256,
  type PublicClient,
  TransactionNotFoundError,
  type TransactionReceipt,
  type Transport,
  toHex,
  type WalletClient,
} from 'viem';
import { errorMessage, TributaryError } from '../../core/errors';
import { TRANSACTION_GAS_LIMIT_MAX } from '../../execution/transactionGas';
import { differenceOf } from './checkPlan';
import { create2Call } from './create2Factory';
import type { DeploymentJournal, JournalState } from './deploymentJournal';
import type { DeploymentPlan, DeploymentStep } from './deploymentPlan';

/** Pays and sends, and has no power over what it deployed. */
export type DeployerClient = WalletClient<Transport, Chain | undefined, Account>;

export interface DeployProgress {
  /** 0-based. */
  step: number;
  stepCount: number;
  /** Name of the step. */
  name: string;
  /** Of the artifact; undefined for a call. */
  contractName: string | undefined;
  address: Hex;
  /** Undefined when it was found on chain, done by an earlier run. */
  transactionHash: Hex | undefined;
}

export interface ApplyPlanOptions {
  publicClient: PublicClient;
  walletClient: DeployerClient;
  plan: DeploymentPlan;
  journal: DeploymentJournal;
  onProgress?: (progress: DeployProgress) => void;
}

/** Identifies a plan: the steps' names, targets and data. */
export function planHash({ factory, salt, steps }: DeploymentPlan): Hex {
  const data = steps.map((step) => [step.name, step.address, step.kind === 'create' ? step.initCode : step.data]);
  return keccak256(toHex(JSON.stringify([factory, salt, data])));
}

/**
 * Carries out what is not yet on chain, one transaction a step, in order. May be interrupted anywhere and run again: what is there is found
 * by its address, what was sent is waited for, and a contract can't be made twice, since its address is taken.
 * @throws L1.DeploymentFailed naming the step
 */
export async function applyPlan(options: ApplyPlanOptions): Promise<JournalState> {
  const { plan, journal, onProgress, publicClient } = options;
  const state = await openJournal(options);
  for (const [index, step] of plan.steps.entries()) {
    const sent = state.steps[step.name];
    let transactionHash: Hex | undefined;
    if (sent && sent.l1Block === undefined) await waitForEarlier(publicClient, sent.transactionHash);
    if (!(await isDone(publicClient, step))) {
      try {
        const { hash, l1Block } = await carryOut(options, step, (pending) => {
          state.steps[step.name] = { transactionHash: pending };
          journal.write(state);
        });
        transactionHash = hash;
        state.steps[step.name] = { transactionHash: hash, l1Block };
        journal.write(state);
      } catch (cause) {
        throw stepFailed(options, step, index, cause);
      }
    }
    const contractName = step.kind === 'create' ? step.contractName : undefined;
    onProgress?.({
      step: index,
      stepCount: plan.steps.length,
      name: step.name,
      contractName,
      address: step.address,
      transactionHash,
    });
  }
  return state;
}

async function openJournal({ publicClient, plan, journal }: ApplyPlanOptions): Promise<JournalState> {
  const l1ChainId = await publicClient.getChainId();
  const hash = planHash(plan);
  const found = journal.read();
  const isOther = found !== undefined && (found.planHash !== hash || found.l1ChainId !== l1ChainId);
  if (isOther && Object.keys(found.steps).length > 0) {
    throw new TributaryError('L1.DeploymentConfigChanged', 'the journal is of a deployment with another config', {
      recovery: 'halt',
      metaMessages: ['give the config that it began with, or remove the journal to deploy another chain'],
    });
  }
  // A plan of which nothing was sent may still be another one.
  const fresh: JournalState = {
    version: 1,
    l1ChainId,
    factory: plan.factory,
    salt: plan.salt,
    planHash: hash,
    steps: {},
  };
  const state = found && !isOther ? found : fresh;
  journal.write(state);
  return state;
}

/** Whether a step's result is on chain. */
export async function isDone(client: PublicClient, step: DeploymentStep): Promise<boolean> {
  if (step.kind === 'call') return (await differenceOf(client, step.isDone)) === undefined;
  return (await client.getCode({ address: step.address })) !== undefined;
}

/** A transaction of a run that was interrupted: when L1 knows it, its end decides whether the step is done. */
async function waitForEarlier(client: PublicClient, hash: Hex): Promise<void> {
  try {
    await client.getTransaction({ hash });
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return;
    throw error;
  }
  await client.waitForTransactionReceipt({ hash });
}

async function carryOut(
  { publicClient, walletClient, plan }: ApplyPlanOptions,
  step: DeploymentStep,
  onSent: (hash: Hex) => void,
): Promise<{ hash: Hex; l1Block: number }> {
  const { account } = walletClient;
  const to = step.kind === 'create' ? plan.factory : step.address;
  const data = step.kind === 'create' ? create2Call(plan.salt, step.initCode) : step.data;
  const nonce = await publicClient.getTransactionCount({ address: account.address, blockTag: 'pending' });
  const gas = await gasFor(publicClient, { account: account.address, to, data });
  const chain = walletClient.chain ?? null;
  const hash = await walletClient.sendTransaction({ to, data, nonce, gas, account, chain });
  onSent(hash);
  const receipt: TransactionReceipt = await publicClient.waitForTransactionReceipt({ hash });
  // Someone may have put the very same contract there a moment before: it counts, whoever paid.
  if (receipt.status !== 'success' && !(await isDone(publicClient, step))) {
    throw new TributaryError('L1.DeploymentFailed', `the transaction ${hash} failed on L1`, { recovery: 'halt' });
  }
  return { hash: receipt.transactionHash, l1Block: Number(receipt.blockNumber) };
}

/**
 * Hardhat's estimate tries thrice the gas that was used, which from 5.6 million on is more than a transaction may have (EIP-7825), and fails.
 * So a failed estimate alone says nothing: the call itself says whether, and why, the transaction would fail.
 */
async function gasFor(client: PublicClient, call: { account: Address; to: Address; data: Hex }): Promise<bigint> {
  try {
    return await client.estimateGas(call);
  } catch {
    await client.call({ ...call, gas: TRANSACTION_GAS_LIMIT_MAX });
    return TRANSACTION_GAS_LIMIT_MAX;
  }
}

function stepFailed(options: ApplyPlanOptions, step: DeploymentStep, index: number, cause: unknown): TributaryError {
  const what = step.kind === 'create' ? `${step.name} could not be deployed` : `${step.name} could not be called`;
  return new TributaryError('L1.DeploymentFailed', `${what}: ${errorMessage(cause)}`, {
    metaMessages: [
      `deployer: ${options.walletClient.account.address}`,
      `step: ${index + 1} of ${options.plan.steps.length}`,
      'run it again: it goes on with this step',
    ],
    recovery: 'halt',
    cause,
  });
}
