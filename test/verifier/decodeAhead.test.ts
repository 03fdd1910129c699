import { expect } from 'chai';
import { decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { TributaryError } from '../../src/core/errors';
import type { Candidate } from '../../src/derivation/candidate';
import { type BlockDecoder, DecodeAhead } from '../../src/verifier/decodeAhead';
import { privateKeyOf, signTransaction } from '../codec/signTransaction';

const signed = Array.from({ length: 6 }, (_, i) => signTransaction(privateKeyOf(i), { type: 2, nonce: BigInt(i) }));

/** Remembers what it was asked for, by the nonces. */
class RecordingDecoder implements BlockDecoder {
  readonly asked: number[][] = [];
  readonly #fault: Error | undefined;

  constructor(fault?: Error) {
    this.#fault = fault;
  }

  async decodeAll(raws: readonly Uint8Array[]): Promise<(SignedTransaction | TributaryError)[]> {
    this.asked.push(raws.map((raw) => signed.findIndex((transaction) => transaction.raw === raw)));
    if (this.#fault) throw this.#fault;
    return raws.map((raw) => {
      try {
        return decodeTransaction(raw);
      } catch (error) {
        return error as TributaryError;
      }
    });
  }
}

/** The candidates of a batch of these blocks. */
function candidates(blocks: Uint8Array[][]): Candidate[] {
  return blocks.map((transactions, index) => ({
    attributes: {} as Candidate['attributes'],
    transactions,
    following: (distance) => blocks[index + distance],
    source: { kind: 'batch', batchIndex: 0, claimedHash: undefined },
  }));
}

const raws = (...indexes: number[]) => indexes.map((index) => signed[index].raw);

describe('verifier/decodeAhead', () => {
  it('decodes each block once, the following ones before they are asked for', async () => {
    const decoder = new RecordingDecoder();
    const ahead = new DecodeAhead(decoder);
    const [first, second, third] = candidates([raws(0, 1), [], raws(2)]);
    expect(await ahead.decode(first)).to.deep.equal([signed[0], signed[1]]);
    expect(decoder.asked).to.deep.equal([[0, 1], [], [2]]);
    expect(await ahead.decode(second)).to.deep.equal([]);
    expect(await ahead.decode(third)).to.deep.equal([signed[2]]);
    expect(decoder.asked).to.have.length(3);
  });

  it('looks only so far ahead as keeps a decoder busy', async () => {
    const decoder = new RecordingDecoder();
    const blocks = Array.from({ length: 1_000 }, () => raws(3));
    await new DecodeAhead(decoder).decode(candidates(blocks)[0]);
    expect(decoder.asked).to.have.length(1 + 256);
  });

  it('says what is wrong with the first bad transaction, and forgets the rest of a batch that was cut', async () => {
    const decoder = new RecordingDecoder();
    const ahead = new DecodeAhead(decoder);
    const [bad, , other] = candidates([[signed[0].raw, Uint8Array.of(2, 0xc0)], raws(1), raws(2)]);
    expect(await ahead.decode(bad)).to.equal('transaction 1: transaction: expected a list of 12 items, got 0');
    const [next] = candidates([raws(4)]);
    expect(await ahead.decode(next)).to.deep.equal([signed[4]]);
    // Not kept from the batch that was cut.
    await ahead.decode(other);
    expect(decoder.asked.slice(-1)).to.deep.equal([[2]]);
    expect(decoder.asked).to.have.length(5);
  });

  it('passes a fault of the decoder on to who waits for it, and to nobody else', async () => {
    const fault = new TributaryError('Test.Fault', 'no decoder', { recovery: 'retry' });
    const ahead = new DecodeAhead(new RecordingDecoder(fault));
    const [first] = candidates([raws(0), raws(1)]);
    const outcome = await ahead.decode(first).catch((error: unknown) => error);
    expect(outcome).to.equal(fault);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('decodes on the spot without a decoder', async () => {
    const [candidate] = candidates([raws(5)]);
    expect(await new DecodeAhead(undefined).decode(candidate)).to.deep.equal([signed[5]]);
  });
});
