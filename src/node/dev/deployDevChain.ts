import { randomBytes } from 'node:crypto';
import { createPublicClient, createWalletClient, type Hex, http, parseEther } from 'viem';
import { addresses } from '../../chain/addresses';
import type { Deployment } from '../../chain/deployment';
import { multicall3Code } from '../../chain/predeploys/multicall3Code';
import { toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import { packagedKernelHash } from '../../kernel/kernelModule';
import type { DeployProgress } from '../../l1/deployment/applyPlan';
import { deployRollup } from '../../l1/deployment/deployRollup';
import { parseRollupFile, type RollupFile, type RollupFileInput } from '../../l1/deployment/rollupFile';
import { DEV_BALANCE_WEI, devAccounts, devSystemAccounts } from './devAccounts';

export const DEV_L2_CHAIN_ID = 31338;
/** Dev accounts that vote on the dev chain. */
const TOKEN_HOLDER_COUNT = 10;
const SYSTEM_ACCOUNT_BALANCE_WEI = parseEther('1000');
const SYSTEM_ACCOUNT_FLOOR_WEI = parseEther('10');
/** Hardhat and anvil answer within a millisecond; viem would ask every four seconds. */
const RECEIPT_POLL_MS = 50;

export interface DeployDevChainOptions {
  l1Url: string;
  /** JSON-RPC port of the L2, for the URLs in the deployment file. */
  l2Port: number;
  /** Dev accounts with 10,000 ETH on the L2. */
  accountCount: number;
  /** How long votes last. Default 10. */
  votingSeconds?: number;
  /** How long a new version of a module can be rolled back. Default 6. */
  canarySeconds?: number;
  /** Other rules than the dev chain's own, e.g. shorter windows. */
  chain?: { contracts?: Partial<RollupFileInput['contracts']>; chain?: RollupFileInput['chain'] };
  onProgress?: (progress: DeployProgress) => void;
}

/** Deploys a chain with dev-sized windows (seconds) on a dev L1: the system accounts are funded by the L1's own dev means. */
export async function deployDevChain(options: DeployDevChainOptions): Promise<Deployment> {
  const publicClient = createPublicClient({
    transport: http(options.l1Url),
    pollingInterval: RECEIPT_POLL_MS,
    cacheTime: 0,
  });
  const system = devSystemAccounts();
  await fundSystemAccounts(options.l1Url);
  await installMulticall3(options.l1Url);
  const walletClient = createWalletClient({ account: system.deployer, transport: http(options.l1Url) });
  return deployRollup({
    publicClient,
    walletClient,
    file: devRollupFile(options, await publicClient.getChainId()),
    l1Url: options.l1Url,
    // Each dev chain is a new one, also on an L1 that has seen others.
    salt: toHex(randomBytes(32)),
    onProgress: options.onProgress,
  });
}

/** What `rollup.json` would hold, with windows of seconds. */
function devRollupFile(options: DeployDevChainOptions, l1ChainId: number): RollupFile {
  const { l1Url, l2Port, accountCount, votingSeconds = 10, canarySeconds = 6, chain } = options;
  const system = devSystemAccounts();
  const input: RollupFileInput = {
    l1ChainId,
    l2ChainId: DEV_L2_CHAIN_ID,
    urls: { l1Rpc: l1Url, l2Rpc: `http://127.0.0.1:${l2Port}`, l2Ws: `ws://127.0.0.1:${l2Port}` },
    contracts: {
      sequencer: system.batcher.address,
      guardian: system.guardian.address,
      timelock: { minDelaySeconds: 1 },
      challengeWindowSeconds: 5,
      gameFinalityDelaySeconds: 2,
      proofMaturityDelaySeconds: 6,
      pauseDurationSeconds: 60,
      initBondWei: String(parseEther('0.01')),
      silencePeriodSeconds: 3_600,
      governance: devGovernance(votingSeconds, canarySeconds),
      ...chain?.contracts,
    },
    chain: {
      allocations: devAccounts(accountCount).map(({ account }) => ({
        address: account.address,
        balanceWei: String(DEV_BALANCE_WEI),
      })),
      gasLimit: 100_000_000,
      executionArtifactHash: toHex(packagedKernelHash()),
      // Tests on a dev chain may move the clock.
      timestampDriftSecondsMax: 10 * 365 * 24 * 3600,
      ...chain?.chain,
    },
  };
  return parseRollupFile(input, 'the dev chain');
}

/** Votes and upgrades within a minute: the dev accounts hold all tokens in equal parts, and the dev chain's verifier attests. */
function devGovernance(votingSeconds: number, canarySeconds: number): RollupFileInput['contracts']['governance'] {
  const allocations = devAccounts(TOKEN_HOLDER_COUNT).map(({ account }) => ({
    account: account.address,
    amount: String(parseEther('1000000')),
  }));
  return {
    token: { name: 'Tributary Dev', symbol: 'TRIBDEV', allocations },
    voting: { delaySeconds: 1, periodSeconds: votingSeconds, lateQuorumExtensionSeconds: 2 },
    delaySeconds: { module: 2, governance: 4 },
    windows: {
      exitSeconds: { parameter: 2, module: 3, governance: 4 },
      shadowSeconds: 2,
      canarySeconds,
      finalitySeconds: 4,
      rollBackHoldSeconds: 10,
      livenessGapSeconds: 3_600,
      lapseSeconds: 3_600,
    },
    shadow: { rangeBlocks: 2, rangeCount: 2 },
    attesters: {
      accounts: [devSystemAccounts().attester.address],
      bondWei: String(parseEther('1')),
      unbondSeconds: 30,
    },
    rewards: {
      perProposalWei: String(parseEther('0.1')),
      perPeriodWei: String(parseEther('1')),
      periodSeconds: 3_600,
      claimSeconds: 3_600,
    },
  };
}

/** Gives the rollup's own accounts L1 ether: by the dev node's set-balance method, or from its first unlocked dev account. */
async function fundSystemAccounts(l1Url: string): Promise<void> {
  const client = createPublicClient({ transport: http(l1Url), pollingInterval: RECEIPT_POLL_MS, cacheTime: 0 });
  const funder = createWalletClient({ account: devAccounts(1)[0].account, transport: http(l1Url) });
  for (const [name, { address }] of Object.entries(devSystemAccounts())) {
    if ((await client.getBalance({ address })) >= SYSTEM_ACCOUNT_FLOOR_WEI) continue;
    if (await setBalance(l1Url, address)) continue;
    try {
      const hash = await funder.sendTransaction({ to: address, value: SYSTEM_ACCOUNT_FLOOR_WEI, chain: null });
      await client.waitForTransactionReceipt({ hash });
    } catch (cause) {
      throw new TributaryError('Node.CannotFund', `the ${name} account ${address} has no ether on the L1`, {
        recovery: 'halt',
        metaMessages: [`tried hardhat_setBalance, anvil_setBalance and dev account 0: ${errorMessage(cause)}`],
        cause,
      });
    }
  }
}

/** Clients read several contracts at once through it; a dev L1 that begins empty lacks it. Where it can't be put, they do without. */
async function installMulticall3(l1Url: string): Promise<void> {
  const address = toHex(addresses.multicall3);
  const client = createPublicClient({ transport: http(l1Url) });
  if (!(await client.getCode({ address }))) await callDevMethod(l1Url, 'setCode', [address, multicall3Code]);
}

function setBalance(l1Url: string, address: Hex): Promise<boolean> {
  return callDevMethod(l1Url, 'setBalance', [address, `0x${SYSTEM_ACCOUNT_BALANCE_WEI.toString(16)}`]);
}

/** @returns whether the L1 has this method, as Hardhat or as anvil calls it */
async function callDevMethod(l1Url: string, method: string, params: unknown[]): Promise<boolean> {
  for (const prefix of ['hardhat', 'anvil']) {
    const response = await fetch(l1Url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: `${prefix}_${method}`, params }),
    });
    const answer = (await response.json()) as { error?: unknown };
    if (!answer.error) return true;
  }
  return false;
}
