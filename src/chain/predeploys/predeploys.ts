import type { Hex } from 'viem';
import { type Address, concatBytes, fromHex, type Hash, toFixedBytes } from '../../core/bytes';
import { addresses } from '../addresses';
import { baseFeeVaultCode } from './baseFeeVaultCode';
import { beaconRootsCode } from './beaconRootsCode';
import { create2DeployerCode } from './create2DeployerCode';
import { gasPriceOracleCode } from './gasPriceOracleCode';
import { historyStorageCode } from './historyStorageCode';
import { l1BlockCode } from './l1BlockCode';
import { l1FeeVaultCode } from './l1FeeVaultCode';
import { l2CrossDomainMessengerCode } from './l2CrossDomainMessengerCode';
import { l2StandardBridgeCode } from './l2StandardBridgeCode';
import { l2ToL1MessagePasserCode } from './l2ToL1MessagePasserCode';
import { multicall3Code } from './multicall3Code';
import { optimismMintableERC20FactoryCode } from './optimismMintableERC20FactoryCode';
import { permit2Code } from './permit2Code';
import { sequencerFeeVaultCode } from './sequencerFeeVaultCode';

/** A contract that is in the L2 state from genesis on. Its nonce is 1 (EIP-161), its balance 0. */
export interface Predeploy {
  name: string;
  address: Address;
  /** Runtime code. */
  code: Uint8Array;
  /** Non-zero slots. */
  storage: { slot: Hash; value: Hash }[];
}

/** Where a fee vault pays to. */
export interface FeeVaultConfig {
  recipient: Address;
  minWithdrawalWei: bigint;
  network: 'l1' | 'l2';
}

export interface PredeployOptions {
  /** Without it `withdraw()` of the vaults fails and the fees stay there. */
  feeVaults?: FeeVaultConfig;
  /** The L1 side of the bridge. Without it nothing crosses by messenger and bridge, only by the portal and the message passer. */
  bridge?: { l1CrossDomainMessenger: Address; l1StandardBridge: Address };
}

/** All predeploys, in a fixed order. Deterministic: the same options give the same genesis. */
export function predeploys(options: PredeployOptions = {}): Predeploy[] {
  const vaultStorage = options.feeVaults ? feeVaultStorage(options.feeVaults) : [];
  return [
    predeploy('L1Block', addresses.l1Block, l1BlockCode),
    predeploy('L2ToL1MessagePasser', addresses.l2ToL1MessagePasser, l2ToL1MessagePasserCode),
    predeploy('GasPriceOracle', addresses.gasPriceOracle, gasPriceOracleCode),
    predeploy('BaseFeeVault', addresses.baseFeeVault, baseFeeVaultCode, vaultStorage),
    predeploy('SequencerFeeVault', addresses.sequencerFeeVault, sequencerFeeVaultCode, vaultStorage),
    predeploy('L1FeeVault', addresses.l1FeeVault, l1FeeVaultCode, vaultStorage),
    predeploy(
      'L2CrossDomainMessenger',
      addresses.l2CrossDomainMessenger,
      l2CrossDomainMessengerCode,
      otherSideStorage(options.bridge?.l1CrossDomainMessenger),
    ),
    predeploy(
      'L2StandardBridge',
      addresses.l2StandardBridge,
      l2StandardBridgeCode,
      otherSideStorage(options.bridge?.l1StandardBridge),
    ),
    predeploy('OptimismMintableERC20Factory', addresses.optimismMintableErc20Factory, optimismMintableERC20FactoryCode),
    predeploy('Multicall3', addresses.multicall3, multicall3Code),
    predeploy('Create2Deployer', addresses.create2Deployer, create2DeployerCode),
    predeploy('Permit2', addresses.permit2, permit2Code),
    predeploy('BeaconRoots', addresses.beaconRoots, beaconRootsCode),
    predeploy('HistoryStorage', addresses.historyStorage, historyStorageCode),
  ];
}

function predeploy(name: string, address: Address, code: Hex, storage: Predeploy['storage'] = []): Predeploy {
  return { name, address, code: fromHex(code), storage };
}

/** Slot 50 of L2CrossDomainMessenger.sol and L2StandardBridge.sol: their twin on L1. */
function otherSideStorage(address: Address | undefined): Predeploy['storage'] {
  return address ? [{ slot: toFixedBytes(50, 32), value: concatBytes(new Uint8Array(12), address) }] : [];
}

/** Slots 0 and 1 of contracts/l2/FeeVault.sol: network (byte 11) ‖ recipient (bytes 12 to 31); least amount. */
function feeVaultStorage({ recipient, minWithdrawalWei, network }: FeeVaultConfig): Predeploy['storage'] {
  const networkByte = network === 'l2' ? 1 : 0;
  const slots = [
    concatBytes(new Uint8Array(11), toFixedBytes(networkByte, 1), recipient),
    toFixedBytes(minWithdrawalWei, 32),
  ];
  return slots
    .map((value, index) => ({ slot: toFixedBytes(index, 32), value }))
    .filter(({ value }) => value.some((byte) => byte !== 0));
}
