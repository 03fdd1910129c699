import { type Address, getContractAddress, type Hex, type PublicClient } from 'viem';

/** The deterministic deployment proxy that most chains have at this address, since anybody can put it there by one signed transaction. */
export const CREATE2_FACTORY_ADDRESS: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C';

/** Takes salt (32 bytes) ‖ init code, creates by CREATE2 and answers with the address (20 bytes); reverts when that fails. */
export const CREATE2_FACTORY_CODE: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';

/** Init code that gives `CREATE2_FACTORY_CODE`: for an L1 that lacks the proxy. */
export const CREATE2_FACTORY_INIT_CODE: Hex = `0x604580600e600039806000f350fe${CREATE2_FACTORY_CODE.slice(2)}`;

/** Where the factory puts what this init code makes: the address commits to code, constructor arguments and salt. */
export function create2Address(factory: Address, salt: Hex, initCode: Hex): Address {
  return getContractAddress({ opcode: 'CREATE2', from: factory, salt, bytecode: initCode });
}

/** What is sent to the factory. */
export function create2Call(salt: Hex, initCode: Hex): Hex {
  return `${salt}${initCode.slice(2)}`;
}

export async function isCreate2Factory(client: PublicClient, address: Address): Promise<boolean> {
  return (await client.getCode({ address })) === CREATE2_FACTORY_CODE;
}
