import { CallQueue } from './callQueue';
import type { RpcDependencies } from './dependencies';
import { FilterStore } from './filterStore';
import type { RpcLimits } from './limits';
import type { MethodGroup } from './method';
import { devMethods } from './methods/dev';
import { accountMethods } from './methods/ethAccounts';
import { blockMethods } from './methods/ethBlocks';
import { feeMethods } from './methods/ethFees';
import { logMethods } from './methods/ethLogs';
import { stateMethods } from './methods/ethState';
import { submissionMethods, transactionMethods } from './methods/ethTransactions';
import { netMethods } from './methods/net';
import { subscriptionMethods } from './methods/subscriptions';
import { tributaryMethods } from './methods/tributary';
import { txpoolMethods } from './methods/txpool';
import { relayMethods, upgradeMethods } from './methods/upgrades';
import { web3Methods } from './methods/web3';

/** Every method that these dependencies allow. `stop` ends what the groups run by themselves. */
export function methodTable(given: RpcDependencies, limits: RpcLimits): { groups: MethodGroup[]; stop: () => void } {
  const executor = new CallQueue(given.executor, given.clock, limits);
  const dependencies = { ...given, executor };
  const { mempool, submitter, dev, upgrades, relay } = dependencies;
  const filters = new FilterStore(dependencies, limits);
  const groups = [
    blockMethods(dependencies),
    transactionMethods(dependencies),
    stateMethods(dependencies, limits),
    feeMethods(dependencies, limits),
    logMethods(dependencies, filters, limits),
    accountMethods(dependencies, limits),
    subscriptionMethods(dependencies, limits),
    netMethods(dependencies),
    web3Methods(dependencies),
    tributaryMethods(dependencies, limits),
  ];
  if (submitter) groups.push(submissionMethods({ ...dependencies, submitter }, limits));
  if (mempool) groups.push(txpoolMethods(mempool, limits));
  if (upgrades) groups.push(upgradeMethods(upgrades));
  if (relay) groups.push(relayMethods(relay));
  if (dev) groups.push(devMethods(dev));
  return { groups, stop: () => filters.close() };
}
