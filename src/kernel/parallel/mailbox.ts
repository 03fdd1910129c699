/**
 * How a worker that has no way to the state of its own asks the main thread for it: it writes its question into its mailbox, raises the run's count of
 * requests, and sleeps. The main thread, which takes part in the run, looks at that count between two tasks and answers from its backend.
 */
import type { Address, Hash } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import type { BackendAccount, StateBackend } from '../stateBackend';

const HEADER_SIZE_BYTES = 16;
const MESSAGE_SIZE_BYTES_MAX = 256 * 1024;
export const MAILBOX_SIZE_BYTES = HEADER_SIZE_BYTES + MESSAGE_SIZE_BYTES_MAX;

const STATE = 0;
const QUESTION = 1;
const LENGTH = 2;

const IDLE = 0;
const ASKED = 1;
const ANSWERED = 2;
const FAILED = 3;

const ACCOUNT = 0;
const SLOT = 1;
const CODE = 2;
const BLOCK_HASH = 3;
/** In the header's length: there is nothing. */
const NOTHING = -1;
const ACCOUNT_SIZE_BYTES = 8 + 3 * 32;

/** One side's view of a mailbox. */
class Mailbox {
  readonly words: Int32Array;
  readonly #bytes: Buffer;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, HEADER_SIZE_BYTES / 4);
    this.#bytes = Buffer.from(buffer, HEADER_SIZE_BYTES);
  }

  write(message: Uint8Array | undefined): void {
    if (message && message.length > MESSAGE_SIZE_BYTES_MAX) {
      const text = `a message takes ${message.length} bytes, limit ${MESSAGE_SIZE_BYTES_MAX}`;
      throw new TributaryError('Kernel.MailboxFull', text, { recovery: 'halt' });
    }
    this.words[LENGTH] = message ? message.length : NOTHING;
    if (message) this.#bytes.set(message);
  }

  read(): Buffer | undefined {
    const length = this.words[LENGTH];
    return length === NOTHING ? undefined : Buffer.from(this.#bytes.subarray(0, length));
  }

  writeText(text: string): void {
    this.write(Buffer.from(text.slice(0, MESSAGE_SIZE_BYTES_MAX / 4)));
  }
}

/** The worker's side. */
export class MailboxBackend implements StateBackend {
  readonly #mailbox: Mailbox;
  readonly #ring: () => void;

  /** @param ring raises the count of requests and wakes the main thread */
  constructor(buffer: SharedArrayBuffer, ring: () => void) {
    this.#mailbox = new Mailbox(buffer);
    this.#ring = ring;
  }

  loadAccount(address: Address): BackendAccount | undefined {
    const answer = this.#ask(ACCOUNT, address);
    if (!answer) return undefined;
    return {
      nonce: answer.readBigUInt64LE(0),
      balance: BigInt(`0x${answer.toString('hex', 8, 40)}`),
      codeHash: answer.subarray(40, 72),
      storageRoot: answer.subarray(72, 104),
    };
  }

  loadSlot(address: Address, slot: Hash): Uint8Array | undefined {
    return this.#ask(SLOT, Buffer.concat([address, slot]));
  }

  loadCode(codeHash: Hash): Uint8Array | undefined {
    return this.#ask(CODE, codeHash);
  }

  /** Trie nodes are not passed on: a job that lacks one is left to the main thread. */
  loadTrieNode(): undefined {
    return undefined;
  }

  blockHash(blockNumber: number): Hash {
    const question = Buffer.alloc(8);
    question.writeBigUInt64LE(BigInt(blockNumber));
    return this.#ask(BLOCK_HASH, question) as Hash;
  }

  #ask(question: number, message: Uint8Array): Buffer | undefined {
    const { words } = this.#mailbox;
    this.#mailbox.write(message);
    words[QUESTION] = question;
    Atomics.store(words, STATE, ASKED);
    this.#ring();
    while (Atomics.load(words, STATE) === ASKED) Atomics.wait(words, STATE, ASKED);
    const failed = Atomics.exchange(words, STATE, IDLE) === FAILED;
    const answer = this.#mailbox.read();
    if (failed) throw new TributaryError('Kernel.BackendFailed', answer?.toString() ?? '', { recovery: 'halt' });
    return answer;
  }
}

/** The main thread's side of one mailbox. Returns whether there was a question. */
export function answerMailbox(buffer: SharedArrayBuffer, backend: StateBackend): boolean {
  const mailbox = new Mailbox(buffer);
  if (Atomics.load(mailbox.words, STATE) !== ASKED) return false;
  let state = ANSWERED;
  try {
    mailbox.write(answer(mailbox.words[QUESTION], mailbox.read() ?? Buffer.alloc(0), backend));
  } catch (error) {
    // The worker fails with it, and the sequential run that follows meets it on this thread.
    mailbox.writeText(error instanceof Error ? error.message : String(error));
    state = FAILED;
  }
  Atomics.store(mailbox.words, STATE, state);
  Atomics.notify(mailbox.words, STATE);
  return true;
}

function answer(question: number, message: Buffer, backend: StateBackend): Uint8Array | undefined {
  if (question === ACCOUNT) {
    const account = backend.loadAccount(message);
    return account && encodeAccount(account);
  }
  if (question === SLOT) return backend.loadSlot(message.subarray(0, 20), message.subarray(20));
  if (question === CODE) return backend.loadCode(message);
  return backend.blockHash(Number(message.readBigUInt64LE(0)));
}

function encodeAccount({ nonce, balance, codeHash, storageRoot }: BackendAccount): Uint8Array {
  const bytes = Buffer.alloc(ACCOUNT_SIZE_BYTES);
  bytes.writeBigUInt64LE(nonce, 0);
  bytes.write(balance.toString(16).padStart(64, '0'), 8, 'hex');
  bytes.set(codeHash, 40);
  bytes.set(storageRoot, 72);
  return bytes;
}
