/** Configuration of a fork of the L1, on which proposals are tried (`hardhat node`). Hardhat asks for `module.exports`. */
module.exports = {
  solidity: '0.8.30',
  networks: {
    hardhat: {
      chainId: Number(process.env.TRIBUTARY_FORK_CHAIN_ID),
      hardfork: 'osaka',
      forking: { url: process.env.TRIBUTARY_FORK_URL },
      accounts: [],
      // Only calls that are made on purpose change anything.
      mining: { auto: true, interval: 0 },
      loggingEnabled: false,
    },
  },
};
