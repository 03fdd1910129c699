import type { Deployment } from '../../chain/deployment';
import { DEV_MNEMONIC, devAccounts } from './devAccounts';

/** What a person needs to begin: accounts with keys, chain ids, URLs, contract addresses. */
export function devBanner(deployment: Deployment, accountCount: number, deploymentFile: string): string {
  const accounts = devAccounts(accountCount).map(
    ({ account, privateKey }, index) => `  (${index}) ${account.address}  ${privateKey}`,
  );
  const contracts = ['inbox', 'portal', 'disputeGameFactory', 'systemConfig', 'timelock'].map(
    (name) => `  ${name.padEnd(20)} ${deployment.l1.contracts[name]}`,
  );
  return [
    '',
    `Accounts: 10,000 ETH each on L2, and on a Hardhat or anvil L1 too. Everybody knows these keys: never use them elsewhere.`,
    ...accounts,
    `  mnemonic: ${DEV_MNEMONIC}`,
    '',
    'Contracts on L1',
    ...contracts,
    `  all of them: ${deploymentFile}`,
    '',
    `L1  chain ${deployment.l1.chainId}  ${deployment.l1.rpcUrl}`,
    `L2  chain ${deployment.l2.chainId}  ${deployment.l2.rpcUrl}  ${deployment.l2.wsUrl}`,
    '',
  ].join('\n');
}
