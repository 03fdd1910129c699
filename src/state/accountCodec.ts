import { RlpReader, readHash, readUint } from '../codec/rlpReader';
import { encodeRlp } from '../codec/rlpWriter';
import { toMinimalBytes } from '../core/bytes';
import type { Account } from './stateReader';

/** rlp([nonce, balance, storageRoot, codeHash]): the account trie's leaf and the flat state's value (yellow paper 4.1). */
export function encodeAccount(account: Account): Uint8Array {
  return encodeRlp([
    toMinimalBytes(account.nonce),
    toMinimalBytes(account.balance),
    account.storageRoot,
    account.codeHash,
  ]);
}

/** @throws Codec.InvalidRlp */
export function decodeAccount(bytes: Uint8Array): Account {
  const fields = RlpReader.decodeList(bytes, 'account', 4);
  return {
    nonce: readUint(fields[0], 'nonce', 8),
    balance: readUint(fields[1], 'balance', 32),
    storageRoot: readHash(fields[2], 'storageRoot'),
    codeHash: readHash(fields[3], 'codeHash'),
  };
}
