import { expect } from 'chai';
import fc from 'fast-check';
import type { Fork } from '../../src/chain/forks';
import { address, assemble, CONTRACT, createTestKernel, transactionOf } from './testKernel';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 31_415_926);
/** Operands that are likely to mean something: offsets around bounds, addresses of precompiles and contracts. */
const OPERANDS = [
  '5f',
  '6001',
  '6020',
  '601f',
  '61ffff',
  '63ffffffff',
  '67ffffffffffffffff',
  '5f19',
  '30',
  '33',
  '6002',
  '6005',
  '61cccc',
];
/** All that takes operands, and some undefined ones. */
const OPCODES = Array.from({ length: 256 }, (_, i) => i).filter((i) => i < 0x60 || i > 0x7f);

const instruction = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...OPERANDS) },
  { weight: 2, arbitrary: fc.constantFrom(...OPCODES).map((opcode) => opcode.toString(16).padStart(2, '0')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '51',
      '52',
      '54',
      '55',
      '20',
      '37',
      '39',
      '3c',
      '3e',
      '5e',
      'a1',
      'f0',
      'f1',
      'f5',
      'fa',
    ),
  },
);
const program = fc.oneof(
  fc.array(instruction, { maxLength: 120 }).map((parts) => parts.join('')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('hex')),
);

describe('Hostile code', () => {
  it(`ends with a status and a lawful gas figure, whatever its bytes (seed ${SEED})`, () => {
    for (const fork of ['cancun', 'osaka'] as Fork[]) {
      const { kernel, state } = createTestKernel(fork, { accountBits: 15 });
      state.set(CONTRACT, { code: assemble('5f355f5560206020f3'), storage: new Map([[0n, 1n]]) });
      let contracts = 0;
      fc.assert(
        fc.property(program, fc.uint8Array({ maxLength: 64 }), (code, data) => {
          const to = address(0x100000 + contracts++);
          state.set(to, { code: assemble(code) });
          const gasLimit = 200_000n;
          for (const transaction of [
            transactionOf({ to, data, gasLimit }),
            transactionOf({ to: undefined, data: assemble(code), gasLimit }),
          ]) {
            const { status, gasUsed, gasSpent } = kernel.call(transaction);
            expect(status).to.be.within(0, 2);
            expect(gasUsed <= gasLimit && gasSpent <= gasLimit && gasUsed >= 21_000n).to.equal(true);
            if (status === 2) expect(gasSpent).to.equal(gasLimit);
          }
        }),
        { seed: SEED, numRuns: Number(process.env.HOSTILE_RUNS ?? 1_000) },
      );
    }
  });
});
