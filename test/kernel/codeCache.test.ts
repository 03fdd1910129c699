import { expect } from 'chai';
import { toHex } from '../../src/core/bytes';
import {
  address,
  assemble,
  BLOCK,
  CONTRACT,
  createTestKernel,
  numberOf,
  RETURN_TOP,
  SENDER,
  transactionOf,
} from './testKernel';

const CODE_SIZE_MAX = 24_576;
const INITCODE_SIZE_MAX = 49_152;

/** `code` filled up with JUMPDESTs, which take the most room when predecoded. */
function padded(code: string, size: number): Uint8Array {
  return assemble(code + '5b'.repeat(size - code.length / 2));
}

describe('Predecoded code', () => {
  it('that does not all fit is thrown out and brought back while callers wait for their callees', () => {
    // A chain of 60 contracts of the largest size: a million bytes predecoded each, in a cache of 4 MiB.
    const { kernel, state } = createTestKernel('osaka', { codeCacheSizeBytes: 4 * 2 ** 20 });
    const at = (i: number) => address(0x50000 + i);
    const count = 60;
    for (let i = 0; i < count; i++) {
      // Looks at another contract's code, calls the next, adds one to what it returned.
      const look = `73${toHex(at((i * 7) % count)).slice(2)}3b50`;
      const call = `60205f5f5f5f73${toHex(at(i + 1)).slice(2)}5af1505f51600101${RETURN_TOP}`;
      state.set(at(i), { code: padded(look + call, CODE_SIZE_MAX - i) });
    }
    state.set(at(count), { code: assemble(`6007${RETURN_TOP}`) });
    const outcome = kernel.call(transactionOf({ to: at(0), gasLimit: 16_000_000n }));
    expect({ status: outcome.status, sum: numberOf(outcome.output) }).to.deep.equal({ status: 0, sum: 67n });
  });

  it('keeps what the block deployed when the cache is emptied', () => {
    const { kernel, state } = createTestKernel('osaka', { codeCacheSizeBytes: 4 * 2 ** 20 });
    const runtime = assemble(`602a${RETURN_TOP}`);
    const initcode = assemble(`67${toHex(runtime).slice(2)}5f5260086018f3`);
    const first = kernel.execute(transactionOf({ to: undefined, data: initcode })).contractAddress;
    for (let i = 0; i < 12; i++) {
      const to = address(0x60000 + i);
      state.set(to, { code: padded(`60${(i + 16).toString(16)}50`, CODE_SIZE_MAX) });
      expect(kernel.call(transactionOf({ to })).status).to.equal(0);
    }
    expect(numberOf(kernel.call(transactionOf({ to: first })).output)).to.equal(42n);
    const codes = kernel.changes().flatMap(({ code }) => (code ? [toHex(code)] : []));
    expect(codes).to.deep.equal([toHex(runtime)]);
  });

  it('keeps what the block deployed when an earlier block deployed the same and took it back', () => {
    const { kernel, state } = createTestKernel('osaka', { codeCacheSizeBytes: 4 * 2 ** 20 });
    const runtime = assemble(`602a${RETURN_TOP}`);
    const initcode = assemble(`67${toHex(runtime).slice(2)}5f5260086018f3`);
    // CALLDATACOPY, CREATE from it, REVERT.
    const factory = address(0x70000);
    state.set(factory, { code: assemble('365f5f37365f5ff0505f5ffd') });
    expect(kernel.execute(transactionOf({ to: factory, data: initcode })).status).to.equal(1);
    kernel.commit();
    kernel.beginBlock({ ...BLOCK, number: BLOCK.number + 1 });
    const created = kernel.execute(transactionOf({ to: undefined, data: initcode, nonce: 1n })).contractAddress;
    for (let i = 0; i < 12; i++) {
      const to = address(0x60000 + i);
      state.set(to, { code: padded(`60${(i + 16).toString(16)}50`, CODE_SIZE_MAX) });
      expect(kernel.call(transactionOf({ to })).status).to.equal(0);
    }
    expect(numberOf(kernel.call(transactionOf({ to: created })).output)).to.equal(42n);
  });

  it('of initcode is made again when creations nest deeper than there is room for', () => {
    const { kernel, state } = createTestKernel('prague');
    // Initcode: counts slot 0 of the contract up through a call, copies itself and creates a child from it, until gas runs low.
    const count = `5f5f5f5f5f73${toHex(CONTRACT).slice(2)}61c350f150`;
    // PUSH3 200000 GAS LT PUSH2 end JUMPI; CODECOPY; CREATE; POP; count again; JUMPDEST STOP
    const body = (end: number) =>
      `${count}62030d405a1061${end.toString(16).padStart(4, '0')}57385f5f39385f5ff050${count}5b5f5ff3`;
    const end = body(0).length / 2 - 4;
    const initcode = padded(body(end), INITCODE_SIZE_MAX);
    state.set(CONTRACT, { code: assemble('5f546001015f5500') });
    kernel.beginBlock({ ...BLOCK, fork: 'prague' });
    const outcome = kernel.execute(transactionOf({ to: undefined, data: initcode, gasLimit: 30_000_000n }));
    expect(outcome.status).to.equal(0);
    const changes = kernel.changes();
    const counted = changes.find((change) => toHex(change.address) === toHex(CONTRACT))?.slots[0].value;
    const created = changes.filter((change) => change.nonce > 0n && toHex(change.address) !== toHex(SENDER)).length;
    expect(created).to.be.greaterThan(20);
    // Every creation counts before its child, and all but the innermost after it.
    expect(numberOf(counted ?? new Uint8Array(0))).to.equal(BigInt(2 * created - 1));
  });
});
