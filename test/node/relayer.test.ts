import { expect } from 'chai';
import { type Address, decodeFunctionData, type Hex, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { TributaryError } from '../../src/core/errors';
import { ballotTypedData, type SignedVote } from '../../src/governance/ballot';
import { tributaryGovernorAbi } from '../../src/l1/bindings/TributaryGovernor';
import type { L1Call } from '../../src/l1/l1Call';
import { Relayer, type RelayerLimits } from '../../src/node/relayer';
import { SilentLogger } from '../rpc/silentLogger';

const GOVERNOR: Address = '0x00000000000000000000000000000000000000a1';
const TOKEN: Address = '0x00000000000000000000000000000000000000a2';
const CHAIN_ID = 31337;
const PROPOSAL = 77n;
const voters = [1, 2, 3].map((n) => privateKeyToAccount(`0x${String(n).repeat(64)}`));

interface World {
  state?: number;
  voted?: boolean;
  nonce?: bigint;
  weight?: bigint;
  balance?: bigint;
  revert?: boolean;
}

/** A relayer on an L1 of which only what it asks is there. */
function relayerOn(world: World = {}, limits: Partial<RelayerLimits> = {}) {
  const sent: L1Call[] = [];
  const asked: string[] = [];
  let nowMs = 1_000_000;
  const answers: Record<string, unknown> = {
    state: world.state ?? 1,
    hasVoted: world.voted ?? false,
    nonces: world.nonce ?? 0n,
    proposalSnapshot: 5n,
    getPastVotes: world.weight ?? 10n ** 24n,
    getPastTotalSupply: 10n ** 25n,
  };
  const viem = {
    readContract: async ({ functionName }: { functionName: string }) => {
      asked.push(functionName);
      return answers[functionName];
    },
    getBalance: async () => world.balance ?? 1n,
  } as unknown as PublicClient;
  const relayer = new Relayer({
    l1: { chainId: CHAIN_ID, read: (action) => action(viem) },
    governor: GOVERNOR,
    token: TOKEN,
    sender: {
      address: '0x00000000000000000000000000000000000000b1',
      send: async (call) => {
        if (world.revert) throw new TributaryError('L1.TransactionReverted', 'castVoteBySig reverts');
        sent.push(call);
        return { transactionHash: `0x${'ab'.repeat(32)}` };
      },
    },
    clock: { nowMs: () => nowMs } as never,
    logger: new SilentLogger(),
    limits,
  });
  return { relayer, sent, asked, pass: (ms: number) => (nowMs += ms) };
}

async function signed(voter = voters[0], change: Partial<SignedVote> = {}): Promise<SignedVote> {
  const vote = { proposalId: PROPOSAL, support: 1, voter: voter.address, nonce: 0n, ...change };
  const signature = await voter.signTypedData(ballotTypedData(vote, { chainId: CHAIN_ID, governor: GOVERNOR }));
  return { ...vote, signature };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'relayed',
    (error: unknown) => (error instanceof TributaryError ? error.code : String(error)),
  );
}

describe('Relayer', () => {
  it('calls castVoteBySig of its governor, with what the voter signed', async () => {
    const { relayer, sent } = relayerOn();
    const vote = await signed();
    expect(await relayer.relay(vote)).to.equal(`0x${'ab'.repeat(32)}`);
    expect(sent.map(({ to, value }) => ({ to, value }))).to.deep.equal([{ to: GOVERNOR, value: undefined }]);
    const { functionName, args } = decodeFunctionData({ abi: tributaryGovernorAbi, data: sent[0].data });
    expect({ functionName, args }).to.deep.equal({
      functionName: 'castVoteBySig',
      args: [PROPOSAL, 1, vote.voter, vote.signature],
    });
  });

  it('asks L1 nothing for a signature that is not the voter’s, or is for another governor, proposal or support', async () => {
    const { relayer, sent, asked } = relayerOn();
    const vote = await signed();
    const elsewhere = await voters[0].signTypedData(ballotTypedData(vote, { chainId: CHAIN_ID, governor: TOKEN }));
    for (const wrong of [
      { ...vote, voter: voters[1].address },
      { ...vote, proposalId: PROPOSAL + 1n },
      { ...vote, support: 0 },
      { ...vote, nonce: 1n },
      { ...vote, signature: elsewhere },
      { ...vote, signature: `0x${'00'.repeat(65)}` as Hex },
      { ...vote, signature: '0x' as Hex },
    ]) {
      expect(await codeOf(relayer.relay(wrong))).to.equal('Relayer.BadSignature');
    }
    expect(await codeOf(relayer.relay({ ...vote, support: 3 }))).to.equal('Relayer.BadVote');
    expect([sent.length, asked.length]).to.deep.equal([0, 0]);
  });

  it('pays for no vote that would not count', async () => {
    for (const [world, code] of [
      [{ state: 0 }, 'Relayer.NotVoting'],
      [{ state: 4 }, 'Relayer.NotVoting'],
      [{ voted: true }, 'Relayer.AlreadyVoted'],
      [{ nonce: 4n }, 'Relayer.BadVote'],
      [{ weight: 0n }, 'Relayer.NoVotes'],
      [{ weight: 10n ** 19n - 1n }, 'Relayer.NoVotes'],
      [{ balance: 0n }, 'Relayer.Unavailable'],
      [{ revert: true }, 'Relayer.BadVote'],
    ] as [World, string][]) {
      const { relayer, sent } = relayerOn(world);
      expect(await codeOf(relayer.relay(await signed())), JSON.stringify(world, String)).to.equal(code);
      expect(sent).to.have.length(0);
    }
    expect(await codeOf(relayerOn({ weight: 10n ** 19n }).relayer.relay(await signed()))).to.equal('relayed');
  });

  it('pays for so many votes of one voter, and of all, in its window, and for more afterwards', async () => {
    const { relayer, pass } = relayerOn({}, { windowMs: 1_000, votesPerVoterMax: 2, votesTotalMax: 3 });
    const relay = async (voter: (typeof voters)[0]) => codeOf(relayer.relay(await signed(voter)));
    expect([await relay(voters[0]), await relay(voters[0])]).to.deep.equal(['relayed', 'relayed']);
    expect(await relay(voters[0])).to.equal('Relayer.LimitExceeded');
    expect(await relay(voters[1])).to.equal('relayed');
    expect(await relay(voters[2])).to.equal('Relayer.LimitExceeded');
    pass(1_001);
    expect(await relay(voters[0])).to.equal('relayed');
  });

  it('sends one of several copies of a vote that come at once, and refuses more than it can look at', async () => {
    const { relayer, sent } = relayerOn({}, { atOnceMax: 1 });
    const vote = await signed();
    const codes = await Promise.all([vote, vote, vote].map((copy) => codeOf(relayer.relay(copy))));
    expect(codes.sort()).to.deep.equal(['Relayer.AlreadyVoted', 'Relayer.AlreadyVoted', 'relayed']);
    expect(sent).to.have.length(1);
  });

  it('signs as the governor’s contract reads it', () => {
    // Golden: `Ballot` of OpenZeppelin 5, in the order of its fields.
    const { types, domain } = ballotTypedData(
      { proposalId: 1n, support: 1, voter: TOKEN, nonce: 0n },
      { chainId: 1, governor: GOVERNOR },
    );
    expect(types.Ballot.map(({ name, type }) => `${type} ${name}`).join(',')).to.equal(
      'uint256 proposalId,uint8 support,address voter,uint256 nonce',
    );
    expect(domain).to.deep.equal({ name: 'TributaryGovernor', version: '1', chainId: 1, verifyingContract: GOVERNOR });
  });
});
