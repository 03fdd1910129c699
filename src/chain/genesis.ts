import type { L1Origin } from '../codec/block';
import type { BlockHeader } from '../codec/header';
import { type Address, fromHex, type Hash, ZERO_HASH } from '../core/bytes';
import { addresses } from './addresses';
import type { ChainConfig } from './chainConfig';
import { type Predeploy, type PredeployOptions, predeploys } from './predeploys/predeploys';

/** An account that exists from the start. */
export interface GenesisAccount {
  address: Address;
  nonce: bigint;
  /** Wei. */
  balance: bigint;
  /** Empty for accounts without code. */
  code: Uint8Array;
  storage: { slot: Hash; value: Hash }[];
}

/** Block 0 but for the roots, which follow from the allocations (`state/genesisBlock`). */
export interface Genesis {
  header: Omit<BlockHeader, 'stateRoot' | 'transactionsRoot' | 'receiptsRoot' | 'withdrawalsRoot'>;
  l1Origin: L1Origin;
  allocations: GenesisAccount[];
}

/**
 * Genesis as it follows from the chain config and the predeploys, the same on every node.
 * Predeploys have nonce 1 (EIP-161); a configured balance at a predeploy's address is added to it.
 */
export function buildGenesis(
  config: ChainConfig,
  contracts: Pick<Predeploy, 'address' | 'code' | 'storage'>[] = predeploys(predeployOptions(config)),
): Genesis {
  const accounts = new Map<string, GenesisAccount>();
  for (const { address, code, storage } of contracts) {
    accounts.set(hexOf(address), { address, nonce: 1n, balance: 0n, code, storage });
  }
  for (const allocation of config.genesis.allocations) {
    const address = fromHex(allocation.address);
    const existing = accounts.get(hexOf(address));
    const balance = BigInt(allocation.balanceWei) + (existing?.balance ?? 0n);
    accounts.set(hexOf(address), {
      ...(existing ?? { address, nonce: 0n, code: new Uint8Array(0), storage: [] }),
      balance,
    });
  }
  return {
    header: {
      parentHash: ZERO_HASH,
      coinbase: addresses.sequencerFeeVault,
      logsBloom: new Uint8Array(256),
      number: 0,
      gasLimit: BigInt(config.gasLimit),
      gasUsed: 0n,
      timestamp: config.genesis.l2TimestampSeconds,
      prevRandao: ZERO_HASH,
      baseFeePerGas: BigInt(config.baseFee.initialWei),
      parentBeaconBlockRoot: ZERO_HASH,
    },
    l1Origin: { number: config.genesis.l1Number, hash: fromHex(config.genesis.l1Hash), sequenceNumber: 0 },
    allocations: [...accounts.values()].filter(({ nonce, balance }) => nonce > 0n || balance > 0n),
  };
}

function predeployOptions({ feeVaults, contracts }: ChainConfig): PredeployOptions {
  const { l1CrossDomainMessenger, l1StandardBridge } = contracts;
  return {
    feeVaults: feeVaults && {
      recipient: fromHex(feeVaults.recipient),
      minWithdrawalWei: BigInt(feeVaults.minWithdrawalWei),
      network: feeVaults.network,
    },
    bridge:
      l1CrossDomainMessenger && l1StandardBridge
        ? { l1CrossDomainMessenger: fromHex(l1CrossDomainMessenger), l1StandardBridge: fromHex(l1StandardBridge) }
        : undefined,
  };
}

function hexOf(address: Address): string {
  return Buffer.from(address).toString('hex');
}
