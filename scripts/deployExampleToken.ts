/** `npx hardhat run --network tributary scripts/deployExampleToken.ts`: OpenZeppelin's ERC-20 on the dev chain. */
import { ethers } from 'hardhat';

async function main(): Promise<void> {
  const token = await ethers.deployContract('ExampleToken', [10n ** 24n]);
  await token.waitForDeployment();
  const [, second] = await ethers.getSigners();
  await (await token.transfer(second.address, 5n)).wait();
  console.log(`ExampleToken at ${await token.getAddress()}: ${second.address} holds ${await token.balanceOf(second)}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
