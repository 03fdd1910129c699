import { createDecipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';
import { scrypt } from '@noble/hashes/scrypt.js';
import type { Hex } from 'viem';
import { z } from 'zod';
import { concatBytes, fromHex, toHex } from '../core/bytes';
import { TributaryError } from '../core/errors';
import { keccak256 } from '../core/keccak';

const hex = (sizeBytes: number) =>
  z.string().regex(new RegExp(`^(0x)?[0-9a-fA-F]{${sizeBytes * 2}}$`), `expected ${sizeBytes} bytes in hex`);
/** What deriving a key may take: 512 MiB, and about a minute. Common files take 256 MiB (scrypt n = 262,144, r = 8). */
const SCRYPT_MEMORY_BYTES_MAX = 512 * 1024 * 1024;
const SCRYPT_PARALLELIZATION_MAX = 16;
const PBKDF2_ROUNDS_MAX = 10_000_000;
const SALT = z.string().regex(/^(0x)?([0-9a-fA-F]{2}){1,64}$/, 'expected 1 to 64 bytes in hex');
const KEY_LENGTH_BYTES = z.literal(32);

/** Web3 Secret Storage, version 3, with the two key derivations and the one cipher that it defines. Letter case of `crypto` differs between writers. */
const keystoreSchema = z.object({
  version: z.literal(3),
  crypto: z
    .object({
      cipher: z.literal('aes-128-ctr'),
      ciphertext: hex(32),
      cipherparams: z.object({ iv: hex(16) }),
      mac: hex(32),
    })
    .and(
      z.discriminatedUnion('kdf', [
        z.object({
          kdf: z.literal('scrypt'),
          kdfparams: z.object({
            dklen: KEY_LENGTH_BYTES,
            n: z
              .number()
              .int()
              .min(2)
              .max(2 ** 22),
            r: z.number().int().min(1).max(64),
            p: z.number().int().min(1).max(SCRYPT_PARALLELIZATION_MAX),
            salt: SALT,
          }),
        }),
        z.object({
          kdf: z.literal('pbkdf2'),
          kdfparams: z.object({
            dklen: KEY_LENGTH_BYTES,
            c: z.number().int().min(1).max(PBKDF2_ROUNDS_MAX),
            prf: z.literal('hmac-sha256'),
            salt: SALT,
          }),
        }),
      ]),
    ),
});

type KeystoreCrypto = z.infer<typeof keystoreSchema>['crypto'];

/**
 * The private key in a keystore file (Web3 Secret Storage v3): the MAC says whether the password is right, before anything is decrypted.
 * @param text of the file @param source its path, for messages
 * @throws Node.KeystoreInvalid naming each field that is wrong; Node.KeystorePassword. Neither holds the password or the key
 */
export function decryptKeystore(text: string, password: string, source: string): Hex {
  const { ciphertext, cipherparams, mac, ...derivation } = parseKeystore(text, source);
  const derived = deriveKey(derivation as KeystoreCrypto, password, source);
  const encrypted = bytesOf(ciphertext);
  const expectedMac = keccak256(concatBytes(derived.subarray(16, 32), encrypted));
  if (!timingSafeEqual(expectedMac, bytesOf(mac))) {
    throw new TributaryError('Node.KeystorePassword', `the password does not open ${source}`, { recovery: 'halt' });
  }
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), bytesOf(cipherparams.iv));
  return toHex(concatBytes(decipher.update(encrypted), decipher.final()));
}

function parseKeystore(text: string, source: string): KeystoreCrypto {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, ['it is not JSON'], cause);
  }
  if (typeof json === 'object' && json !== null && 'Crypto' in json && !('crypto' in json)) {
    json = { ...json, crypto: json.Crypto };
  }
  const parsed = keystoreSchema.safeParse(json);
  if (parsed.success) return parsed.data.crypto;
  throw invalid(
    source,
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || '(file)'}: ${message}`),
  );
}

function deriveKey(crypto: KeystoreCrypto, password: string, source: string): Uint8Array {
  if (crypto.kdf === 'pbkdf2') {
    const { c, dklen, salt } = crypto.kdfparams;
    return pbkdf2Sync(password, bytesOf(salt), c, dklen, 'sha256');
  }
  const { n, r, p, dklen, salt } = crypto.kdfparams;
  const memoryBytes = 128 * n * r + 128 * r * p;
  if (memoryBytes > SCRYPT_MEMORY_BYTES_MAX || (n & (n - 1)) !== 0) {
    throw invalid(source, [
      `crypto.kdfparams: expected n a power of two and at most ${SCRYPT_MEMORY_BYTES_MAX} bytes of memory, got n ${n}, r ${r}: ${memoryBytes} bytes`,
    ]);
  }
  // OpenSSL keeps to RFC 7914's n < 2^(16 r), which the definition's own test vector (r = 1) does not.
  if (n >= 2 ** (16 * r)) {
    return scrypt(Buffer.from(password), bytesOf(salt), {
      N: n,
      r,
      p,
      dkLen: dklen,
      maxmem: 2 * SCRYPT_MEMORY_BYTES_MAX,
    });
  }
  return scryptSync(password, bytesOf(salt), dklen, { N: n, r, p, maxmem: 2 * SCRYPT_MEMORY_BYTES_MAX });
}

function bytesOf(text: string): Uint8Array {
  return fromHex(text.startsWith('0x') ? (text as Hex) : `0x${text}`);
}

function invalid(source: string, problems: string[], cause?: unknown): TributaryError {
  return new TributaryError('Node.KeystoreInvalid', `${source} is not a keystore that can be read`, {
    recovery: 'halt',
    metaMessages: problems,
    cause,
  });
}
