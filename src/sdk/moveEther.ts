import type { Address, Hash, TransactionReceipt } from 'viem';
import { type GetWithdrawalStatusReturnType, getL2TransactionHashes, getWithdrawals } from 'viem/op-stack';
import { TributaryError } from '../core/errors';
import type { ConnectedUser, ConnectedViewer } from './connectUser';

const STATUS_POLL_MS = 1_000;

/** Deposits ETH and waits until it has arrived. @returns the transactions on L1 and L2 @throws Sdk.TransactionFailed */
export async function depositEther(user: ConnectedUser, to: Address, amountWei: bigint) {
  const { publicL1, publicL2, walletL1, account } = user;
  const request = await publicL2.buildDepositTransaction({ account, to, mint: amountWei });
  const l1Hash = await walletL1.depositTransaction(request);
  const [l2Hash] = getL2TransactionHashes(succeeded(await publicL1.waitForTransactionReceipt({ hash: l1Hash })));
  succeeded(await publicL2.waitForTransactionReceipt({ hash: l2Hash }));
  return { l1Hash, l2Hash };
}

/** Starts a withdrawal on L2. @returns the L2 transaction, by which it goes on @throws Sdk.TransactionFailed */
export async function initiateEtherWithdrawal(user: ConnectedUser, to: Address, amountWei: bigint): Promise<Hash> {
  const { publicL1, publicL2, walletL2, account } = user;
  const request = await publicL1.buildInitiateWithdrawal({ account, to, value: amountWei });
  const hash = await walletL2.initiateWithdrawal(request);
  succeeded(await publicL2.waitForTransactionReceipt({ hash }));
  return hash;
}

/** How far the withdrawal of an L2 transaction is. */
export async function withdrawalStatus(
  { publicL1, publicL2, targetChain }: ConnectedViewer,
  l2Hash: Hash,
): Promise<GetWithdrawalStatusReturnType> {
  const receipt = await publicL2.getTransactionReceipt({ hash: l2Hash });
  return publicL1.getWithdrawalStatus({ receipt, targetChain });
}

/**
 * Takes a withdrawal from where it is to its end: waits for an output root, proves, waits, finalizes. May be stopped and run again.
 * @param onStatus told each new status
 * @throws Sdk.TransactionFailed
 */
export async function completeWithdrawal(
  user: ConnectedUser,
  l2Hash: Hash,
  onStatus: (status: GetWithdrawalStatusReturnType) => void = () => undefined,
): Promise<void> {
  const { publicL1, publicL2, walletL1, targetChain, account } = user;
  const receipt = await publicL2.getTransactionReceipt({ hash: l2Hash });
  let last: GetWithdrawalStatusReturnType | undefined;
  for (;;) {
    const status = await publicL1.getWithdrawalStatus({ receipt, targetChain });
    if (status !== last) onStatus(status);
    last = status;
    if (status === 'finalized') return;
    const [withdrawal] = getWithdrawals(receipt);
    if (status === 'ready-to-prove') {
      const { output } = await publicL1.waitToProve({ receipt, targetChain });
      const proof = await publicL2.buildProveWithdrawal({ account, output, withdrawal });
      const hash = await walletL1.proveWithdrawal({ ...proof, targetChain });
      succeeded(await publicL1.waitForTransactionReceipt({ hash }));
    } else if (status === 'ready-to-finalize') {
      const hash = await walletL1.finalizeWithdrawal({ targetChain, withdrawal });
      succeeded(await publicL1.waitForTransactionReceipt({ hash }));
    } else {
      await new Promise((resolve) => setTimeout(resolve, STATUS_POLL_MS));
    }
  }
}

function succeeded(receipt: TransactionReceipt): TransactionReceipt {
  if (receipt.status === 'success') return receipt;
  throw new TributaryError('Sdk.TransactionFailed', `the transaction ${receipt.transactionHash} failed`, {
    recovery: 'reject',
  });
}
