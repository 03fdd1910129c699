import { expect } from 'chai';
import fc from 'fast-check';
import { address, assemble, createTestKernel, numberOf, transactionOf } from './testKernel';

const SEED = Number(process.env.FAST_CHECK_SEED ?? 24_681_357);

/**
 * A second, naive machine: what random programs of the instructions that predecoding fuses must leave. Every program returns its
 * whole stack.
 */
class NaiveMachine {
  readonly stack: bigint[] = [];
  readonly memory = new Map<number, bigint>();
  code = '';

  push(value: bigint): void {
    const digits = value.toString(16);
    const bytes = digits.length % 2 === 0 ? digits : `0${digits}`;
    this.code += value === 0n ? '5f' : (0x5f + bytes.length / 2).toString(16) + bytes;
    this.stack.push(value);
  }

  pop(): bigint {
    return this.stack.pop() ?? 0n;
  }

  binary(opcode: string, compute: (a: bigint, b: bigint) => bigint): void {
    if (this.stack.length < 2) return;
    this.code += opcode;
    this.stack.push(BigInt.asUintN(256, compute(this.pop(), this.pop())));
  }

  unary(opcode: string, compute: (a: bigint) => bigint): void {
    if (this.stack.length < 1) return;
    this.code += opcode;
    this.stack.push(BigInt.asUintN(256, compute(this.pop())));
  }

  duplicate(depth: number): void {
    if (this.stack.length < depth) return;
    this.code += (0x7f + depth).toString(16);
    this.stack.push(this.stack[this.stack.length - depth]);
  }

  swap(depth: number): void {
    const top = this.stack.length - 1;
    if (top < depth) return;
    this.code += (0x8f + depth).toString(16);
    [this.stack[top], this.stack[top - depth]] = [this.stack[top - depth], this.stack[top]];
  }

  drop(): void {
    if (this.stack.length === 0) return;
    this.code += '50';
    this.stack.pop();
  }

  /** Stores the top at one of eight words, or loads one, by constant offset. */
  store(index: number): void {
    if (this.stack.length === 0) return;
    this.code += `60${(32 * index).toString(16).padStart(2, '0')}52`;
    this.memory.set(index, this.pop());
  }

  /** Stores a copy of a word, or what NOT makes of it, with the operands in the other order. */
  storeTurned(index: number, depth: number, invert: boolean): void {
    if (this.stack.length < depth) return;
    this.push(BigInt(32 * index));
    this.duplicate(depth + 1);
    if (invert) this.unary('19', (a) => ~a);
    this.code += '9052';
    this.memory.set(index, this.pop());
    this.pop();
  }

  load(index: number): void {
    this.code += `60${(32 * index).toString(16).padStart(2, '0')}51`;
    this.stack.push(this.memory.get(index) ?? 0n);
  }

  /** A conditional jump over an instruction that would change the result; `condition` is code that consumes the top two words. */
  jumpOver(condition: string, holds: (a: bigint, b: bigint) => boolean): void {
    if (this.stack.length < 2) return;
    this.push(0x1111n);
    this.swap(2);
    this.swap(1);
    this.jump(condition, holds);
  }

  private jump(condition: string, holds: (a: bigint, b: bigint) => boolean): void {
    const taken = holds(this.pop(), this.pop());
    // PUSH2 target, JUMPI, NOT, JUMPDEST
    const target = this.code.length / 2 + condition.length / 2 + 5;
    this.code += `${condition}61${target.toString(16).padStart(4, '0')}57195b`;
    if (!taken) this.stack.push(BigInt.asUintN(256, ~this.pop()));
  }

  /** A conditional jump on copies of words, as loops have them: the deeper copied first, or (`second` 0) the top itself and one copy. */
  jumpOnCopies(condition: string, first: number, second: number, holds: (a: bigint, b: bigint) => boolean): void {
    if (this.stack.length < Math.max(first, second) + 2) return;
    this.duplicate(first);
    if (second > 0) this.duplicate(second);
    this.jump(condition, holds);
  }

  /** A jump over nothing behind an addition, as loops end. */
  addAndJump(constant: bigint): void {
    this.push(constant);
    this.binary('01', (a, b) => a + b);
    const target = this.code.length / 2 + 5;
    this.code += `61${target.toString(16).padStart(4, '0')}56195b`;
  }

  /** Pushes a word that predecoding does not know to be constant: what follows is a block of its own. */
  pushUnknown(value: bigint): void {
    this.push(value);
    this.code += '5b';
  }

  /** Loads word number first + second + third as an array's element is loaded. */
  loadElement(first: number, second: number, third: number): void {
    this.push(BigInt(32 * first));
    this.pushUnknown(BigInt(second));
    this.code += `60051b60${(32 * third).toString(16).padStart(2, '0')}010151`;
    this.pop();
    this.pop();
    this.stack.push(this.memory.get(first + second + third) ?? 0n);
  }

