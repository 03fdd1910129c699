import { expect } from 'chai';
import { addresses } from '../../src/chain/addresses';
import type { ChainConfig } from '../../src/chain/chainConfig';
import { buildGenesis } from '../../src/chain/genesis';
import { toHex } from '../../src/core/bytes';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(40)}`);
const config = {
  genesis: { l1Number: 1, l1Hash: `0x${'1'.repeat(64)}`, l2TimestampSeconds: 5, allocations: [] },
  gasLimit: 30_000_000,
  baseFee: { initialWei: '7', elasticity: 2, changeDenominator: 8 },
  contracts: { inbox: A, portal: A, disputeGameFactory: A },
} as unknown as ChainConfig;

function storageOf(genesis: ReturnType<typeof buildGenesis>, address: Uint8Array): string[] {
  const account = genesis.allocations.find((allocation) => toHex(allocation.address) === toHex(address));
  return (account?.storage ?? []).map(({ slot, value }) => `${BigInt(toHex(slot))}: ${toHex(value)}`);
}

describe('buildGenesis', () => {
  it('names the L1 side of the bridge and the fee vaults’ recipient as the config does', () => {
    const genesis = buildGenesis({
      ...config,
      contracts: { ...config.contracts, l1CrossDomainMessenger: B, l1StandardBridge: C },
      feeVaults: { recipient: A, minWithdrawalWei: '9', network: 'l2' },
    });
    expect(storageOf(genesis, addresses.l2CrossDomainMessenger)).to.deep.equal([
      `50: 0x${'00'.repeat(12)}${B.slice(2)}`,
    ]);
    expect(storageOf(genesis, addresses.l2StandardBridge)).to.deep.equal([`50: 0x${'00'.repeat(12)}${C.slice(2)}`]);
    for (const vault of [addresses.baseFeeVault, addresses.sequencerFeeVault, addresses.l1FeeVault]) {
      expect(storageOf(genesis, vault)).to.deep.equal([
        `0: 0x${'00'.repeat(11)}01${A.slice(2)}`,
        `1: 0x${'00'.repeat(31)}09`,
      ]);
    }
  });

  it('leaves both open where the config is silent', () => {
    const genesis = buildGenesis(config);
    for (const address of [addresses.l2CrossDomainMessenger, addresses.l2StandardBridge, addresses.baseFeeVault]) {
      expect(storageOf(genesis, address)).to.deep.equal([]);
    }
  });
});
