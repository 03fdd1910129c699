import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encryptKeystoreJson, Wallet } from 'ethers';
import type { TributaryError } from '../../src/core/errors';
import { decryptKeystore } from '../../src/node/keystore';
import { loadKey, loadNodeKeys } from '../../src/node/nodeKeys';

const KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const PASSWORD = 'testpassword';

/** The test vectors of Web3 Secret Storage's definition. */
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

function failure(action: () => unknown): TributaryError {
  try {
    action();
  } catch (error) {
    return error as TributaryError;
  }
  throw new TypeError('expected an error, got none');
}

describe('decryptKeystore', () => {
  for (const [kdf, keystore] of Object.entries({ pbkdf2: PBKDF2, scrypt: SCRYPT })) {
    it(`reads the definition's test vector of ${kdf}`, () => {
      expect(decryptKeystore(JSON.stringify(keystore), PASSWORD, 'a.json')).to.equal(KEY);
    });
  }

  it('reads what ethers writes, with its parameters and its letter case', async () => {
    const wallet = Wallet.createRandom();
    const account = { address: wallet.address, privateKey: wallet.privateKey };
    const json = await encryptKeystoreJson(account, 'pass word ü', { scrypt: { N: 2 ** 14 } });
    expect(json).to.include('"Crypto"');
    expect(decryptKeystore(json, 'pass word ü', 'a.json')).to.equal(wallet.privateKey);
  });

  it('says that the password is wrong, and nothing more', () => {
    const error = failure(() => decryptKeystore(JSON.stringify(PBKDF2), 'testpasswore', 'a.json'));
    expect(error.code).to.equal('Node.KeystorePassword');
    expect(error.message).to.equal('the password does not open a.json');
  });

  const tampered: Record<string, unknown> = {
    'a cipher of another kind': { ...PBKDF2, crypto: { ...PBKDF2.crypto, cipher: 'aes-128-cbc' } },
    'a version of another time': { ...PBKDF2, version: 1 },
    'so many rounds that it would take hours': {
      ...PBKDF2,
      crypto: { ...PBKDF2.crypto, kdfparams: { ...PBKDF2.crypto.kdfparams, c: 10_000_001 } },
    },
    'so much memory that the machine would not have it': {
      ...SCRYPT,
      crypto: { ...SCRYPT.crypto, kdfparams: { ...SCRYPT.crypto.kdfparams, n: 2 ** 20, r: 8 } },
    },
    'an n that is no power of two': {
      ...SCRYPT,
      crypto: { ...SCRYPT.crypto, kdfparams: { ...SCRYPT.crypto.kdfparams, n: 1000 } },
    },
    'a ciphertext of another length': { ...PBKDF2, crypto: { ...PBKDF2.crypto, ciphertext: '5318b4' } },
    'a key derivation that does not exist': { ...PBKDF2, crypto: { ...PBKDF2.crypto, kdf: 'md5' } },
    'no crypto': { version: 3 },
  };
  for (const [what, keystore] of Object.entries(tampered)) {
    it(`refuses ${what}, at once`, () => {
      const error = failure(() => decryptKeystore(JSON.stringify(keystore), PASSWORD, 'a.json'));
      expect(error.code).to.equal('Node.KeystoreInvalid');
      expect(error.metaMessages).not.to.deep.equal([]);
    });
  }
});

describe('loadNodeKeys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-keys-'));
  const path = (name: string) => join(folder, name);
  const privateKey = `0x${'11'.repeat(32)}`;
  before(() => {
    writeFileSync(path('batcher.json'), JSON.stringify(PBKDF2));
    writeFileSync(path('password'), `${PASSWORD}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const errorOf = (promise: Promise<unknown>): Promise<TributaryError> =>
    promise.then(
      () => expect.fail('expected an error, got none'),
      (error) => error,
    );

  it('takes each role’s key from the folder, and what is not there from the environment', async () => {
    const keys = await loadNodeKeys(['batcher', 'proposer'], false, {
      environment: { TRIBUTARY_PROPOSER_KEY: privateKey },
      keystore: folder,
      passwordFile: path('password'),
    });
    expect(keys.batcher?.address).to.equal(new Wallet(KEY).address);
    expect(keys.proposer?.address).to.equal(new Wallet(privateKey).address);
  });

  it('takes a file by role, and one file for one role, with the password from the environment or the terminal', async () => {
    const environment = { TRIBUTARY_KEYSTORE_PASSWORD: PASSWORD };
    const named = await loadNodeKeys(['batcher'], false, { environment, keystore: `batcher=${path('batcher.json')}` });
    expect(named.batcher?.address).to.equal(new Wallet(KEY).address);
    const questions: string[] = [];
    const askPassword = async (question: string) => {
      questions.push(question);
      return PASSWORD;
    };
    const asked = await loadKey('deployer', { environment: {}, keystore: path('batcher.json'), askPassword });
    expect(asked.address).to.equal(new Wallet(KEY).address);
    expect(questions).to.deep.equal([`Password of ${path('batcher.json')}: `]);
  });

  it('says what is missing, never what a value is', async () => {
    const missing = await errorOf(loadNodeKeys(['batcher'], false, { environment: {} }));
    expect(missing.message).to.include('set TRIBUTARY_BATCHER_KEY or give --keystore');
    const short = await errorOf(
      loadNodeKeys(['batcher'], false, { environment: { TRIBUTARY_BATCHER_KEY: '0x5ec3e7' } }),
    );
    expect(short.message).to.include('TRIBUTARY_BATCHER_KEY').and.not.to.include('5ec3e7');
    const noPassword = await errorOf(loadKey('batcher', { environment: {}, keystore: folder }));
    expect(noPassword.message).to.include('TRIBUTARY_KEYSTORE_PASSWORD');
    const noFile = await errorOf(loadKey('batcher', { environment: {}, keystore: path('none.json') }));
    expect(noFile.code).to.equal('Node.KeystoreMissing');
    const oneFile = { environment: {}, keystore: path('batcher.json') };
    const twoRoles = await errorOf(loadNodeKeys(['batcher', 'proposer'], false, oneFile));
    expect(twoRoles.message).to.include('batcher=<file>,proposer=<file>');
  });

  it('refuses one key for two roles, and lets dev keys stand in on a dev chain only', async () => {
    const environment = { TRIBUTARY_BATCHER_KEY: privateKey, TRIBUTARY_PROPOSER_KEY: privateKey };
    const error = await errorOf(loadNodeKeys(['batcher', 'proposer'], false, { environment }));
    expect(error.code).to.equal('Node.KeyShared');
    const dev = await loadNodeKeys(['batcher', 'proposer'], true, { environment: {} });
    expect(dev.batcher?.address).not.to.equal(dev.proposer?.address);
  });
});
