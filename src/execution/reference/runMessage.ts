import { EVMError, type EVMResult } from '@ethereumjs/evm';
import { Address as EvmAddress } from '@ethereumjs/util';
import { EMPTY_CODE_HASH } from '../../codec/header';
import type { Log } from '../../codec/receipt';
import type { AccessListEntry, Authorization } from '../../codec/transaction';
import { type Address, concatBytes, EMPTY_BYTES, equalBytes, fromHex, type Hash, toHex } from '../../core/bytes';
import { recoverAuthority } from '../recoverAuthority';
import { EXISTING_AUTHORITY_REFUND_GAS, floorGas, intrinsicGas } from '../transactionGas';
import { delegationTarget } from '../transactionRules';
import type { EvmBlock, EvmInstance } from './evmPool';

/** A transaction, deposit or call once it is decided that it runs: its gas is bought and its sender can pay the value. */
export interface Message {
  from: Address;
  to: Address | undefined;
  value: bigint;
  data: Uint8Array;
  /** At least the intrinsic gas. */
  gasLimit: bigint;
  gasPrice: bigint;
  accessList: AccessListEntry[];
  authorizationList: Authorization[];
  /** What BLOBHASH shows; none on the L2. */
  blobVersionedHashes?: Hash[];
}

export interface MessageResult {
  outcome: 'success' | 'revert' | 'halt';
  output: Uint8Array;
  /** With intrinsic gas, refunds taken off, at least the calldata floor. */
  gasUsed: bigint;
  haltReason: string | undefined;
  logs: Log[];
  /** To be removed by `finishTransaction`: created and destroyed in this transaction (EIP-6780). */
  destroyed: Address[];
}

/**
 * Runs a message: access list, nonce, delegations, execution, refund. Fees are the caller's business, before and after; then
 * `finishTransaction`.
 */
export async function runMessage(instance: EvmInstance, block: EvmBlock, message: Message): Promise<MessageResult> {
  const { evm, state } = instance;
  warmUp(instance, block, message);
  instance.recorder?.access(message.from);
  const sender = state.account(message.from);
  state.setAccount(message.from, {
    nonce: (sender?.nonce ?? 0n) + 1n,
    balance: sender?.balance ?? 0n,
    codeHash: sender?.codeHash ?? EMPTY_CODE_HASH,
  });
  let refund = applyAuthorizations(instance, message.authorizationList);
  const intrinsic = intrinsicGas(message);
  const { execResult }: EVMResult = await evm.runCall({
    block,
    gasPrice: message.gasPrice,
    caller: new EvmAddress(message.from),
    to: message.to && new EvmAddress(message.to),
    value: message.value,
    data: message.data,
    gasLimit: message.gasLimit - intrinsic,
    blobVersionedHashes: message.blobVersionedHashes?.map(toHex),
    skipNonceIncrement: true,
  });
  refund += execResult.gasRefund ?? 0n;
  let gasUsed = intrinsic + execResult.executionGasUsed;
  const refundMax = gasUsed / 5n; // EIP-3529
  gasUsed -= refund < refundMax ? refund : refundMax;
  const floor = floorGas(message, instance.fork);
  if (gasUsed < floor) gasUsed = floor;
  const error = execResult.exceptionError?.error;
  return {
    outcome: error === undefined ? 'success' : error === EVMError.errorMessages.REVERT ? 'revert' : 'halt',
    output: error === undefined || error === EVMError.errorMessages.REVERT ? execResult.returnValue : EMPTY_BYTES,
    gasUsed,
    haltReason: error === undefined || error === EVMError.errorMessages.REVERT ? undefined : haltReason(error),
    logs: (execResult.logs ?? []).map(([address, topics, data]) => ({ address, topics, data })),
    destroyed: [...(execResult.selfdestruct?.keys() ?? [])]
      .filter((hex) => execResult.createdAddresses?.has(hex))
      .map(fromHex),
  };
}

/** Removes destroyed and touched empty accounts (EIP-161) and makes the state ready for the next transaction. */
export async function finishTransaction({ evm, state }: EvmInstance, destroyed: Address[]): Promise<void> {
  for (const address of destroyed) await evm.journal.deleteAccount(new EvmAddress(address));
  await evm.journal.cleanup();
  evm.transientStorage.clear();
  state.endTransaction();
}

/** Adds to a balance; nothing happens for 0, so that no empty account comes into being. */
export function credit({ state }: EvmInstance, address: Address, amount: bigint): void {
  if (amount === 0n) return;
  const account = state.account(address);
  state.setAccount(address, {
    nonce: account?.nonce ?? 0n,
    balance: (account?.balance ?? 0n) + amount,
    codeHash: account?.codeHash ?? EMPTY_CODE_HASH,
  });
}

/** EIP-2929, 2930, 3651. */
function warmUp({ evm }: EvmInstance, block: EvmBlock, message: Message): void {
  const { journal } = evm;
  for (const address of evm.precompiles.keys()) journal.addAlwaysWarmAddress(address);
  journal.addAlwaysWarmAddress(toHex(message.from));
  if (message.to) journal.addAlwaysWarmAddress(toHex(message.to));
  journal.addAlwaysWarmAddress(block.header.coinbase.toString());
  for (const { address, storageKeys } of message.accessList) {
    journal.addAlwaysWarmAddress(toHex(address));
    for (const key of storageKeys) journal.addAlwaysWarmSlot(toHex(address), toHex(key));
  }
}

/** EIP-7702: writes the delegations that are valid and returns the gas refund. */
function applyAuthorizations({ evm, state, chainId, recorder }: EvmInstance, authorizations: Authorization[]): bigint {
  let refund = 0n;
  for (const authorization of authorizations) {
    const authority = recoverAuthority(authorization, chainId);
    if (!authority) continue;
    evm.journal.addAlwaysWarmAddress(toHex(authority));
    recorder?.access(authority);
    const account = state.account(authority);
    const code = account ? state.code(account.codeHash) : EMPTY_BYTES;
    if (code.length > 0 && !delegationTarget(code)) continue;
    if ((account?.nonce ?? 0n) !== authorization.nonce) continue;
    if (account) refund += EXISTING_AUTHORITY_REFUND_GAS;
    const clears = equalBytes(authorization.address, new Uint8Array(20));
    state.setAccount(authority, {
      nonce: authorization.nonce + 1n,
      balance: account?.balance ?? 0n,
      codeHash: account?.codeHash ?? EMPTY_CODE_HASH,
    });
    state.setCode(
      authority,
      clears ? EMPTY_BYTES : concatBytes(Uint8Array.of(0xef, 0x01, 0x00), authorization.address),
    );
  }
  return refund;
}

/** geth's words where the library has others. */
function haltReason(error: string): string {
  // The library appends where it was.
  if (error.startsWith(EVMError.errorMessages.INVALID_JUMP)) return 'invalid jump destination';
  switch (error) {
    case EVMError.errorMessages.STATIC_STATE_CHANGE:
      return 'write protection';
    case EVMError.errorMessages.CREATE_COLLISION:
      return 'contract address collision';
    case EVMError.errorMessages.CODESIZE_EXCEEDS_MAXIMUM:
      return 'max code size exceeded';
    case EVMError.errorMessages.INVALID_BYTECODE_RESULT:
      return 'invalid code: must not begin with 0xef';
    default:
      return error;
  }
}
