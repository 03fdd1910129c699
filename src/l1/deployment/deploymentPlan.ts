import {
  type Abi,
  type Address,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  size,
  zeroAddress,
} from 'viem';
import { assert } from '../../core/assert';
import { inboxAbi } from '../bindings/Inbox';
import { proxyAdminAbi } from '../bindings/ProxyAdmin';
import type { LoadContractArtifact } from '../contractArtifacts';
import { create2Address } from './create2Factory';

/** Makes a contract through the CREATE2 factory. Done when there is code at `address`. */
export interface CreateStep {
  kind: 'create';
  /** Name in the plan, unique: `portal`, `portalImplementation`. */
  name: string;
  /** Of the artifact. */
  contractName: string;
  address: Address;
  /** With the constructor's arguments. */
  initCode: Hex;
  /** Of the code that stays. */
  sizeBytes: number;
}

/** A transaction to a contract of the plan, sent by the deployer. Done when `isDone` holds. */
export interface CallStep {
  kind: 'call';
  name: string;
  address: Address;
  data: Hex;
  isDone: Expectation;
}

export type DeploymentStep = CreateStep | CallStep;

/** Something that must be so on L1 when the plan has been carried out. `what` names it for people. */
export type Expectation =
  /** Code as compiled; immutables, which are zero in the artifact, may be anything: the address commits to them. */
  | { kind: 'code'; what: string; address: Address; runtimeCode: Hex }
  /** An address in a storage slot. */
  | { kind: 'slot'; what: string; address: Address; slot: Hex; expected: Address }
  /** A view function's one result. */
  | {
      kind: 'call';
      what: string;
      address: Address;
      abi: Abi;
      functionName: string;
      args: readonly unknown[];
      expected: string | bigint | number | boolean;
    };

export interface FunctionCall {
  abi: Abi;
  functionName: string;
  args: readonly unknown[];
}

/** A contract behind a proxy of its own. */
export interface Proxied {
  proxy: Address;
  admin: Address;
  implementation: Address;
}

/** What is deployed, in order, and what must then be so. Pure data: it follows from the config, the salt and the compiled contracts. */
export interface DeploymentPlan {
  factory: Address;
  salt: Hex;
  steps: readonly DeploymentStep[];
  expectations: readonly Expectation[];
  /** Every address by name, also those that a step makes beside its own (`portalProxyAdmin`). */
  addresses: Readonly<Record<string, Address>>;
}

/** keccak256("eip1967.proxy.admin") - 1 and keccak256("eip1967.proxy.implementation") - 1 (ERC-1967). */
const ERC1967_ADMIN_SLOT = '0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103';
const ERC1967_IMPLEMENTATION_SLOT = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc';

/**
 * Collects the steps of a plan. Each method answers at once with the address that its contract will have, so that later steps name it.
 * @example
 * const timelock = plan.create('timelock', 'Timelock', [0n, proposers]);
 * const { proxy } = plan.createProxied('inbox', 'Inbox', timelock, { abi: inboxAbi, functionName: 'initialize', args: [timelock, sequencerSet, 60] });
 * plan.expect('inbox.owner', { address: proxy, abi: inboxAbi, functionName: 'owner' }, timelock);
 */
export class PlanBuilder {
  readonly #steps: DeploymentStep[] = [];
  readonly #expectations: Expectation[] = [];
  readonly #addresses: Record<string, Address> = {};

  constructor(private readonly base: { factory: Address; salt: Hex; loadArtifact: LoadContractArtifact }) {}

  /** A contract without a proxy. @param args of the constructor */
  create(name: string, contractName: string, args: readonly unknown[]): Address {
    const { initCode, address } = this.#creation(contractName, args);
    const { deployedBytecode } = this.base.loadArtifact(contractName);
    this.#name(name, address);
    const sizeBytes = size(deployedBytecode);
    this.#steps.push({ kind: 'create', name, contractName, address, initCode, sizeBytes });
    this.#expectations.push({ kind: 'code', what: `${name} code`, address, runtimeCode: deployedBytecode });
    return address;
  }

