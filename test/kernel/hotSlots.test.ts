import { expect } from 'chai';
import { compileAssembly } from './compileAssembly';
import { HOT_SLOT_SCENARIOS, hotSlotState, hotSlotTransactions, labels, VAULT } from './hotSlotBlocks';
import { assembleLabelled, createRandom } from './parallelBlocks';
import { block, expectEqual, ParallelKernel, runInOrder } from './parallelKernel';

const SEED = Number(process.env.FUZZ_SEED ?? 20260301);
const ROUNDS = Number(process.env.FUZZ_ROUNDS ?? 2);
const SENDER_COUNT = 80;

describe('Slots that many add to', function () {
  this.timeout(120_000);

  for (const workerCount of [2, 3, 8]) {
    it(`have what one after the other leaves, ${workerCount} workers (seed ${SEED})`, async () => {
      const state = hotSlotState(SENDER_COUNT);
      const parallel = new ParallelKernel(state, { workerCount });
      await parallel.pool.started();
      try {
        for (const [index, scenario] of HOT_SLOT_SCENARIOS.entries()) {
          const random = createRandom(SEED + index);
          for (let round = 0; round < ROUNDS; round++) {
            const transactions = hotSlotTransactions(scenario, 150, SENDER_COUNT, random);
            const expected = runInOrder(state, transactions, block);
            expectEqual(await parallel.run(transactions), expected, `${scenario.name}, round ${round}`);
          }
          if (process.env.PARALLEL_STATISTICS) {
            console.log(scenario.name, JSON.stringify(parallel.runner.statistics()));
          }
        }
        const { deltas } = parallel.runner.statistics();
        expect(deltas.kept, 'kept as deltas').to.be.greaterThan(0);
      } finally {
        await parallel.pool.shutDown();
      }
    });
  }
});

let compiled: WebAssembly.Module | undefined;

/** Labels of the loads in `code` that only serve to add to their slot: those whose first SLOAD is one. */
function recognized(code: Uint8Array, places: Map<string, number>): string[] {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
  compiled ??= new WebAssembly.Module(compileAssembly('src/kernel/assembly/evm/hotSlots.ts'));
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } });
  const { beginWalks, addsToSlot } = exports as Record<string, (...values: number[]) => number>;
  const at = 8 * 65_536;
  new Uint8Array(memory.buffer).set(code, at);
  return [...places].flatMap(([label, place]) => {
    beginWalks(code.length);
    // None of these codes has a push of this byte.
    const load = code.indexOf(0x54, place);
    return load >= 0 && addsToSlot(at, code.length, load, 0) ? [label] : [];
  });
}

describe('Loads that only serve to add to their slot', () => {
  it('are known by what becomes of the value', () => {
    const adding = ['add', 'addChecked', 'subtract', 'take', 'wrap', 'increment', 'incrementTwice', 'decrement'];
    // Where the sum goes is seen when it is stored; who leaves on the way has read the slot.
    const seenLater = ['copy', 'misplaced', 'abandoned'];
    const other = ['read', 'keep'];
    const asked = new Map([...labels].filter(([label]) => [...adding, ...seenLater, ...other].includes(label)));
    expect(recognized(VAULT, asked)).to.have.members([...adding, ...seenLater]);
  });

  it('are as compilers write them', () => {
    const { code, labels: places } = assembleLabelled(`
      unchecked: DUP1 SLOAD DUP3 ADD SWAP1 SSTORE JUMP
      openZeppelinDebit: SLOAD DUP2 DUP2 LT @enough JUMPI 0 MSTORE 32 0 REVERT
      enough: CALLER 0 MSTORE 64 0 KECCAK256 SWAP1 DUP3 SWAP1 SUB SWAP1 SSTORE STOP
      checkedBelow08: SLOAD DUP1 NOT DUP3 GT @fail JUMPI ADD SWAP1 SSTORE STOP
      vyper: SLOAD CALLVALUE DUP2 DUP2 ADD DUP3 DUP2 LT @fail JUMPI SWAP1 POP SWAP1 POP 7 SSTORE STOP
      solady: SLOAD DUP1 DUP3 GT @fail JUMPI DUP2 SWAP1 SUB 5 SSTORE POP STOP
      increment: SLOAD DUP1 0 NOT SWAP1 SUB ISZERO @fail JUMPI 1 ADD 0 SSTORE STOP
      kept: 0 DUP1 SLOAD SWAP1 DUP1 @raised DUP4 @raise JUMP raised: SWAP2 SWAP1 POP SSTORE POP STOP
      raise: 0 1 DUP3 ADD @fits JUMPI @fail JUMP fits: POP 1 ADD SWAP1 JUMP
      fail: 0 0 REVERT`);
    const shapes = ['unchecked', 'openZeppelinDebit', 'checkedBelow08', 'vyper', 'solady', 'increment', 'kept'];
    const asked = new Map([...places].filter(([label]) => shapes.includes(label)));
    expect(recognized(code, asked)).to.have.members(shapes);
  });

  it('are none where the value shows in anything else', () => {
    const { code, labels: places } = assembleLabelled(`
      doubled: 0 SLOAD DUP1 ADD 0 SSTORE STOP
      scaled: 0 SLOAD 1 ADD 2 SWAP1 DIV 0 SSTORE STOP
      fromConstant: 0 SLOAD 9 SUB 0 SSTORE STOP
      compared: 0 SLOAD DUP1 CALLVALUE LT @fail JUMPI 1 ADD 0 SSTORE STOP
      comparedWithAnother: 1 0 SLOAD DUP2 DUP2 LT @fail JUMPI CALLVALUE SWAP1 SUB 0 SSTORE STOP
      branching: 0 SLOAD DUP1 9 GT @more JUMPI 1 ADD 0 SSTORE STOP
      more: 2 ADD 0 SSTORE STOP
      isMost: 0 SLOAD DUP1 0 NOT EQ @fail JUMPI 2 ADD 0 SSTORE STOP
      returned: 0 SLOAD 1 ADD DUP1 0 SSTORE 0 MSTORE 32 0 RETURN
      left: 0 SLOAD DUP1 1 ADD 0 SSTORE 0 MSTORE 32 0 RETURN
      key: 0 SLOAD 1 ADD 5 SWAP1 SSTORE STOP
      loaded: 0 SLOAD 1 ADD CALLVALUE SLOAD POP 0 SSTORE STOP
      target: 0 SLOAD 1 ADD JUMP
      difference: 0 SLOAD 0 NOT SWAP1 SUB 0 SSTORE STOP
      fail: 0 0 REVERT`);
    expect(recognized(code, places)).to.deep.equal([]);
  });
});
