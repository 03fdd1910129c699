import '@nomicfoundation/hardhat-toolbox';
import { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } from 'hardhat/builtin-tasks/task-names';
import { extendConfig, type HardhatUserConfig, subtask } from 'hardhat/config';

const SOLC_VERSION = '0.8.30';

// Compile with the solc that npm installed: no compiler is downloaded, so a clean clone builds offline.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: require.resolve('solc/soljson.js'),
  isSolcJs: true,
  version: SOLC_VERSION,
  longVersion: require('solc/package.json').version,
}));

const compiler = (runs: number) => ({
  version: SOLC_VERSION,
  settings: {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs },
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: { '*': { '*': ['storageLayout'] } },
  },
});

/** At 10,000 runs the governor leaves 60 of the 24,576 bytes that L1 allows. The timelock's code holds the governor's, which it makes. */
const SMALL_CODE = ['contracts/governance/TributaryGovernor.sol', 'contracts/governance/Timelock.sol'];

// Hardhat compiles together what has one and the same configuration object: else each of these files would be a run of its own.
extendConfig(({ solidity }) => {
  for (const file of SMALL_CODE) solidity.overrides[file] = solidity.overrides[SMALL_CODE[0]];
});

const config: HardhatUserConfig = {
  solidity: {
    compilers: [compiler(10_000)],
    overrides: Object.fromEntries(SMALL_CODE.map((file) => [file, compiler(200)])),
  },
  networks: {
    hardhat: { hardfork: 'osaka' },
    tributary: { url: process.env.TRIBUTARY_RPC_URL ?? 'http://127.0.0.1:9545', chainId: 31338 },
  },
  typechain: { dontOverrideCompile: true },
  mocha: { timeout: 120_000, reporter: require.resolve('./test/reporter') },
};

export default config;
