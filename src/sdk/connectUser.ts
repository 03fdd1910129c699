import { createPublicClient, createWalletClient, http, type LocalAccount } from 'viem';
import { publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2 } from 'viem/op-stack';
import type { Deployment } from '../chain/deployment';
import { tributaryChain, tributaryL1Chain } from './tributaryChain';

const POLLING_INTERVAL_MS = 500;

/** Clients of both chains for one account, with the actions of `viem/op-stack`. Opens no connection until it is used. */
export function connectUser(deployment: Deployment, account: LocalAccount) {
  const targetChain = tributaryChain(deployment);
  const shared = { transport: http(), pollingInterval: POLLING_INTERVAL_MS, cacheTime: 0 } as const;
  // An L1 need not have Multicall3: viem carries its code along with the call.
  const l1 = { ...shared, chain: tributaryL1Chain(deployment), batch: { multicall: { deployless: true } } } as const;
  const l2 = { ...shared, chain: targetChain };
  return {
    targetChain,
    account,
    publicL1: createPublicClient(l1).extend(publicActionsL1()),
    walletL1: createWalletClient({ ...l1, account }).extend(walletActionsL1()),
    publicL2: createPublicClient(l2).extend(publicActionsL2()),
    walletL2: createWalletClient({ ...l2, account }).extend(walletActionsL2()),
  };
}

export type ConnectedUser = ReturnType<typeof connectUser>;
