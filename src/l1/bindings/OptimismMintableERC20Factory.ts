// Written by scripts/generateBindings.ts from contracts/l2/OptimismMintableERC20Factory.sol: do not edit.

export const optimismMintableERC20FactoryAbi = [
  {"inputs":[],"name":"FactoryNoRemoteToken","type":"error"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"address","name":"localToken","type":"address"},{"indexed":true,"internalType":"address","name":"remoteToken","type":"address"},{"indexed":false,"internalType":"address","name":"deployer","type":"address"}],"name":"OptimismMintableERC20Created","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"address","name":"remoteToken","type":"address"},{"indexed":true,"internalType":"address","name":"localToken","type":"address"}],"name":"StandardL2TokenCreated","type":"event"},
  {"inputs":[],"name":"bridge","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"pure","type":"function"},
  {"inputs":[{"internalType":"address","name":"remoteToken","type":"address"},{"internalType":"string","name":"name","type":"string"},{"internalType":"string","name":"symbol","type":"string"}],"name":"createOptimismMintableERC20","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"address","name":"remoteToken","type":"address"},{"internalType":"string","name":"name","type":"string"},{"internalType":"string","name":"symbol","type":"string"},{"internalType":"uint8","name":"decimals","type":"uint8"}],"name":"createOptimismMintableERC20WithDecimals","outputs":[{"internalType":"address","name":"localToken","type":"address"}],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"address","name":"remoteToken","type":"address"},{"internalType":"string","name":"name","type":"string"},{"internalType":"string","name":"symbol","type":"string"}],"name":"createStandardL2Token","outputs":[{"internalType":"address","name":"","type":"address"}],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"address","name":"localToken","type":"address"}],"name":"deployments","outputs":[{"internalType":"address","name":"remoteToken","type":"address"}],"stateMutability":"view","type":"function"},
] as const;