  /**
   * An implementation and a proxy in front of it, initialized by the proxy's constructor, so that nobody can do it first.
   * @param owner of the proxy's admin: the timelock, or the executor of the module registry
   */
  createProxied(name: string, contractName: string, owner: Address, initialize: FunctionCall): Proxied {
    const implementation = this.create(`${name}Implementation`, contractName, []);
    const proxy = this.create(name, 'UpgradeableProxy', [implementation, owner, encodeFunctionData(initialize)]);
    const admin = childAddress(proxy, 1n);
    this.#name(`${name}ProxyAdmin`, admin);
    const { deployedBytecode } = this.base.loadArtifact('ProxyAdmin');
    this.#expectations.push(
      { kind: 'code', what: `${name}ProxyAdmin code`, address: admin, runtimeCode: deployedBytecode },
      { kind: 'slot', what: `${name} admin slot`, address: proxy, slot: ERC1967_ADMIN_SLOT, expected: admin },
      {
        kind: 'slot',
        what: `${name} implementation slot`,
        address: proxy,
        slot: ERC1967_IMPLEMENTATION_SLOT,
        expected: implementation,
      },
    );
    this.expect(`${name}ProxyAdmin.owner`, { address: admin, abi: proxyAdminAbi, functionName: 'owner' }, owner);
    return { proxy, admin, implementation };
  }

  /** Where `createProxied` with the same arguments will put the proxy: for contracts that come before it and name it. */
  addressOfProxied(contractName: string, owner: Address, initialize: FunctionCall): Address {
    const implementation = this.#creation(contractName, []).address;
    return this.#creation('UpgradeableProxy', [implementation, owner, encodeFunctionData(initialize)]).address;
  }

  /**
   * A call that no constructor can make. Between the contracts' creation and this step anybody may act: use it only where that is harmless.
   * @param isDone what holds afterwards and not before; checked like any other expectation
   */
  call(name: string, to: Address, call: FunctionCall, isDone: Expectation): void {
    this.#steps.push({ kind: 'call', name, address: to, data: encodeFunctionData(call), isDone });
    this.#expectations.push(isDone);
  }

  /** What a view function must answer once all is done. Addresses compare without regard to letter case. */
  expect(
    what: string,
    call: { address: Address; abi: Abi; functionName: string; args?: readonly unknown[] },
    expected: string | bigint | number | boolean,
  ): void {
    this.#expectations.push({ kind: 'call', what, args: [], ...call, expected });
  }

  /** That the timelock owns a contract, and nobody else is about to. */
  expectOwned(name: string, address: Address, timelock: Address): void {
    const contract = { address, abi: inboxAbi as Abi };
    this.expect(`${name}.owner`, { ...contract, functionName: 'owner' }, timelock);
    this.expect(`${name}.pendingOwner`, { ...contract, functionName: 'pendingOwner' }, zeroAddress);
  }

  /** Names an address that a step makes beside its own. */
  name(name: string, address: Address): void {
    this.#name(name, address);
  }

  build(): DeploymentPlan {
    const { factory, salt } = this.base;
    return {
      factory,
      salt,
      steps: this.#steps,
      expectations: this.#expectations,
      addresses: { ...this.#addresses, create2Factory: factory },
    };
  }

  #creation(contractName: string, args: readonly unknown[]): { initCode: Hex; address: Address } {
    const { factory, salt, loadArtifact } = this.base;
    const { abi, bytecode } = loadArtifact(contractName);
    const initCode = encodeDeployData({ abi, bytecode, args: args as unknown[] });
    return { initCode, address: create2Address(factory, salt, initCode) };
  }

  #name(name: string, address: Address): void {
    assert(!(name in this.#addresses), `the plan has one ${name}`);
    this.#addresses[name] = address;
  }
}

/** The contract that a contract makes by CREATE. @param nonce 1 for the first (EIP-161) */
export function childAddress(parent: Address, nonce: bigint): Address {
  return getContractAddress({ from: parent, nonce });
}
