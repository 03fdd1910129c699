import { createPublicClient, createWalletClient, http, type LocalAccount } from 'viem';
import { publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2 } from 'viem/op-stack';
import type { Deployment } from '../chain/deployment';
import { tributaryChain, tributaryL1Chain } from './tributaryChain';

const POLLING_INTERVAL_MS = 500;

function chainsOf(deployment: Deployment) {
  const shared = { transport: http(), pollingInterval: POLLING_INTERVAL_MS, cacheTime: 0 } as const;
  // An L1 need not have Multicall3: viem carries its code along with the call.
  const l1 = { ...shared, chain: tributaryL1Chain(deployment), batch: { multicall: { deployless: true } } } as const;
  return { l1, l2: { ...shared, chain: tributaryChain(deployment) } };
}

/** Clients of both chains for whoever only looks, with the actions of `viem/op-stack`. Opens no connection until it is used. */
export function connectViewer(deployment: Deployment) {
  const { l1, l2 } = chainsOf(deployment);
  return {
    targetChain: l2.chain,
    publicL1: createPublicClient(l1).extend(publicActionsL1()),
    publicL2: createPublicClient(l2).extend(publicActionsL2()),
  };
}

/** As `connectViewer`, and what signs for one account. */
export function connectUser(deployment: Deployment, account: LocalAccount) {
  const { l1, l2 } = chainsOf(deployment);
  return {
    ...connectViewer(deployment),
    account,
    walletL1: createWalletClient({ ...l1, account }).extend(walletActionsL1()),
    walletL2: createWalletClient({ ...l2, account }).extend(walletActionsL2()),
  };
}

export type ConnectedViewer = ReturnType<typeof connectViewer>;
export type ConnectedUser = ReturnType<typeof connectUser>;
