/** Entry of the decoder's worker threads: recovers senders and hashes, which is most of what decoding costs. See `transactionDecoder.ts`. */
import { parentPort } from 'node:worker_threads';
import { assert } from '../core/assert';
import { keccak256 } from '../core/keccak';
import { recoverSender } from './recoverSender';
import { type DecodeJob, type DecodeResult, RESULT_SIZE_BYTES } from './transactionDecoder';

const port = parentPort;
assert(port, 'this file runs in a worker thread');
port.on('message', ({ id, raws, lengths }: DecodeJob) => {
  const results = new Uint8Array(lengths.length * RESULT_SIZE_BYTES);
  let offset = 0;
  for (let i = 0; i < lengths.length; i++) {
    const raw = raws.subarray(offset, offset + lengths[i]);
    offset += lengths[i];
    try {
      results.set(recoverSender(raw), i * RESULT_SIZE_BYTES);
      results.set(keccak256(raw), i * RESULT_SIZE_BYTES + 20);
    } catch {
      // Left zero: whoever asked decodes it again and meets the error, with its words, there.
    }
  }
  const result: DecodeResult = { id, results };
  port.postMessage(result, [results.buffer]);
});
