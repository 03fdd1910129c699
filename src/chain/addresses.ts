import { fromHex } from '../core/bytes';

/** The L2's fixed addresses (20 bytes each), at OP Stack's places so that its clients find them. */
export const addresses = {
  /** Sender of the L1 attributes deposit; has no key. */
  depositor: fromHex('0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001'),
  l1Block: fromHex('0x4200000000000000000000000000000000000015'),
  l2ToL1MessagePasser: fromHex('0x4200000000000000000000000000000000000016'),
  gasPriceOracle: fromHex('0x420000000000000000000000000000000000000f'),
  sequencerFeeVault: fromHex('0x4200000000000000000000000000000000000011'),
  baseFeeVault: fromHex('0x4200000000000000000000000000000000000019'),
  l1FeeVault: fromHex('0x420000000000000000000000000000000000001a'),
  l2CrossDomainMessenger: fromHex('0x4200000000000000000000000000000000000007'),
  l2StandardBridge: fromHex('0x4200000000000000000000000000000000000010'),
  optimismMintableErc20Factory: fromHex('0x4200000000000000000000000000000000000012'),
  multicall3: fromHex('0xca11bde05977b3631167028862be2a173976ca11'),
  create2Deployer: fromHex('0x4e59b44847b379578588920ca78fbf26c0b4956c'),
  permit2: fromHex('0x000000000022d473030f116ddee9f6b43ac78ba3'),
  /** EIP-4788. */
  beaconRoots: fromHex('0x000f3df6d732807ef1319fb7b8bb8522d0beac02'),
  /** EIP-2935. */
  historyStorage: fromHex('0x0000f90827f1c53a10cb7a02335b175320002935'),
  /** Caller of the system calls of EIP-4788 and EIP-2935. */
  systemCaller: fromHex('0xfffffffffffffffffffffffffffffffffffffffe'),
} as const;
