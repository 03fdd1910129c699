import { expect } from 'chai';
import fc from 'fast-check';
import { address, assemble, createTestKernel, numberOf, RETURN_TOP, transactionOf } from './testKernel';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 7_654_321);
const TWO_256 = 2n ** 256n;
const unsigned = (value: bigint) => BigInt.asUintN(256, value);
const signed = (value: bigint) => BigInt.asIntN(256, value);

/** Opcode, number of operands (the first is on top of the stack), and the definition. */
const OPERATIONS: Record<string, [opcode: string, operands: number, (...operands: bigint[]) => bigint]> = {
  ADD: ['01', 2, (a, b) => a + b],
  MUL: ['02', 2, (a, b) => a * b],
  SUB: ['03', 2, (a, b) => a - b],
  DIV: ['04', 2, (a, b) => (b === 0n ? 0n : a / b)],
  SDIV: ['05', 2, (a, b) => (b === 0n ? 0n : signed(a) / signed(b))],
  MOD: ['06', 2, (a, b) => (b === 0n ? 0n : a % b)],
  SMOD: ['07', 2, (a, b) => (b === 0n ? 0n : signed(a) % signed(b))],
  ADDMOD: ['08', 3, (a, b, m) => (m === 0n ? 0n : (a + b) % m)],
  MULMOD: ['09', 3, (a, b, m) => (m === 0n ? 0n : (a * b) % m)],
  EXP: ['0a', 2, power],
  SIGNEXTEND: ['0b', 2, (i, x) => (i > 30n ? x : BigInt.asIntN(8 * Number(i) + 8, x))],
  LT: ['10', 2, (a, b) => BigInt(a < b)],
  GT: ['11', 2, (a, b) => BigInt(a > b)],
  SLT: ['12', 2, (a, b) => BigInt(signed(a) < signed(b))],
  SGT: ['13', 2, (a, b) => BigInt(signed(a) > signed(b))],
  EQ: ['14', 2, (a, b) => BigInt(a === b)],
  ISZERO: ['15', 1, (a) => BigInt(a === 0n)],
  AND: ['16', 2, (a, b) => a & b],
  OR: ['17', 2, (a, b) => a | b],
  XOR: ['18', 2, (a, b) => a ^ b],
  NOT: ['19', 1, (a) => ~a],
  BYTE: ['1a', 2, (i, x) => (i > 31n ? 0n : (x >> (8n * (31n - i))) & 255n)],
  SHL: ['1b', 2, (s, x) => (s > 255n ? 0n : x << s)],
  SHR: ['1c', 2, (s, x) => (s > 255n ? 0n : x >> s)],
  SAR: ['1d', 2, (s, x) => signed(x) >> (s > 255n ? 255n : s)],
  CLZ: ['1e', 1, (a) => 256n - BigInt(a === 0n ? 0 : a.toString(2).length)],
};

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let bit = 255n; bit >= 0n; bit--) {
    result = (result * result) % TWO_256;
    if ((exponent >> bit) & 1n) result = (result * base) % TWO_256;
  }
  return result;
}

/** Words of all sizes, and those beside limb and sign boundaries, where carries and quotient estimates go wrong. */
const operand = fc.oneof(
  fc.bigInt(0n, TWO_256 - 1n),
  fc
    .tuple(fc.integer({ min: 0, max: 256 }), fc.bigInt(-3n, 3n))
    .map(([bits, off]) => unsigned(2n ** BigInt(bits) + off)),
  fc.tuple(fc.integer({ min: 1, max: 256 }), fc.bigInt(0n, TWO_256 - 1n)).map(([bits, x]) => x % 2n ** BigInt(bits)),
  fc.tuple(fc.bigInt(0n, 2n ** 64n - 1n), fc.integer({ min: 0, max: 3 })).map(([x, limb]) => x << (64n * BigInt(limb))),
  fc.bigInt(0n, 300n),
);

