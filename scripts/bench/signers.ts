import { RLP } from '@ethereumjs/rlp';
import secp256k1 from 'secp256k1';
import { mnemonicToAccount } from 'viem/accounts';
import { decodeTransaction, type SignedTransaction } from '../../src/codec/transaction';
import { type Address, concatBytes, EMPTY_BYTES, toFixedBytes, toMinimalBytes } from '../../src/core/bytes';
import { keccak256 } from '../../src/core/keccak';

const MNEMONIC = 'test test test test test test test test test test test junk';
const MAX_FEE_WEI = 1_000_000_000_000n;
const TIP_WEI = 1_000_000_000n;
const EIP_1559 = Uint8Array.of(2);

export interface Signer {
  privateKey: Uint8Array;
  address: Address;
  /** Of its next transaction. */
  nonce: number;
}

export interface Message {
  /** Undefined: a creation. */
  to: Address | undefined;
  value?: bigint;
  data?: Uint8Array;
  gasLimit: bigint;
  /** Wei per gas; default 1,000 and 1 gwei. */
  maxFeeWei?: bigint;
  tipWei?: bigint;
}

/** The first accounts of the mnemonic that Hardhat, anvil and `tributary dev` give money to. */
export function devSigners(count: number): Signer[] {
  // One derivation of the seed for all: it costs 2048 rounds of HMAC-SHA-512.
  const parent = mnemonicToAccount(MNEMONIC, { path: "m/44'/60'/0'/0" }).getHdKey();
  return Array.from({ length: count }, (_, index) => signer(parent.deriveChild(index).privateKey as Uint8Array));
}

/** Accounts that nobody has given money to. */
export function plainSigners(count: number): Signer[] {
  return Array.from({ length: count }, (_, index) => signer(keccak256(toFixedBytes(index + 1, 4))));
}

function signer(privateKey: Uint8Array): Signer {
  return {
    privateKey,
    address: keccak256(secp256k1.publicKeyCreate(privateKey, false).subarray(1)).slice(12),
    nonce: 0,
  };
}

/** A raw EIP-1559 transaction, and the signer's next nonce taken. About 100 µs. */
export function signRaw(signer: Signer, chainId: number, message: Message): Uint8Array {
  const { to, value = 0n, data, gasLimit, maxFeeWei = MAX_FEE_WEI, tipWei = TIP_WEI } = message;
  const nonce = toMinimalBytes(signer.nonce++);
  const fees = [toMinimalBytes(tipWei), toMinimalBytes(maxFeeWei)];
  const fields = [toMinimalBytes(chainId), nonce, ...fees, toMinimalBytes(gasLimit)];
  const unsigned = [...fields, to ?? EMPTY_BYTES, toMinimalBytes(value), data ?? EMPTY_BYTES, []];
  const digest = keccak256(concatBytes(EIP_1559, RLP.encode(unsigned)));
  const { signature, recid } = secp256k1.ecdsaSign(digest, signer.privateKey);
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)].map(withoutLeadingZeros);
  return concatBytes(EIP_1559, RLP.encode([...unsigned, toMinimalBytes(recid), r, s]));
}

/** As `signRaw`, decoded, with the sender known. */
export function sign(signer: Signer, chainId: number, message: Message): SignedTransaction {
  return decodeTransaction(signRaw(signer, chainId, message), signer.address);
}

/** An address that nobody has used before, the `index`-th of its kind: spread evenly, as addresses are. */
export function freshAddress(index: number): Address {
  return keccak256(toFixedBytes(index + 1, 32)).slice(0, 20);
}

function withoutLeadingZeros(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(first < 0 ? bytes.length : first);
}
