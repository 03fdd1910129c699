import { expect } from 'chai';
import type { Deployment } from '../../src/chain/deployment';
import { tributaryChain, tributaryL1Chain } from '../../src/sdk/tributaryChain';

const contracts = {
  inbox: `0x${'1'.repeat(40)}`,
  portal: `0x${'2'.repeat(40)}`,
  disputeGameFactory: `0x${'3'.repeat(40)}`,
};
const deployment = {
  version: 1,
  l1: { rpcUrl: 'http://127.0.0.1:8545', chainId: 900, contracts },
  l2: { rpcUrl: 'http://127.0.0.1:9545', wsUrl: 'ws://127.0.0.1:9545', chainId: 901 },
  rollup: { contracts },
} as unknown as Deployment;

describe('tributaryChain', () => {
  it('names the L1 contracts by the id of the L1, and OP Stack’s predeploys', () => {
    const chain = tributaryChain(deployment);
    expect(chain.id).to.equal(901);
    expect(chain.sourceId).to.equal(900);
    expect(chain.contracts.portal[900].address).to.equal(contracts.portal);
    expect(chain.contracts.disputeGameFactory[900].address).to.equal(contracts.disputeGameFactory);
    expect(chain.contracts.l2ToL1MessagePasser.address).to.equal('0x4200000000000000000000000000000000000016');
    expect(chain.contracts.multicall3.address).to.equal('0xca11bde05977b3631167028862be2a173976ca11');
    expect(chain.rpcUrls.default).to.deep.equal({
      http: ['http://127.0.0.1:9545'],
      webSocket: ['ws://127.0.0.1:9545'],
    });
  });

  it('reads deposits as such', () => {
    expect(tributaryChain(deployment).formatters.transaction.format).to.be.a('function');
    expect(tributaryChain(deployment).serializers.transaction).to.be.a('function');
  });
});

describe('tributaryL1Chain', () => {
  it('is the L1 of the deployment', () => {
    const chain = tributaryL1Chain(deployment);
    expect(chain.id).to.equal(900);
    expect(chain.rpcUrls.default.http).to.deep.equal(['http://127.0.0.1:8545']);
  });
});
