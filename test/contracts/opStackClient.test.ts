import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import hre from 'hardhat';
import {
  type Address,
  createPublicClient,
  createWalletClient,
  custom,
  decodeEventLog,
  defineChain,
  encodeAbiParameters,
  keccak256,
  parseEther,
  toHex,
} from 'viem';
import { hardhat } from 'viem/chains';
import { getL2TransactionHashes, publicActionsL1, walletActionsL1 } from 'viem/op-stack';
import { disputeGameFactoryAbi } from '../../src/l1/bindings/DisputeGameFactory';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { OUTPUT_CLAIM_GAME_TYPE } from '../../src/l1/deployment/contractsConfig';
import { BOND_WEI, deploySystem } from './deploySystem';

const TO = '0x00000000000000000000000000000000000000A1';

async function deployForClient() {
  const system = await deploySystem();
  const { portal, disputeGameFactory } = system.deployment.contracts;
  const targetChain = defineChain({
    id: 31338,
    name: 'Tributary',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
    contracts: {
      portal: { [hardhat.id]: { address: portal } },
      disputeGameFactory: { [hardhat.id]: { address: disputeGameFactory } },
    },
  });
  const shared = { chain: hardhat, transport: custom(hre.network.provider), pollingInterval: 10, cacheTime: 0 };
  // The network has no Multicall3: viem carries its code along with the call.
  const publicClient = createPublicClient({ ...shared, batch: { multicall: { deployless: true } } }).extend(
    publicActionsL1(),
  );
  const account = system.stranger.address as Address;
  const walletClient = createWalletClient({ ...shared, account }).extend(walletActionsL1());
  const claim = async (l2BlockNumber: bigint) => {
    const hash = await walletClient.writeContract({
      address: disputeGameFactory,
      abi: disputeGameFactoryAbi,
      functionName: 'create',
      args: [
        OUTPUT_CLAIM_GAME_TYPE,
        keccak256(toHex(l2BlockNumber)),
        encodeAbiParameters([{ type: 'uint256' }], [l2BlockNumber]),
      ],
      value: BOND_WEI,
    });
    await publicClient.waitForTransactionReceipt({ hash });
  };
  return { ...system, targetChain, publicClient, walletClient, account, claim };
}

describe('viem/op-stack on these contracts', () => {
  it('deposits, and knows the hash of the L2 transaction', async () => {
    const { publicClient, walletClient, targetChain, account } = await loadFixture(deployForClient);
    const mint = parseEther('1');
    const request = { to: TO, mint, value: mint / 2n, gas: 100_000n, data: '0xc0ffee' } as const;
    const hash = await walletClient.depositTransaction({ request, targetChain });
    const receipt = await publicClient.waitForTransactionReceipt({ hash });
    const { eventName, args } = decodeEventLog({ abi: portalAbi, ...receipt.logs[0] });
    expect(eventName).to.equal('TransactionDeposited');
    expect(args).to.deep.include({ from: account, to: TO, version: 0n });
    expect(getL2TransactionHashes(receipt)).to.have.length(1);
  });

  it('takes the portal for one with dispute games', async () => {
    const { publicClient, targetChain } = await loadFixture(deployForClient);
    expect(await publicClient.getPortalVersion({ targetChain })).to.deep.equal({ major: 3, minor: 0, patch: 0 });
  });

  it('finds games, the one that covers a block, and its output root', async () => {
    const { publicClient, targetChain, claim } = await loadFixture(deployForClient);
    for (const block of [10n, 20n, 30n]) await claim(block);
    const games = await publicClient.getGames({ targetChain });
    expect(games.map(({ l2BlockNumber }) => l2BlockNumber)).to.deep.equal([30n, 20n, 10n]);
    const covering = await publicClient.getGames({ targetChain, l2BlockNumber: 15n });
    expect(covering.map(({ index }) => index)).to.deep.equal([2n, 1n]);
    const game = await publicClient.getGame({ targetChain, l2BlockNumber: 25n, strategy: 'latest' });
    expect(game.rootClaim).to.equal(keccak256(toHex(30n)));
    const output = await publicClient.getL2Output({ targetChain, l2BlockNumber: 30n });
    expect(output).to.deep.include({ outputRoot: keccak256(toHex(30n)), l2BlockNumber: 30n, outputIndex: 2n });
  });

  it('says that no game covers a block that is too new', async () => {
    const { publicClient, targetChain, claim } = await loadFixture(deployForClient);
    await claim(10n);
    const error = await publicClient.getGame({ targetChain, l2BlockNumber: 11n }).catch((thrown) => thrown);
    expect(error).to.have.property('name', 'GameNotFoundError');
  });
});
