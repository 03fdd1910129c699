/** Configuration of a fork of the L1, on which proposals are tried (`hardhat node`). Hardhat asks for `module.exports`. */
module.exports = {
  solidity: '0.8.30',
  networks: {
    hardhat: {
      chainId: Number(process.env.TRIBUTARY_FORK_CHAIN_ID),
      hardfork: 'osaka',
      // Without a number Hardhat forks 128 blocks behind the head of a chain that it does not know.
      forking: { url: process.env.TRIBUTARY_FORK_URL, blockNumber: Number(process.env.TRIBUTARY_FORK_BLOCK) },
      accounts: [],
      // Only calls that are made on purpose change anything.
      mining: { auto: true, interval: 0 },
      loggingEnabled: false,
    },
  },
};
