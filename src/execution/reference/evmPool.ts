import { createHash } from 'node:crypto';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM, type EVM, type EVMRunCallOpts } from '@ethereumjs/evm';
import secp256k1 from 'secp256k1';
import type { Fork } from '../../chain/forks';
import { concatBytes, type Hash, ZERO_HASH } from '../../core/bytes';
import { keccak256 } from '../../core/keccak';
import { emptyState } from '../../state/emptyState';
import type { StateReader } from '../../state/stateReader';
import { AccessRecorder } from './accessRecorder';
import { EvmState } from './evmState';
import { pointEvaluationPrecompile } from './pointEvaluation';

const HARDFORKS: Record<Fork, Hardfork> = {
  cancun: Hardfork.Cancun,
  prague: Hardfork.Prague,
  osaka: Hardfork.Osaka,
};

/** The block fields that instructions read. */
export type EvmBlock = NonNullable<EVMRunCallOpts['block']>;

/** An EVM with the state that it runs on. */
export interface EvmInstance {
  evm: EVM;
  state: EvmState;
  chainId: number;
  fork: Fork;
  /** Where the block's access list is to be recorded. */
  recorder: AccessRecorder | undefined;
}

/** EVMs that are ready: one takes 2 to 5 ms to make, and a call and a block may run at the same time. */
export class EvmPool {
  readonly #chainId: number;
  readonly #recordsAccesses: boolean;
  readonly #idle = new Map<Fork, PooledEvm[]>();

  constructor(chainId: number, recordsAccesses = false) {
    this.#chainId = chainId;
    this.#recordsAccesses = recordsAccesses;
  }

  /** Runs `work` on an EVM of its own. After an error the EVM is thrown away. */
  async use<Result>(
    fork: Fork,
    base: StateReader,
    blockHash: (blockNumber: number) => Hash | undefined,
    work: (instance: EvmInstance) => Promise<Result>,
  ): Promise<Result> {
    const idle = this.#idle.get(fork) ?? [];
    this.#idle.set(fork, idle);
    const instance = idle.pop() ?? (await createInstance(fork, this.#chainId, this.#recordsAccesses));
    instance.state.reset(base);
    instance.blockHashes.of = blockHash;
    const result = await work(instance);
    idle.push(instance);
    return result;
  }
}

interface PooledEvm extends EvmInstance {
  blockHashes: { of: (blockNumber: number) => Hash | undefined };
}

async function createInstance(fork: Fork, chainId: number, recordsAccesses: boolean): Promise<PooledEvm> {
  const recorder = recordsAccesses ? new AccessRecorder() : undefined;
  const state = new EvmState(emptyState);
  const blockHashes: PooledEvm['blockHashes'] = { of: () => undefined };
  const common = new Common({
    chain: { ...Mainnet, chainId },
    hardfork: HARDFORKS[fork],
    eips: recorder ? [7928] : [],
    customCrypto: { keccak256, ecrecover: recoverPublicKey, sha256: nativeSha256 },
  });
  const blockchain = {
    getBlock: async (blockNumber: number) => ({ hash: () => blockHashes.of(blockNumber) ?? ZERO_HASH }),
    putBlock: async () => undefined,
    shallowCopy: () => blockchain,
  };
  const evm = await createEVM({
    common,
    stateManager: state,
    blockchain,
    blockLevelAccessList: recorder,
    customPrecompiles: [pointEvaluationPrecompile],
  });
  return { evm, state, blockHashes, chainId, fork, recorder };
}

/** For precompile 0x01: 50 µs natively, 1 ms in JavaScript. `v` is 27 or 28. Throws when no key recovers. */
function recoverPublicKey(digest: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array): Uint8Array {
  return secp256k1.ecdsaRecover(concatBytes(r, s), Number(v) - 27, digest, false).subarray(1);
}

function nativeSha256(message: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(message).digest());
}
