import { type Address, defineChain } from 'viem';
import { chainConfig } from 'viem/op-stack';
import { addresses } from '../chain/addresses';
import type { Deployment } from '../chain/deployment';
import { toHex } from '../core/bytes';

const ETHER = { name: 'Ether', symbol: 'ETH', decimals: 18 } as const;
const MULTICALL3 = { address: toHex(addresses.multicall3) } as const;

/**
 * The L2 as viem knows chains: URLs, OP Stack's formatters (deposits are transactions of type `deposit`), predeploys, and on which L1
 * contracts it stands, so that the actions of `viem/op-stack` work with it as `chain` and as `targetChain`.
 * @param deployment what `deployment.json` holds
 * @example
 * const targetChain = tributaryChain(deployment);
 * const l1 = createWalletClient({ account, chain: tributaryL1Chain(deployment), transport: http() }).extend(walletActionsL1());
 * await l1.depositTransaction({ request: { to, mint: parseEther('1'), gas: 100_000n }, targetChain });
 */
export function tributaryChain(deployment: Deployment) {
  const { l1, l2, rollup } = deployment;
  const { l1StandardBridge: bridge, l1CrossDomainMessenger: messenger } = rollup.contracts;
  const onL1 = (address: string) => ({ [l1.chainId]: { address: address as Address } });
  return defineChain({
    ...chainConfig,
    id: l2.chainId,
    name: 'Tributary',
    nativeCurrency: ETHER,
    sourceId: l1.chainId,
    rpcUrls: { default: { http: [l2.rpcUrl], webSocket: [l2.wsUrl] } },
    contracts: {
      ...chainConfig.contracts,
      multicall3: MULTICALL3,
      portal: onL1(rollup.contracts.portal),
      disputeGameFactory: onL1(rollup.contracts.disputeGameFactory),
      ...(bridge && { l1StandardBridge: onL1(bridge) }),
      ...(messenger && { l1CrossDomainMessenger: onL1(messenger) }),
      // Never called: where a portal has dispute games (version 3), outputs are the factory's. viem's types still ask for it.
      l2OutputOracle: onL1(rollup.contracts.disputeGameFactory),
    },
  });
}

/**
 * The L1 under it, for a private or dev L1 that viem has no definition of. On a public one take viem's own (`viem/chains`).
 * `getGames` and what follows from it read through Multicall3: `tributary dev` puts it on its L1. On an L1 without it, make the client
 * with `batch: { multicall: { deployless: true } }`.
 */
export function tributaryL1Chain({ l1 }: Deployment) {
  return defineChain({
    id: l1.chainId,
    name: `Tributary's L1 (${l1.chainId})`,
    nativeCurrency: ETHER,
    rpcUrls: { default: { http: [l1.rpcUrl] } },
    contracts: { multicall3: MULTICALL3 },
  });
}