  /** Stores the top as word number index + 1 + base, addressed as older code generators do. */
  storeElement(base: number, index: number): void {
    if (this.stack.length === 0) return;
    this.push(BigInt(32 * base));
    this.pushUnknown(BigInt(index));
    this.code += '6020908102919091010152';
    this.pop();
    this.pop();
    this.memory.set(base + index + 1, this.pop());
  }

  /** A jump where the index on top is below the word in memory that an array's length would be. */
  jumpInArray(array: number, index: bigint): void {
    this.push(BigInt(32 * array));
    this.pushUnknown(index);
    this.code += '8151';
    this.stack.push(this.memory.get(array) ?? 0n);
    this.duplicate(2);
    this.jump('10', (a, b) => a < b);
  }

  /** Stores the top at a copy of the offset below it. */
  storeAtCopy(index: number, value: bigint): void {
    this.push(BigInt(32 * index));
    this.pushUnknown(value);
    this.code += '8152';
    this.memory.set(index, this.pop());
  }

  /** A jump on a copy of one word. */
  jumpOnCopy(depth: number, whenZero: boolean): void {
    if (this.stack.length < depth) return;
    this.duplicate(depth);
    this.stack.push(0n);
    this.jump(whenZero ? '15' : '', (_, a) => (a === 0n) === whenZero);
  }

  /** MSTOREs the stack, top first, and returns it. */
  finish(): void {
    const { length } = this.stack;
    for (let i = 0; i < length; i++) this.code += `61${(1024 + 32 * i).toString(16).padStart(4, '0')}52`;
    this.code += `61${(32 * length).toString(16).padStart(4, '0')}610400f3`;
  }
}

const value = fc.oneof(
  fc.bigInt(0n, 300n),
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(0n, 2n ** 256n - 1n),
  fc.constant(2n ** 160n - 1n),
);

const STEPS: ((machine: NaiveMachine, constant: bigint, depth: number) => void)[] = [
  (machine) => machine.binary('01', (a, b) => a + b),
  (machine) => machine.binary('03', (a, b) => a - b),
  (machine) => machine.binary('02', (a, b) => a * b),
  (machine) => machine.binary('16', (a, b) => a & b),
  (machine) => machine.binary('17', (a, b) => a | b),
  (machine) => machine.binary('10', (a, b) => BigInt(a < b)),
  (machine) => machine.binary('11', (a, b) => BigInt(a > b)),
  (machine) => machine.binary('14', (a, b) => BigInt(a === b)),
  (machine) => machine.binary('1b', (a, b) => (a > 255n ? 0n : b << a)),
  (machine) => machine.binary('1c', (a, b) => (a > 255n ? 0n : b >> a)),
  (machine) => machine.unary('15', (a) => BigInt(a === 0n)),
  (machine) => machine.unary('19', (a) => ~a),
  (machine, _, depth) => machine.duplicate(depth),
  (machine) => machine.duplicate(1),
  (machine, _, depth) => machine.swap(depth),
  (machine) => machine.drop(),
  (machine, _, depth) => machine.store(depth),
  (machine, _, depth) => machine.load(depth),
  (machine) => machine.jumpOver('10', (a, b) => a < b),
  (machine) => machine.jumpOver('1015', (a, b) => a >= b),
  (machine) => machine.jumpOver('1115', (a, b) => a <= b),
  (machine) => machine.jumpOver('14', (a, b) => a === b),
  (machine) => machine.jumpOver('1415', (a, b) => a !== b),
  (machine, constant) => machine.push(constant),
  (machine, constant, depth) => machine.jumpOnCopies('10', depth, 1 + Number(constant % 4n), (a, b) => a < b),
  (machine, constant, depth) => machine.jumpOnCopies('1015', depth, 1 + Number(constant % 4n), (a, b) => a >= b),
  (machine, constant, depth) => machine.storeTurned(Number(constant % 8n), depth, false),
  (machine, constant, depth) => machine.storeTurned(Number(constant % 8n), depth, true),
  (machine) => {
    machine.swap(1);
    machine.binary('03', (a, b) => a - b);
  },
  (machine, _, depth) => {
    machine.duplicate(depth);
    machine.binary('01', (a, b) => a + b);
    machine.swap(1);
  },
  (machine, _, depth) => {
    machine.swap(depth);
    machine.swap(depth);
  },
  (machine, constant, depth) => {
    if (machine.stack.length < depth) return;
    machine.push(constant);
    machine.duplicate(depth + 1);
    machine.swap(1);
    machine.binary('1c', (a, b) => (a > 255n ? 0n : b >> a));
  },
  (machine, _, depth) => machine.jumpOnCopies('10', depth, 0, (a, b) => a < b),
  (machine, _, depth) => machine.jumpOnCopies('1115', depth, 0, (a, b) => a <= b),
  (machine, constant, depth) => machine.jumpOnCopies('11', depth, 1 + Number(constant % 4n), (a, b) => a > b),
  (machine, constant) => machine.addAndJump(constant),
  (machine, constant, depth) => machine.loadElement(depth, Number(constant % 4n), Number(constant % 3n)),
  (machine, constant, depth) => machine.storeElement(depth, Number(constant % 4n)),
  (machine, constant, depth) => machine.jumpInArray(depth, constant),
  (machine, constant, depth) => machine.storeAtCopy(depth, constant),
  (machine, constant, depth) => machine.jumpOnCopy(depth, constant % 2n === 0n),
  (machine, constant, depth) => {
    if (machine.stack.length < depth) return;
    machine.push(constant);
    machine.swap(depth);
  },
  (machine, constant) => {
    machine.push(constant);
    machine.binary('02', (a, b) => a * b);
  },
  (machine, constant) => {
    machine.push(constant % 20n);
    machine.binary('1b', (a, b) => b << a);
    machine.push(constant);
    machine.binary('01', (a, b) => a + b);
    machine.binary('01', (a, b) => a + b);
  },
  (machine, _, depth) => {
    machine.duplicate(depth);
    machine.swap(1);
    machine.binary('03', (a, b) => a - b);
  },
  (machine, constant) => {
    if (machine.stack.length < 2) return;
    machine.push(2n ** (constant % 18n));
    machine.swap(1);
    machine.duplicate(2);
    machine.binary('02', (a, b) => a * b);
    for (const depth of [2, 1, 2]) machine.swap(depth);
    for (let i = 0; i < 2; i++) machine.binary('01', (a, b) => a + b);
  },
];
const step = fc.record({ run: fc.constantFrom(...STEPS), value, depth: fc.integer({ min: 1, max: 6 }) });