describe('256-bit arithmetic of the kernel', () => {
  const { kernel, state } = createTestKernel();
  let contracts = 0;

  /** Runs code at an address of its own: the kernel remembers accounts. */
  function run(code: Uint8Array): bigint {
    const to = address(0x10000 + contracts++);
    state.set(to, { code });
    const outcome = kernel.call(transactionOf({ to }));
    expect(outcome.status).to.equal(0);
    return numberOf(outcome.output);
  }

  for (const [name, [opcode, count, define]] of Object.entries(OPERATIONS)) {
    // Operands from calldata keep the code, and so the cache entry, the same; constants take the folded paths.
    const loads = ['5f35', '602035', '604035'].slice(0, count).reverse().join('');
    const to = address(0x1000 + Number.parseInt(opcode, 16));

    it(`${name} agrees with BigInt (seed ${SEED})`, () => {
      state.set(to, { code: assemble(`${loads}${opcode}${RETURN_TOP}`) });
      fc.assert(
        fc.property(fc.tuple(operand, operand, operand), (operands) => {
          const data = assemble(...operands.map((value) => value.toString(16).padStart(64, '0')));
          const outcome = kernel.call(transactionOf({ to, data }));
          expect(outcome.status).to.equal(0);
          expect(numberOf(outcome.output)).to.equal(unsigned(define(...operands.slice(0, count))));
        }),
        { seed: SEED, numRuns: 400 },
      );
    });
  }

  it('is the same on constants, which predecoding folds and fuses', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(OPERATIONS)),
        fc.tuple(operand, operand, operand),
        (name, operands) => {
          const [opcode, count, define] = OPERATIONS[name];
          const used = operands.slice(0, count);
          const pushes = used.map(shortestPush).reverse().join('');
          expect(run(assemble(`${pushes}${opcode}${RETURN_TOP}`))).to.equal(unsigned(define(...used)));
        },
      ),
      { seed: SEED, numRuns: 600 },
    );
  });

  it(`MULMOD and ADDMOD agree with BigInt where the modulus repeats (seed ${SEED})`, () => {
    const [mulmod, addmod] = [address(0x2008), address(0x2009)];
    state.set(mulmod, { code: assemble(`60403560203560003509${RETURN_TOP}`) });
    state.set(addmod, { code: assemble(`60403560203560003508${RETURN_TOP}`) });
    const moduli = fc.oneof(operand, fc.bigInt(2n ** 232n, 2n ** 234n), fc.bigInt(TWO_256 - 2n ** 65n, TWO_256 - 1n));
    const factors = fc.array(fc.tuple(operand, operand, fc.bigInt(-2n, 2n)), { minLength: 3, maxLength: 8 });
    fc.assert(
      fc.property(moduli, factors, (m, pairs) => {
        for (const [x, y, off] of pairs) {
          // Beside multiples of the modulus the estimated quotient is most often wrong.
          const a = m === 0n || x % 2n === 0n ? x : unsigned(x - (x % m) + off);
          // A square is computed in a way of its own.
          for (const b of [y, a]) {
            const data = assemble(...[a, b, m].map((value) => value.toString(16).padStart(64, '0')));
            const product = numberOf(kernel.call(transactionOf({ to: mulmod, data })).output);
            const sum = numberOf(kernel.call(transactionOf({ to: addmod, data })).output);
            expect([product, sum]).to.deep.equal(m === 0n ? [0n, 0n] : [(a * b) % m, (a + b) % m]);
          }
        }
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('divides beside multiples of the divisor', () => {
    const [div, mod] = [address(0x2004), address(0x2006)];
    state.set(div, { code: assemble(`60203560003504${RETURN_TOP}`) });
    state.set(mod, { code: assemble(`60203560003506${RETURN_TOP}`) });
    fc.assert(
      fc.property(operand, operand, fc.bigInt(-1n, 1n), (x, y, off) => {
        const a = y === 0n ? x : unsigned(x - (x % y) + off);
        const data = assemble(...[a, y].map((value) => value.toString(16).padStart(64, '0')));
        const quotient = numberOf(kernel.call(transactionOf({ to: div, data })).output);
        const rest = numberOf(kernel.call(transactionOf({ to: mod, data })).output);
        expect([quotient, rest]).to.deep.equal(y === 0n ? [0n, 0n] : [a / y, a % y]);
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });

  it('divides where the quotient digit is first estimated too high', () => {
    // Knuth's rare step "add back" (TAOCP 4.3.1, exercise 21), at 32-bit and at 64-bit digits.
    for (const bits of [32n, 64n]) {
      const [half, most] = [2n ** (bits - 1n), 2n ** bits - 1n];
      const dividend = (half << (3n * bits)) + ((most - 1n) << bits);
      const divisor = (half << (2n * bits)) + most;
      const code = assemble(divisor, dividend, `04${RETURN_TOP}`);
      expect(run(code)).to.equal(dividend / divisor);
    }
  });
});

/** The shortest PUSH of a value, as a compiler writes it. */
function shortestPush(value: bigint): string {
  if (value === 0n) return '5f';
  const digits = value.toString(16);
  const bytes = digits.length % 2 === 0 ? digits : `0${digits}`;
  return (0x5f + bytes.length / 2).toString(16) + bytes;
}
