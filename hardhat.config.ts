import '@nomicfoundation/hardhat-toolbox';
import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from 'hardhat/builtin-tasks/task-names';
import { type HardhatUserConfig, subtask } from 'hardhat/config';

const SOLC_VERSION = '0.8.30';

// Compile with the solc that npm installed: no compiler is downloaded, so a clean clone builds offline.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
  version: SOLC_VERSION,
  longVersion: require('solc/package.json').version,
}));

const config: HardhatUserConfig = {
  solidity: {
    version: SOLC_VERSION,
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true, runs: 10_000 },
      metadata: { bytecodeHash: 'none', appendCBOR: false },
      outputSelection: { '*': { '*': ['storageLayout'] } },
    },
  },
  networks: {
    hardhat: { hardfork: 'osaka' },
    tributary: { url: process.env.TRIBUTARY_RPC_URL ?? 'http://127.0.0.1:9545', chainId: 31338 },
  },
  typechain: { dontOverrideCompile: true },
  mocha: { timeout: 120_000, reporter: require.resolve('./test/reporter') },
};

export default config;
