import { type Address, fromHex, toFixedBytes } from '../../src/core/bytes';
import { readArtifact } from './artifact';
import type { BenchContract } from './benchChain';
import { mappingSlot } from './tokenCalls';

export const TOKEN_ADDRESS: Address = fromHex('0x70ce000000000000000000000000000000000001');
const BALANCE = toFixedBytes(10n ** 20n, 32);
/** OpenZeppelin's ERC20: `_balances`, `_allowances`. */
const BALANCES_SLOT = 0;
const ALLOWANCES_SLOT = 1;

/** ExampleToken in genesis, with a balance for each owner. */
export function tokenContract(
  owners: Address[],
  address = TOKEN_ADDRESS,
  approved: { owners: Address[]; spender: Address } = { owners: [], spender: address },
): BenchContract {
  return {
    address,
    code: readArtifact('ExampleToken').runtimeCode,
    storage: [
      ...owners.map((owner) => ({ slot: mappingSlot(owner, BALANCES_SLOT), value: BALANCE })),
      ...approved.owners.map((owner) => ({
        slot: mappingSlot(approved.spender, mappingSlot(owner, ALLOWANCES_SLOT)),
        value: BALANCE,
      })),
    ],
  };
}
