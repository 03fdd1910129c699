import type { Hex } from 'viem';

/**
 * Runtime code of the deterministic deployer (public domain), 69 bytes: CREATE2 with calldata = salt (32 bytes) ‖ init code. The test
 * recovers its address from the keyless transaction that deploys it.
 */
export const create2DeployerCode: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';
