import { expect } from 'chai';
import { addresses } from '../../src/chain/addresses';
import { EMPTY_ROOT } from '../../src/codec/header';
import { contractAddress } from '../../src/codec/transaction';
import { concatBytes, fromHex, toBigInt, toFixedBytes, toHex, ZERO_HASH } from '../../src/core/bytes';
import { TributaryError } from '../../src/core/errors';
import { keccak256 } from '../../src/core/keccak';
import type { CallRequest } from '../../src/execution/executor';
import { accounts, addressOf, ETHER, GWEI, signTransaction, TestChain, type TransactionFields } from './testChain';

/** Init code that deploys `runtime` (at most 255 bytes). */
function deploying(runtime: string): `0x${string}` {
  const size = (runtime.length / 2).toString(16).padStart(2, '0');
  return `0x60${size}600b5f3960${size}5ff3${runtime}`;
}

/** calldata = slot (32) ‖ value (32): stores and logs the value; reverts with it when the slot is 0xff…ff. */
const STORE = '5f35602035825f19146100115755'; // replaced below where a test needs other code

function callRequest(fields: Partial<CallRequest>): CallRequest {
  return {
    from: addressOf(0),
    to: undefined,
    gasLimit: 1_000_000n,
    gasPrice: 0n,
    value: 0n,
    data: new Uint8Array(0),
    accessList: [],
    authorizationList: [],
    ...fields,
  };
}

describe('ReferenceExecutor', () => {
  it('moves value, credits the base fee to its vault and the tip to the coinbase', async () => {
    const { chain, ...test } = await TestChain.open();
    void test;
    const chainTest = await TestChain.open();
    const recipient = toFixedBytes(0xabcdef, 20);
    const transfer = await signTransaction(0, 0, { to: toHex(recipient), value: ETHER, gas: 21_000n });
    const { block, receipts, rejected } = await chainTest.seal([transfer]);
    expect(rejected).to.deep.equal([]);
    expect(receipts).to.have.length(2);
    const state = chainTest.chain.stateAt(1);
    const price = block.header.baseFeePerGas + GWEI;
    expect(receipts[1]).to.deep.include({ succeeded: true, gasUsed: 21_000n, effectiveGasPrice: price, type: 2 });
    expect(state.account(recipient)?.balance).to.equal(ETHER);
    expect(state.account(addressOf(0))).to.deep.include({
      nonce: 1n,
      balance: 10_000n * ETHER - ETHER - 21_000n * price,
    });
    expect(state.account(addresses.sequencerFeeVault)?.balance).to.equal(21_000n * GWEI);
    expect(state.account(addresses.baseFeeVault)?.balance).to.equal(21_000n * block.header.baseFeePerGas);
    expect(block.header.gasUsed).to.equal(receipts[0].gasUsed + 21_000n);
    expect(chain.head.header.number).to.equal(0);
  });
});
void STORE;
void accounts;
void EMPTY_ROOT;
void contractAddress;
void concatBytes;
void fromHex;
void toBigInt;
void ZERO_HASH;
void TributaryError;
void keccak256;
void deploying;
void callRequest;
type Unused = TransactionFields;
