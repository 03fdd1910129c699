import type { Contract, ContractRunner } from 'ethers';
import { ethers } from 'hardhat';

/** An ethers contract that keeps its functions when connected to another account. */
export type TestContract = Omit<Contract, 'connect'> & { connect(runner: ContractRunner): TestContract } & Contract;

/** The contract `name` at an address. */
export async function contractAt(name: string, address: string): Promise<TestContract> {
  return (await ethers.getContractAt(name, ethers.getAddress(address))) as unknown as TestContract;
}

/** A new contract without a proxy. */
export async function deployed(name: string, args: unknown[] = []): Promise<TestContract> {
  return (await ethers.deployContract(name, args)) as unknown as TestContract;
}
