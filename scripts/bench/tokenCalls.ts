import { type Address, concatBytes, fromHex, padLeft, toFixedBytes } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';

const TRANSFER = fromHex('0xa9059cbb');
const BALANCE_OF = fromHex('0x70a08231');
const SWAP = keccak256(Buffer.from('swap(bool,uint256)')).slice(0, 4);

/** Calldata of `transfer(to, amount)`. */
export function transferData(to: Address, amount: bigint): Uint8Array {
  return concatBytes(TRANSFER, padLeft(to, 32), toFixedBytes(amount, 32));
}

/** Calldata of `balanceOf(owner)`. */
export function balanceOfData(owner: Address): Uint8Array {
  return concatBytes(BALANCE_OF, padLeft(owner, 32));
}

/** Calldata of `ExamplePool.swap`. */
export function swapData(isAForB: boolean, amountIn: bigint): Uint8Array {
  return concatBytes(SWAP, toFixedBytes(isAForB ? 1 : 0, 32), toFixedBytes(amountIn, 32));
}

/** Slot of `mapping(address => …)` at `slot`. */
export function mappingSlot(key: Address, slot: number | Uint8Array): Uint8Array {
  return keccak256(concatBytes(padLeft(key, 32), typeof slot === 'number' ? toFixedBytes(slot, 32) : slot));
}
