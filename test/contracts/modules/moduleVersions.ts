import { setBalance, time } from '@nomicfoundation/hardhat-network-helpers';
import { AbiCoder, id, keccak256, ZeroAddress, ZeroHash } from 'ethers';
import { ethers } from 'hardhat';
import { ATTESTER_BOND_WEI, deploySystem, SHADOW, WINDOWS } from '../deploySystem';
import type { TestContract } from '../testContract';

export const Kind = { execution: 0, dataAvailability: 1, sequencing: 2, settlement: 3, fees: 4 } as const;
export const Evidence = { attesterFaults: 0, livenessGap: 1, failedHealthCheck: 2, contradictingClaims: 3 } as const;
/** `IModuleRegistry.Stage`. */
export const Stage = {
  proposed: 1n,
  voted: 2n,
  shadow: 3n,
  queued: 4n,
  canary: 5n,
  active: 6n,
  final: 7n,
  rolledBack: 8n,
  rejected: 9n,
} as const;
export const MAX_UINT64 = 2n ** 64n - 1n;

export interface Manifest {
  kind: number;
  predecessor: string;
  implementation: string;
  artifactHash: string;
  abi_: number;
  executionAbiMin: number;
  executionAbiMax: number;
  activationL2Block: bigint;
  differencesHash: string;
  metadataHash: string;
  migration: string;
}

/** A manifest of a kernel; `overrides` make it another. */
export function executionManifest(predecessor: string, overrides: Partial<Manifest> = {}): Manifest {
  return {
    kind: Kind.execution,
    predecessor,
    implementation: ZeroAddress,
    artifactHash: id('a kernel'),
    abi_: 1,
    executionAbiMin: 1,
    executionAbiMax: 1,
    activationL2Block: 100n,
    differencesHash: ZeroHash,
    metadataHash: ZeroHash,
    migration: '0x',
    ...overrides,
  };
}

/** A manifest of code for an L1 module. */
export function l1Manifest(
  kind: number,
  predecessor: string,
  implementation: TestContract,
  migration = '0x',
): Manifest {
  return executionManifest(predecessor, {
    kind,
    implementation: implementation.target as string,
    artifactHash: ZeroHash,
    activationL2Block: 0n,
    migration,
  });
}

export function genesisId(kind: number): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['string', 'uint8'], ['genesis', kind]));
}

/** The system with three bonded attesters, and steps of a version's way as functions. */
export async function deployModules({ windows = WINDOWS }: { windows?: typeof WINDOWS } = {}) {
  const system = await deploySystem(undefined, { windows });
  const { modules, attesterSet, attesters, stranger, timelockSigner } = system;
  for (const attester of attesters) await attesterSet.bond(attester, { value: ATTESTER_BOND_WEI });
  await setBalance(stranger.address, ethers.parseEther('1000'));

  const propose = async (manifest: Manifest) => {
    const versionId: string = await modules.connect(stranger).propose.staticCall(manifest);
    await modules.connect(stranger).propose(manifest);
    return versionId;
  };
  const ratify = async (versionId: string) => {
    const { manifestHash } = await modules.versionOf(versionId);
    await modules.connect(timelockSigner).ratify(versionId, manifestHash);
  };
  /** `count` attesters say the same of all ranges that the rule asks for. */
  const attest = async (versionId: string, count = 2, fromL2Block = 0, differencesHash = ZeroHash) => {
    for (const attester of attesters.slice(0, count)) {
      for (let range = 0; range < SHADOW.rangeCount; range++) {
        const from = fromL2Block + range * SHADOW.rangeBlocks;
        const to = from + SHADOW.rangeBlocks - 1;
        await attesterSet.connect(attester).attest(versionId, from, to, id(`result ${from}`), differencesHash);
      }
    }
  };
  const toShadow = async (manifest: Manifest) => {
    const versionId = await propose(manifest);
    await ratify(versionId);
    await modules.beginShadow(versionId);
    return versionId;
  };
  const toQueued = async (manifest: Manifest) => {
    const versionId = await toShadow(manifest);
    if (manifest.kind === Kind.execution) await attest(versionId);
    await time.increase(WINDOWS.shadowSeconds);
    await modules.queue(versionId, 0);
    return versionId;
  };
  const pastExit = async (versionId: string) => {
    const { exitEndsAt } = await modules.versionOf(versionId);
    await time.increaseTo(exitEndsAt);
  };
  const toCanary = async (manifest: Manifest) => {
    const versionId = await toQueued(manifest);
    await pastExit(versionId);
    await modules.activate(versionId);
    return versionId;
  };
  const reportFaults = async (versionId: string, count = 2, l2Block = 105) => {
    for (const attester of attesters.slice(0, count)) {
      await attesterSet.connect(attester).reportFault(versionId, l2Block, id('block'));
    }
  };
  return { ...system, propose, ratify, attest, toShadow, toQueued, pastExit, toCanary, reportFaults };
}
