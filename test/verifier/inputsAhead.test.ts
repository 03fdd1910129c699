import { expect } from 'chai';
import type { L1Input } from '../../src/chain/l1Block';
import { TributaryError } from '../../src/core/errors';
import { InputsAhead } from '../../src/verifier/inputsAhead';
import { L1Builder } from '../derivation/l1Builder';

const l1 = new L1Builder();
l1.addEmpty(20);

/** Gives the inputs, then does what `end` says; tells how many were asked for. */
function source(inputs: L1Input[], end: () => Promise<void> = async () => undefined) {
  const asked = { count: 0 };
  async function* give(): AsyncGenerator<L1Input> {
    for (const input of inputs) {
      asked.count++;
      yield input;
    }
    asked.count++;
    await end();
  }
  return { asked, inputs: new InputsAhead(give()) };
}

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('verifier/inputsAhead', () => {
  it('gives all in order, then the end', async () => {
    const { inputs } = source(l1.inputs);
    for (const input of l1.inputs) expect(await inputs.next()).to.equal(input);
    expect(await inputs.next()).to.equal(undefined);
    expect(await inputs.next()).to.equal(undefined);
  });

  it('fetches nothing before it is asked, then eight ahead, which can be looked at', async () => {
    const { asked, inputs } = source(l1.inputs);
    await settled();
    expect(asked.count).to.equal(0);
    expect(await inputs.next()).to.equal(l1.inputs[0]);
    await settled();
    expect(asked.count).to.equal(1 + 8);
    expect(inputs.waiting).to.deep.equal(l1.inputs.slice(1, 9));
    await inputs.next();
    await settled();
    expect(inputs.waiting).to.deep.equal(l1.inputs.slice(2, 10));
  });

  it('throws what the source throws, after all that it gave before', async () => {
    const fault = new TributaryError('L1.Reorg', 'the L1 was reorganized', { recovery: 'reset' });
    const { inputs } = source(l1.inputs.slice(0, 3), () => Promise.reject(fault));
    await inputs.next();
    await settled();
    expect(inputs.waiting).to.have.length(2);
    await inputs.next();
    await inputs.next();
    expect(await inputs.next().catch((error: unknown) => error)).to.equal(fault);
  });

  it('gives a block when it comes, without waiting for the next', async () => {
    const { asked, inputs } = source(l1.inputs.slice(0, 2), () => new Promise(() => undefined));
    expect(await inputs.next()).to.equal(l1.inputs[0]);
    expect(await inputs.next()).to.equal(l1.inputs[1]);
    await settled();
    expect(asked.count).to.equal(3);
    expect(inputs.waiting).to.deep.equal([]);
  });
});
