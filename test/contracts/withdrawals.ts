import { createMerkleProof, createMPT, type MerklePatriciaTrie } from '@ethereumjs/mpt';
import { AbiCoder, getBytes, hexlify, keccak256, toBeHex, ZeroHash } from 'ethers';
import { BOND_WEI, type deploySystem } from './deploySystem';

const abi = AbiCoder.defaultAbiCoder();

/** `IWithdrawals.WithdrawalTransaction`. */
export interface Withdrawal {
  nonce: bigint;
  sender: string;
  target: string;
  value: bigint;
  gasLimit: bigint;
  data: string;
}

/** `IWithdrawals.OutputRootProof`. */
export interface OutputRootProof {
  version: string;
  stateRoot: string;
  messagePasserStorageRoot: string;
  latestBlockhash: string;
}

export function hashWithdrawal({ nonce, sender, target, value, gasLimit, data }: Withdrawal): string {
  return keccak256(
    abi.encode(
      ['uint256', 'address', 'address', 'uint256', 'uint256', 'bytes'],
      [nonce, sender, target, value, gasLimit, data],
    ),
  );
}

/** Slot of `L2ToL1MessagePasser.sentMessages[withdrawalHash]`. */
export function sentMessageSlot(withdrawalHash: string): string {
  return keccak256(abi.encode(['bytes32', 'uint256'], [withdrawalHash, 0]));
}

/** A storage trie with each slot set to 1. */
export async function storageTrie(slots: string[]): Promise<MerklePatriciaTrie> {
  const trie = await createMPT({ useKeyHashing: true });
  for (const slot of slots) await trie.put(getBytes(slot), Uint8Array.of(1));
  return trie;
}

export async function storageProof(trie: MerklePatriciaTrie, slot: string): Promise<string[]> {
  return (await createMerkleProof(trie, getBytes(slot))).map((node) => hexlify(node));
}

/** What L2 would be after these withdrawals: its output root and the means to prove each. */
export async function l2After(withdrawals: Withdrawal[]) {
  const filler = Array.from({ length: 40 }, (_, index) => keccak256(toBeHex(index + 1)));
  const trie = await storageTrie([...filler, ...withdrawals.map((w) => sentMessageSlot(hashWithdrawal(w)))]);
  const outputRootProof: OutputRootProof = {
    version: ZeroHash,
    stateRoot: keccak256('0x01'),
    messagePasserStorageRoot: hexlify(trie.root()),
    latestBlockhash: keccak256('0x02'),
  };
  return {
    outputRootProof,
    outputRoot: hashOutputRootProof(outputRootProof),
    proofOf: (withdrawal: Withdrawal) => storageProof(trie, sentMessageSlot(hashWithdrawal(withdrawal))),
  };
}

export function hashOutputRootProof(proof: OutputRootProof): string {
  return keccak256(abi.encode(Array(4).fill('bytes32'), Object.values(proof)));
}

/** Claims an output root. @returns the game's index */
export async function claim(
  { factory }: Pick<Awaited<ReturnType<typeof deploySystem>>, 'factory'>,
  outputRoot: string,
  l2Block = 42,
): Promise<bigint> {
  await factory.create(1000, outputRoot, abi.encode(['uint256'], [l2Block]), { value: BOND_WEI });
  return ((await factory.gameCount()) as bigint) - 1n;
}
