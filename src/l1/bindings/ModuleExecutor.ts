// Written by scripts/generateBindings.ts from contracts/modules/ModuleExecutor.sol: do not edit.

export const moduleExecutorAbi = [
  {"inputs":[{"internalType":"address","name":"registry_","type":"address"}],"stateMutability":"nonpayable","type":"constructor"},
  {"inputs":[{"internalType":"uint256","name":"gasLeft","type":"uint256"},{"internalType":"uint256","name":"gasNeeded","type":"uint256"}],"name":"ModuleCallInsufficientGas","type":"error"},
  {"inputs":[{"internalType":"address","name":"proxy","type":"address"},{"internalType":"address","name":"implementation","type":"address"}],"name":"ModuleExecutorSelfTestFailed","type":"error"},
  {"inputs":[{"internalType":"address","name":"caller","type":"address"},{"internalType":"address","name":"registry","type":"address"}],"name":"ModuleExecutorUnauthorized","type":"error"},
  {"inputs":[],"name":"HEALTH_CHECK_GAS","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"SELF_TEST_GAS","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"address","name":"proxy","type":"address"}],"name":"isHealthy","outputs":[{"internalType":"bool","name":"","type":"bool"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"registry","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"address","name":"proxyAdmin","type":"address"},{"internalType":"address","name":"proxy","type":"address"},{"internalType":"address","name":"implementation","type":"address"},{"internalType":"bytes","name":"migration","type":"bytes"},{"internalType":"bool","name":"isTested","type":"bool"}],"name":"swap","outputs":[],"stateMutability":"nonpayable","type":"function"},
] as const;
