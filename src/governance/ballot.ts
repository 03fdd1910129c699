import type { Address, Hex } from 'viem';

/** A vote that anybody may bring to L1: `Governor.castVoteBySig` (OpenZeppelin 5). */
export interface SignedVote {
  proposalId: bigint;
  /** 0 against, 1 for, 2 abstain. */
  support: number;
  voter: Address;
  /** Of the governor, for the voter. */
  nonce: bigint;
  /** 65 bytes, EIP-712 over the other fields. */
  signature: Hex;
}

/** What is signed, as EIP-712 typed data for `signTypedData`. */
export function ballotTypedData(
  vote: Omit<SignedVote, 'signature'>,
  { chainId, governor }: { chainId: number; governor: Address },
) {
  const { proposalId, support, voter, nonce } = vote;
  return {
    domain: { name: 'TributaryGovernor', version: '1', chainId, verifyingContract: governor },
    types: {
      Ballot: [
        { name: 'proposalId', type: 'uint256' },
        { name: 'support', type: 'uint8' },
        { name: 'voter', type: 'address' },
        { name: 'nonce', type: 'uint256' },
      ],
    },
    primaryType: 'Ballot',
    message: { proposalId, support, voter, nonce },
  } as const;
}
