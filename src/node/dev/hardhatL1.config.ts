/** Configuration of the built-in dev L1 (`hardhat node`). Hardhat asks for `module.exports`. */
import { DEV_MNEMONIC } from './devAccounts';

const L1_BLOCK_INTERVAL_MS = 2_000;

module.exports = {
  solidity: '0.8.30',
  networks: {
    hardhat: {
      chainId: 31337,
      hardfork: 'osaka',
      accounts: { mnemonic: DEV_MNEMONIC, count: 20, accountsBalance: (10_000n * 10n ** 18n).toString() },
      // Transactions are mined at once; empty blocks keep the L1's clock going for windows counted in L1 blocks.
      mining: { auto: true, interval: L1_BLOCK_INTERVAL_MS },
      // Else every block would be a second later than the one before, and the 60 blocks of a deployment would put this clock a minute ahead of its users', who wait
      // for windows by their own (viem's waitToFinalize).
      allowBlocksWithSameTimestamp: true,
      loggingEnabled: false,
    },
  },
};
