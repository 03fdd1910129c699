import { expect } from 'chai';
import fc from 'fast-check';
import { fromHex, toFixedBytes } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import type { CallRequest, Executor, StateOverride } from '../../src/execution/executor';
import { KernelExecutor } from '../../src/execution/kernel/kernelExecutor';
import { initCode } from './bytecode';
import { callRequest, word } from './callRequest';
import { program, SENDER_COUNT, signPlans, target, transactionPlans } from './randomTransactions';
import { addressOf, ETHER, GWEI, TestChain } from './testChain';

const SEED = Number(process.env.FUZZ_SEED ?? 20260104);
const HERE = toFixedBytes(0x4242, 20);

const slots = fc.array(
  fc.tuple(fc.nat(3), fc.nat(3)).map(([slot, value]): [Uint8Array, Uint8Array] => [word(slot), word(value)]),
  { minLength: 1, maxLength: 2 },
);
const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
const override: fc.Arbitrary<StateOverride> = fc.record({
  address: fc.oneof(fc.constant(HERE), target.map(fromHex)),
  balance: optional(fc.constantFrom(0n, 1n, ETHER)),
  nonce: optional(fc.constantFrom(0n, 5n)),
  code: optional(program.map(fromHex)),
  state: optional(slots),
  stateDiff: optional(slots),
});

const call: fc.Arbitrary<[CallRequest, StateOverride[]]> = fc
  .record({
    from: fc.oneof(fc.constant(toFixedBytes(0x77, 20)), target.map(fromHex)),
    to: optional(fc.oneof(fc.constant(HERE), target.map(fromHex))),
    value: fc.constantFrom(0n, 0n, 0n, 1n, ETHER),
    gasLimit: fc.constantFrom(20_000n, 60_000n, 100_000n, 1_000_000n),
    gasPrice: fc.constantFrom(0n, 0n, GWEI),
    data: program.map((code) => fromHex(initCode(code))),
    code: program.map(fromHex),
    overrides: fc.array(override, { maxLength: 2 }),
  })
  .map(({ code, overrides, ...request }) => [callRequest(request), [{ address: HERE, code }, ...overrides]]);

async function resultOf(
  executor: Executor,
  test: TestChain,
  at: number,
  [request, overrides]: [CallRequest, StateOverride[]],
) {
  const header = test.chain.headerByNumber(at);
  if (!header) return expect.fail('no such block');
  try {
    return await executor.call(request, header, overrides);
  } catch (error) {
    if (error instanceof TributaryError) return [error.code, error.message];
    throw error;
  }
}

describe('KernelExecutor: call', () => {
  it(`answers as the reference does, at the head and in the past, with and without overrides (seed ${SEED})`, async () => {
    const seen = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        transactionPlans,
        fc.array(fc.tuple(call, fc.boolean(), fc.nat(1)), { minLength: 4, maxLength: 10 }),
        async (plans, calls) => {
          const test = await TestChain.open();
          const kernel = new KernelExecutor(test.config, test.chain);
          const transactions = await signPlans(plans);
          for (const half of [transactions.slice(0, SENDER_COUNT), transactions.slice(SENDER_COUNT)]) {
            await test.chain.commit(await kernel.executeBlock(test.request(half)));
          }
          for (const [[request, overrides], isPlain, back] of calls) {
            const asked: [CallRequest, StateOverride[]] = [request, isPlain ? [] : overrides];
            const expected = await resultOf(test.executor, test, 2 - back, asked);
            expect(await resultOf(kernel, test, 2 - back, asked)).to.deep.equal(expected);
            const name = Array.isArray(expected) ? expected[0] : expected.outcome;
            seen.set(name, (seen.get(name) ?? 0) + 1);
          }
          expect(test.chain.stateAt(2).account(addressOf(10))?.balance).to.equal(10_000n * ETHER);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
    for (const name of ['success', 'revert', 'halt', 'Execution.IntrinsicGasTooLow', 'Execution.InsufficientFunds']) {
      expect(seen.get(name) ?? 0, name).to.be.greaterThan(3);
    }
  }).timeout(120_000);
});
