import { createBlockHeader } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type BlockHeader,
  decodeHeader,
  encodeHeader,
  headerHash,
  nextBaseFee,
  outputRoot,
} from '../../src/codec/header';
import { concatBytes, toFixedBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';

const SEED = Number(process.env.FUZZ_SEED ?? 20260104);
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });

const header: BlockHeader = {
  parentHash: new Uint8Array(32).fill(1),
  coinbase: new Uint8Array(20).fill(2),
  stateRoot: new Uint8Array(32).fill(3),
  transactionsRoot: new Uint8Array(32).fill(4),
  receiptsRoot: new Uint8Array(32).fill(5),
  logsBloom: new Uint8Array(256).fill(6),
  number: 1000,
  gasLimit: 60_000_000n,
  gasUsed: 21_000n,
  timestamp: 1_700_000_000,
  prevRandao: new Uint8Array(32).fill(7),
  baseFeePerGas: 10n ** 9n,
  withdrawalsRoot: new Uint8Array(32).fill(8),
  parentBeaconBlockRoot: new Uint8Array(32).fill(9),
};

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const headers: fc.Arbitrary<BlockHeader> = fc.record({
  parentHash: hash,
  coinbase: fc.uint8Array({ minLength: 20, maxLength: 20 }),
  stateRoot: hash,
  transactionsRoot: hash,
  receiptsRoot: hash,
  logsBloom: fc.uint8Array({ minLength: 256, maxLength: 256 }),
  number: fc.nat(),
  gasLimit: fc.bigInt({ min: 2n ** 50n, max: 2n ** 62n }),
  gasUsed: fc.bigInt({ min: 0n, max: 2n ** 50n }),
  timestamp: fc.nat(),
  prevRandao: hash,
  baseFeePerGas: fc.bigInt({ min: 0n, max: 2n ** 200n }),
  withdrawalsRoot: hash,
  parentBeaconBlockRoot: hash,
});

function hashByEthereumjs(fields: BlockHeader): Uint8Array {
  const { coinbase, prevRandao, number, timestamp, transactionsRoot, receiptsRoot, ...same } = fields;
  return createBlockHeader(
    {
      ...same,
      coinbase: toHex(coinbase),
      mixHash: prevRandao,
      transactionsTrie: transactionsRoot,
      receiptTrie: receiptsRoot,
      number: BigInt(number),
      timestamp: BigInt(timestamp),
      difficulty: 0n,
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      requestsHash: toHex(Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex')),
    },
    { common, skipConsensusFormatValidation: true },
  ).hash();
}

describe('header codec', () => {
  it('has the golden hash', () => {
    expect(toHex(headerHash(header))).to.equal('0x9a8f2bde4143ab68f71e75576897dfbc53755e530f42b1ba329c12fe7fca2b05');
  });

  it(`is Ethereum's Prague header: @ethereumjs/block computes the same hash (seed ${SEED})`, () => {
    fc.assert(
      fc.property(headers, (fields) => {
        expect(toHex(headerHash(fields))).to.equal(toHex(hashByEthereumjs(fields)));
        expect(decodeHeader(encodeHeader(fields))).to.deep.equal(fields);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  it('refuses other lists', () => {
    expect(() => decodeHeader(Uint8Array.of(0xc0))).to.throw(
      TributaryError,
      'header: expected a list of 21 items, got 0',
    );
    expect(() => decodeHeader(encodeHeader(header).subarray(1))).to.throw(TributaryError);
  });

  it('gives the output root as OP Stack: keccak(version ‖ stateRoot ‖ messagePasserStorageRoot ‖ blockHash)', () => {
    const preimage = concatBytes(ZERO_HASH, header.stateRoot, header.withdrawalsRoot, headerHash(header));
    expect(preimage).to.have.length(128);
    expect(outputRoot(header)).to.deep.equal(keccak256(preimage));
  });

  it(`moves the base fee as EIP-1559, like @ethereumjs/block (seed ${SEED})`, () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 60_000_000n }),
        fc.bigInt({ min: 7n, max: 10n ** 12n }),
        (gasUsed, baseFeePerGas) => {
          const parent = { ...header, gasUsed, baseFeePerGas };
          const expected = createBlockHeader(
            { number: 1n, gasLimit: parent.gasLimit, gasUsed, baseFeePerGas },
            { common: new Common({ chain: Mainnet, hardfork: Hardfork.London }), skipConsensusFormatValidation: true },
          ).calcNextBaseFee();
          expect(nextBaseFee(parent, 2, 8)).to.equal(expected);
        },
      ),
      { seed: SEED, numRuns: 200 },
    );
    expect(nextBaseFee({ gasLimit: 10n, gasUsed: 10n, baseFeePerGas: 0n }, 2, 8)).to.equal(1n);
    expect(toFixedBytes(nextBaseFee({ gasLimit: 10n, gasUsed: 0n, baseFeePerGas: 8n }, 2, 8), 1)).to.deep.equal(
      Uint8Array.of(7),
    );
  });
});