describe('Instructions that predecoding fuses', () => {
  it(`leave what they leave one by one (seed ${SEED})`, () => {
    const { kernel, state } = createTestKernel('osaka', { accountBits: 12 });
    let contracts = 0;
    const steps = fc.array(step, { minLength: 4, maxLength: 60 });
    const program = fc.tuple(fc.array(value, { minLength: 2, maxLength: 6 }), steps);
    fc.assert(
      fc.property(program, ([start, rest]) => {
        const machine = new NaiveMachine();
        for (const constant of start) machine.push(constant);
        for (const { run, value: constant, depth } of rest) run(machine, constant, depth);
        machine.finish();
        const to = address(0x10000 + contracts++);
        state.set(to, { code: assemble(machine.code) });
        const { status, output } = kernel.call(transactionOf({ to }));
        expect(status).to.equal(0);
        const left = Array.from({ length: output.length / 32 }, (_, i) => numberOf(output.slice(32 * i, 32 * i + 32)));
        expect(left.reverse()).to.deep.equal(machine.stack);
      }),
      { seed: SEED, numRuns: 2500 },
    );
  });

  it('find the function that a selector names among many', () => {
    const { kernel, state } = createTestKernel();
    // PUSH0 CALLDATALOAD PUSH1 e0 SHR, then per function DUP1 PUSH4 selector EQ PUSH2 target JUMPI
    const selectors = Array.from({ length: 20 }, (_, i) => 0x10203040 + 0x01010101 * i);
    const chainStart = 5;
    const bodiesStart = chainStart + selectors.length * 11 + 3;
    let code = '5f3560e01c';
    for (const [i, selector] of selectors.entries()) {
      code += `8063${selector.toString(16)}1461${(bodiesStart + i * 9).toString(16).padStart(4, '0')}57`;
    }
    code += '5f5ffd';
    for (const i of selectors.keys()) code += `5b60${i.toString(16).padStart(2, '0')}5f5260205ff3`;
    const to = address(0x9999);
    state.set(to, { code: assemble(code) });
    for (const [i, selector] of selectors.entries()) {
      const { status, output } = kernel.call(transactionOf({ to, data: assemble(selector.toString(16)) }));
      expect({ status, answer: numberOf(output) }).to.deep.equal({ status: 0, answer: BigInt(i) });
    }
    expect(kernel.call(transactionOf({ to, data: assemble('deadbeef') })).status).to.equal(1);
  });

  it('halt at a jump to where no JUMPDEST is: into push data, past the end, to a word beyond 64 bits', () => {
    const { kernel, state } = createTestKernel();
    // PUSH1 5b is data at offset 4
    const programs = ['6004565b605b', '61ffff56', '68ffffffffffffffffff56', '6001600a57605b00', '5f196001585756'];
    const statuses = programs.map((code, i) => {
      const to = address(0x7000 + i);
      state.set(to, { code: assemble(code) });
      return kernel.call(transactionOf({ to })).status;
    });
    expect(statuses).to.deep.equal([2, 2, 2, 2, 2]);
  });
});
