import { expect } from 'chai';
import { address, assemble, createTestKernel, transactionOf } from './testKernel';

const PUSH = '5f';
const POP = '50';
const JUMPDEST = '5b';

describe('The stack that a basic block needs', () => {
  const { kernel, state } = createTestKernel();
  let contracts = 0;
  const run = (code: string): string => {
    const to = address(0x5000 + contracts++);
    state.set(to, { code: assemble(code) });
    return kernel.call(transactionOf({ to, gasLimit: 100_000n })).status === 0 ? 'success' : kernel.haltReason();
  };

  it('may be filled to the last of 1,024 words, in one block or in two', () => {
    expect(run(PUSH.repeat(1024))).to.equal('success');
    expect(run(PUSH.repeat(1000) + JUMPDEST + PUSH.repeat(24))).to.equal('success');
    expect(run(`${PUSH.repeat(1024)}${JUMPDEST}${POP}${PUSH}`)).to.equal('success');
    expect(run(`${PUSH}${JUMPDEST}${POP}${PUSH.repeat(1024)}`)).to.equal('success');
  });

  it('halts the frame one word beyond', () => {
    expect(run(PUSH.repeat(1025))).to.equal('stack overflow');
    expect(run(PUSH.repeat(1000) + JUMPDEST + PUSH.repeat(25))).to.equal('stack overflow');
    expect(run(`${PUSH.repeat(1024)}${JUMPDEST}${POP}${PUSH}${PUSH}`)).to.equal('stack overflow');
    expect(run(`${PUSH}${JUMPDEST}${POP}${PUSH.repeat(1025)}`)).to.equal('stack overflow');
    expect(run(PUSH.repeat(5000))).to.equal('stack overflow');
  });

  it('must be there, however much the block pushes later', () => {
    expect(run(POP)).to.equal('stack underflow');
    expect(run(`${PUSH}${JUMPDEST}${POP}${POP}`)).to.equal('stack underflow');
    expect(run(`${PUSH}${JUMPDEST}${POP}${POP}${PUSH.repeat(1000)}`)).to.equal('stack underflow');
    // DUP16, SWAP16
    expect(run(`${PUSH.repeat(15)}8f`)).to.equal('stack underflow');
    expect(run(`${PUSH.repeat(16)}${JUMPDEST}9f`)).to.equal('stack underflow');
    expect(run(`${PUSH.repeat(17)}${JUMPDEST}9f`)).to.equal('success');
  });
});
