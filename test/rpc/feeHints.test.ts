import { expect } from 'chai';
import { type BlockHeader, nextBaseFee } from '../../src/codec/header';
import { systemClock } from '../../src/core/systemClock';
import { RpcServer } from '../../src/rpc/rpcServer';
import { FixedArtifacts, kernelVariant } from '../execution/versions/kernelVariant';
import { activationOf, rollBackOf, VersionedChainHarness } from '../execution/versions/versionedChain';
import { SilentLogger } from './silentLogger';

/** A versioned chain in memory and the real server over it. */
async function startOver(artifacts: FixedArtifacts) {
  const node = await VersionedChainHarness.open(artifacts);
  const { chain, config, executor } = node;
  const server = await RpcServer.start({
    host: '127.0.0.1',
    port: 0,
    dependencies: {
      ...{ chain, config, executor, rules: executor, clock: systemClock, logger: new SilentLogger() },
      version: '0.0.0-test',
    },
  });
  const result = async (method: string, params: unknown[] = []) => {
    const response = await fetch(`http://127.0.0.1:${server.port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return ((await response.json()) as { result: unknown }).result;
  };
  /** The next block's base fee, as each method that tells of it has it. */
  const hints = async (): Promise<Record<string, bigint>> => {
    const tip = BigInt((await result('eth_maxPriorityFeePerGas')) as string);
    const history = (await result('eth_feeHistory', ['0x1', 'latest'])) as { baseFeePerGas: string[] };
    const pending = (await result('eth_getBlockByNumber', ['pending', false])) as { baseFeePerGas: string };
    return {
      eth_gasPrice: BigInt((await result('eth_gasPrice')) as string) - tip,
      eth_feeHistory: BigInt(history.baseFeePerGas.at(-1) ?? 0),
      pending: BigInt(pending.baseFeePerGas),
    };
  };
  const stop = async () => {
    await server.close();
    await executor.close();
  };
  return { ...node, node, result, hints, stop };
}

const all = (fee: bigint) => ({ eth_gasPrice: fee, eth_feeHistory: fee, pending: fee });
const byGenesisRule = (header: BlockHeader) => nextBaseFee(header, 2, 8);

describe('fee hints', () => {
  const v2 = kernelVariant('v2');

  it('follow the base-fee rule of the version that rules the next block, before, after and when it went back', async () => {
    const { node, chain, hints, result, stop } = await startOver(new FixedArtifacts([v2]));
    const told: bigint[] = [];
    for (const upgrades of [undefined, [activationOf(v2, 3)], undefined, undefined, [rollBackOf(v2)], undefined]) {
      const before = await hints();
      told.push(before.eth_gasPrice);
      expect(before).to.deep.equal(all(before.eth_gasPrice));
      await node.seal([], upgrades);
      // What L1 says in the block itself can't be known before: a roll-back at once, an activation only where its block has come.
      if (upgrades?.[0].kind === 'rollBack') expect(before).not.to.deep.equal(all(chain.head.header.baseFeePerGas));
      else expect(before).to.deep.equal(all(chain.head.header.baseFeePerGas));
    }
    expect(await hints(), 'restored').to.deep.equal(all(byGenesisRule(chain.head.header)));
    // Blocks 3 and 4 were v2's, which moves half as far.
    const two = chain.blockByNumber(2)?.header;
    expect(told[2]).not.to.equal(two && byGenesisRule(two));
    const history = (await result('eth_feeHistory', ['0x2', '0x3'])) as { baseFeePerGas: string[] };
    expect(history.baseFeePerGas.map(BigInt), 'the past is as it was, whatever rules now').to.deep.equal(
      [2, 3, 4].map((number) => chain.blockByNumber(number)?.header.baseFeePerGas),
    );
    await stop();
  });

  it('are given by the genesis rule while the node waits for the artifact of the next block’s version', async () => {
    const { node, chain, hints, stop } = await startOver(new FixedArtifacts([]));
    await node.seal([], [activationOf(v2, 2)]);
    expect(await hints()).to.deep.equal(all(byGenesisRule(chain.head.header)));
    await stop();
  });
});
