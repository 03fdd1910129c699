import type { Hex } from 'viem';

/** calldata = slot ‖ value: SSTORE. */
export const STORE_CODE = '6020355f355500';
/** calldata = slot: returns the value. */
export const LOAD_CODE = '5f35545f5260205ff3';
/** Reverts with the first word of calldata. */
export const REVERT_CODE = '5f355f5260205ffd';
/** Jumps to where no JUMPDEST is. */
export const BAD_JUMP_CODE = '60ff56';
/** calldata = block number: returns BLOCKHASH. */
export const BLOCKHASH_CODE = '5f35405f5260205ff3';
/** Sends its balance to the caller and is marked for destruction. */
export const DESTROY_CODE = '33ff';
/** Returns CALLER. */
export const CALLER_CODE = '335f5260205ff3';
/**
 * A token without selectors: calldata = recipient ‖ amount. Balances lie at the slot that is the address; reverts without data when the
 * caller has too little; logs topic 0x11, caller, recipient with the amount as data.
 */
export const TOKEN_CODE = '6020358033548082116025570333555f3554015f35556020355f525f3533601160205fa3005b5f5ffd';

/** Init code: runs `constructorCode`, then deploys `runtime` (at most 255 bytes). */
export function initCode(runtime: string, constructorCode = ''): Hex {
  const size = byte(runtime.length / 2);
  const offset = byte(constructorCode.length / 2 + 9);
  return `0x${constructorCode}60${size}8060${offset}5f395ff3${runtime}`;
}

/** The token's constructor: 1,000,000 for the deployer. */
export const TOKEN_CONSTRUCTOR = '620f42403355';

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}
