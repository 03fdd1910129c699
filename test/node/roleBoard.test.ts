import { expect } from 'chai';
import { TributaryError } from '../../src/core/errors';
import type { Clock } from '../../src/core/ports';
import { createLogger } from '../../src/node/createLogger';
import { RoleBoard } from '../../src/node/roleBoard';

const logger = createLogger('silent');
/** Pauses end at once, so that restarts are seen without waiting. */
const hurriedClock: Clock = {
  nowMs: () => 0,
  schedule(_delayMs, callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};
const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

describe('RoleBoard', () => {
  it('halts one role and leaves the others running', async () => {
    const halted: string[] = [];
    const board = new RoleBoard(logger, hurriedClock, (role) => halted.push(role));
    board.run('batcher', untilAborted);
    board.run('verifier', async () => {
      throw new TributaryError('Verifier.Mismatch', 'block 7 differs', { recovery: 'halt' });
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(halted).to.deep.equal(['verifier']);
    expect(board.hasHalted).to.equal(true);
    expect(board.statuses.verifier).to.deep.equal({ state: 'halted', problem: 'block 7 differs', restartCount: 0 });
    expect(board.statuses.batcher.state).to.equal('running');
    await board.stop();
    expect(board.statuses.batcher.state).to.equal('stopped');
  });

  it('starts a role again after a passing fault and after an error of unknown kind', async () => {
    let runs = 0;
    const board = new RoleBoard(logger, hurriedClock, () => undefined);
    const third = new Promise<void>((resolve) => {
      board.run('batcher', async (signal) => {
        runs++;
        if (runs === 1) throw new TributaryError('L1.Unreachable', 'no answer', { recovery: 'retry' });
        if (runs === 2) throw new RangeError('surprise');
        resolve();
        await untilAborted(signal);
      });
    });
    await third;
    expect(board.statuses.batcher).to.deep.equal({ state: 'running', problem: 'batcher: surprise', restartCount: 2 });
    await board.stop();
  });

  it('ends a pause between restarts when it is stopped', async () => {
    const neverClock: Clock = { nowMs: () => 0, schedule: () => () => undefined };
    const board = new RoleBoard(logger, neverClock, () => undefined);
    board.run('proposer', async () => {
      throw new TributaryError('L1.Unreachable', 'no answer', { recovery: 'retry' });
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(board.statuses.proposer.state).to.equal('retrying');
    await board.stop();
    expect(board.statuses.proposer.state).to.equal('stopped');
  });
});
