import {
  setBalance,
  setCode,
  setNextBlockBaseFeePerGas,
  setStorageAt,
  time,
} from '@nomicfoundation/hardhat-network-helpers';
import { type ContractTransactionResponse, dataSlice, getAddress, toBeHex, toBigInt, zeroPadValue } from 'ethers';
import { ethers } from 'hardhat';
import { readCompilerArtifact } from '../../../scripts/generateBindings';
import {
  CHALLENGE_WINDOW_SECONDS,
  deploySystem,
  GAME_FINALITY_SECONDS,
  impersonated,
  PROOF_MATURITY_SECONDS,
} from '../deploySystem';
import { contractAt } from '../testContract';
import { claim, l2After, type Withdrawal } from '../withdrawals';

export const L2_MESSENGER = '0x4200000000000000000000000000000000000007';
export const L2_BRIDGE = '0x4200000000000000000000000000000000000010';
export const TOKEN_FACTORY = '0x4200000000000000000000000000000000000012';
export const MESSAGE_PASSER = '0x4200000000000000000000000000000000000016';
/** Slot of the twin's address in the L2 messenger and bridge. */
const OTHER_SIDE_SLOT = 50;

/**
 * L1 and L2 contracts on one network, with this file in the place of the rollup: deposits are executed as derivation would have it,
 * withdrawals go through a claim, a proof and the delays.
 */
export async function twoSides() {
  const system = await deploySystem();
  const { messenger, bridge, portal } = system;
  const l2 = {
    L2CrossDomainMessenger: L2_MESSENGER,
    L2StandardBridge: L2_BRIDGE,
    OptimismMintableERC20Factory: TOKEN_FACTORY,
    L2ToL1MessagePasser: MESSAGE_PASSER,
  } as const;
  for (const [name, address] of Object.entries(l2)) {
    await setCode(address, readCompilerArtifact(name as keyof typeof l2).deployedBytecode);
  }
  await setStorageAt(L2_MESSENGER, OTHER_SIDE_SLOT, zeroPadValue(await messenger.getAddress(), 32));
  await setStorageAt(L2_BRIDGE, OTHER_SIDE_SLOT, zeroPadValue(await bridge.getAddress(), 32));
  const passer = await contractAt('L2ToL1MessagePasser', MESSAGE_PASSER);
  let l2Block = 100;
  let minted = 0n;

  /** Executes the deposits of an L1 transaction on L2. @returns the L2 transactions, undefined where one failed */
  async function deliverDeposits(sent: ContractTransactionResponse, gasLimit?: bigint) {
    const receipt = await sent.wait();
    const portalAddress = await portal.getAddress();
    const results: (ContractTransactionResponse | undefined)[] = [];
    for (const log of receipt?.logs ?? []) {
      if (log.address !== portalAddress) continue;
      const event = portal.interface.parseLog(log);
      if (event?.name !== 'TransactionDeposited') continue;
      const { from, to, opaqueData } = event.args;
      const mint = toBigInt(dataSlice(opaqueData, 0, 32));
      minted += mint;
      const sender = await impersonated(from);
      await setBalance(from, mint);
      await setNextBlockBaseFeePerGas(0);
      const transaction = {
        to,
        value: toBigInt(dataSlice(opaqueData, 32, 64)),
        gasLimit: gasLimit ?? toBigInt(dataSlice(opaqueData, 64, 72)),
        data: dataSlice(opaqueData, 73),
        gasPrice: 0,
      };
      results.push(
        (await sender.sendTransaction(transaction).catch(() => undefined)) as ContractTransactionResponse | undefined,
      );
    }
    return results;
  }

  /** The withdrawals that an L2 transaction initiated. */
  async function withdrawalsOf(sent: ContractTransactionResponse): Promise<Withdrawal[]> {
    const receipt = await sent.wait();
    const logs = (receipt?.logs ?? []).filter(({ address }) => address === MESSAGE_PASSER);
    return logs.map((log) => {
      const args = passer.interface.parseLog(log)?.args;
      if (!args) throw new TypeError('not a MessagePassed');
      const { nonce, sender, target, value, gasLimit, data } = args;
      return { nonce, sender, target, value, gasLimit, data };
    });
  }

  /** Claims, proves, waits and finalizes. */
  async function deliverWithdrawal(withdrawal: Withdrawal, options: { gasLimit?: number } = {}) {
    const state = await l2After([withdrawal]);
    const index = await claim(system, state.outputRoot, l2Block++);
    const submitter = portal.connect(system.other);
    const proof = await state.proofOf(withdrawal);
    await submitter.proveWithdrawalTransaction(withdrawal, index, state.outputRootProof, proof);
    await time.increase(CHALLENGE_WINDOW_SECONDS);
    await (await contractAt('OutputClaimGame', (await system.factory.gameAtIndex(index)).proxy)).resolve();
    await time.increase(Math.max(GAME_FINALITY_SECONDS, PROOF_MATURITY_SECONDS) + 1);
    return (await submitter.finalizeWithdrawalTransaction(withdrawal, options)) as ContractTransactionResponse;
  }

  /** Makes the twin of an L1 token. */
  async function twinOf(l1Token: string) {
    const factory = await contractAt('OptimismMintableERC20Factory', TOKEN_FACTORY);
    const create = 'createOptimismMintableERC20';
    const address = await factory[create].staticCall(l1Token, 'Twin', 'TWIN');
    await factory[create](l1Token, 'Twin', 'TWIN');
    return contractAt('OptimismMintableERC20', getAddress(address));
  }

  return {
    ...system,
    l2Messenger: await contractAt('L2CrossDomainMessenger', L2_MESSENGER),
    l2Bridge: await contractAt('L2StandardBridge', L2_BRIDGE),
    deliverDeposits,
    withdrawalsOf,
    deliverWithdrawal,
    twinOf,
    /** All ETH that deposits made on L2 so far. */
    mintedOnL2: () => minted,
  };
}

/** An address nobody has used. */
export function freshAddress(index: number): string {
  return getAddress(zeroPadValue(toBeHex(0xbeef0000 + index), 20));
}

export const balanceOf = (address: string) => ethers.provider.getBalance(address);
