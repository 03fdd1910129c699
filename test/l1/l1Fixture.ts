import { createPublicClient, createWalletClient, type HDAccount, http, parseEther } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { hardhat } from 'viem/chains';
import type { Logger } from '../../src/core/ports';
import { systemClock } from '../../src/core/systemClock';
import { type DeployedContracts, deployContracts } from '../../src/l1/deployment/deployContracts';
import { L1BlockReader } from '../../src/l1/l1BlockReader';
import { L1Client, type L1ClientOptions } from '../../src/l1/l1Client';
import { compiledArtifact } from '../contracts/deploySystem';

export const L1_CHAIN_ID = 31337;
export const BOND_WEI = parseEther('0.5');
export const CHALLENGE_WINDOW_SECONDS = 600;

const MNEMONIC = 'test test test test test test test test test test test junk';

/** The dev accounts by their part in tests. */
export const accounts = {
  deployer: devAccount(0),
  sequencer: devAccount(1),
  proposer: devAccount(2),
  guardian: devAccount(3),
  user: devAccount(4),
  other: devAccount(5),
};

function devAccount(addressIndex: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex });
}

/** Says nothing. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** A client that gives up fast: tests of patience are about those who use it. */
export function connect(urls: string[], overrides: Partial<L1ClientOptions> = {}): Promise<L1Client> {
  return L1Client.connect({
    urls,
    chainId: L1_CHAIN_ID,
    clock: systemClock,
    logger: silentLogger,
    roundsMax: 2,
    retryDelayMs: 10,
    ...overrides,
  });
}

/** viem's own clients, for the tests' side of things. */
export function viemClients(url: string, account: HDAccount) {
  const transport = http(url);
  return {
    publicClient: createPublicClient({ chain: hardhat, transport, pollingInterval: 20, cacheTime: 0 }),
    walletClient: createWalletClient({ chain: hardhat, transport, account }),
  };
}

/** The rollup's contracts on the L1 at `url`. */
export async function deployOn(url: string): Promise<DeployedContracts> {
  const { contracts } = await deployContracts({
    ...viemClients(url, accounts.deployer),
    config: {
      sequencer: accounts.sequencer.address,
      guardian: accounts.guardian.address,
      timelock: { minDelaySeconds: 0, proposers: [accounts.deployer.address] },
      challengeWindowSeconds: CHALLENGE_WINDOW_SECONDS,
      initBondWei: BOND_WEI,
    },
    loadArtifact: compiledArtifact,
  });
  return contracts;
}

export function readerOf(l1: L1Client, contracts: DeployedContracts): L1BlockReader {
  return new L1BlockReader(l1, { portal: contracts.portal, inbox: contracts.inbox });
}

/** Waits until `condition` holds; fails after `timeoutMs` naming `what`. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
