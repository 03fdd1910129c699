import {
  ContractFunctionExecutionError,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  type TransactionReceipt,
} from 'viem';
import {
  getL2TransactionHashes,
  getWithdrawals,
  publicActionsL1,
  publicActionsL2,
  walletActionsL1,
  walletActionsL2,
} from 'viem/op-stack';
import type { Deployment } from '../../src/chain/deployment';
import { portalAbi } from '../../src/l1/bindings/Portal';
import { devAccounts } from '../../src/node/dev/devAccounts';
import { tributaryChain, tributaryL1Chain } from '../../src/sdk/tributaryChain';
import { until } from './tributaryProcess';

/** Hardhat's estimate finds none for a call that asks for 400,000 gas of its own. */
const FINALIZE_GAS = 1_500_000n;

type Withdrawal = ReturnType<typeof getWithdrawals>[number];

/** A dev account that takes ETH from L2 to L1, step by step, by viem's op-stack actions. */
export class WithdrawalUser {
  readonly #account;
  readonly #portal: Hex;
  readonly #targetChain;
  readonly #publicL1;
  readonly #publicL2;
  readonly #walletL1;
  readonly #walletL2;

  constructor(deployment: Deployment, accountIndex: number) {
    const { account } = devAccounts(1, accountIndex)[0];
    const l1 = { chain: tributaryL1Chain(deployment), transport: http(), pollingInterval: 100, cacheTime: 0 };
    const l2 = { chain: tributaryChain(deployment), transport: http(), pollingInterval: 100, cacheTime: 0 };
    this.#account = account;
    this.#portal = deployment.rollup.contracts.portal as Hex;
    this.#targetChain = l2.chain;
    this.#publicL1 = createPublicClient(l1).extend(publicActionsL1());
    this.#publicL2 = createPublicClient(l2).extend(publicActionsL2());
    this.#walletL1 = createWalletClient({ ...l1, account }).extend(walletActionsL1());
    this.#walletL2 = createWalletClient({ ...l2, account }).extend(walletActionsL2());
  }

  /** ETH for the portal to pay out; it stays this account's on L2. */
  async deposit(mint: bigint): Promise<void> {
    const to = this.#account.address;
    const request = await this.#publicL2.buildDepositTransaction({ to, mint, account: this.#account });
    const receipt = await this.#succeed(await this.#walletL1.depositTransaction(request));
    await this.#publicL2.waitForTransactionReceipt({ hash: getL2TransactionHashes(receipt)[0] });
  }

  /** Begins a withdrawal and proves it against a claim. */
  async prove(to: Hex, value: bigint): Promise<Withdrawal> {
    const request = await this.#publicL1.buildInitiateWithdrawal({ account: this.#account, to, value });
    const initiated = await this.#walletL2.initiateWithdrawal(request);
    const receipt = await this.#publicL2.waitForTransactionReceipt({ hash: initiated });
    const targetChain = this.#targetChain;
    const { output } = await this.#publicL1.waitToProve({ receipt, targetChain });
    const [withdrawal] = getWithdrawals(receipt);
    const proof = await this.#publicL2.buildProveWithdrawal({ account: this.#account, output, withdrawal });
    await this.#succeed(await this.#walletL1.proveWithdrawal({ ...proof, targetChain }));
    return withdrawal;
  }

  /** Takes the ETH out once the rules let it go. @returns what its receiver has then, in wei */
  async finalize(withdrawal: Withdrawal): Promise<bigint> {
    const targetChain = this.#targetChain;
    // Not viem's waitToFinalize: it goes by this machine's clock, which the dev L1 runs ahead of.
    await until('the portal lets it go', () => this.#isReady(withdrawal.withdrawalHash), 60_000);
    await this.#succeed(await this.#walletL1.finalizeWithdrawal({ targetChain, withdrawal, gas: FINALIZE_GAS }));
    return this.#publicL1.getBalance({ address: withdrawal.target });
  }

  async #isReady(withdrawalHash: Hex): Promise<boolean> {
    const args = [withdrawalHash, this.#account.address] as const;
    const check = { address: this.#portal, abi: portalAbi, functionName: 'checkWithdrawal', args } as const;
    try {
      await this.#publicL1.readContract(check);
      return true;
    } catch (error) {
      if (error instanceof ContractFunctionExecutionError) return false;
      throw error;
    }
  }

  async #succeed(hash: Hex): Promise<TransactionReceipt> {
    const receipt = await this.#publicL1.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new Error(`reverted on L1: ${hash}`);
    return receipt;
  }
}
