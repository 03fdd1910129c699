import type { Block } from '../codec/block';
import { equalBytes } from '../core/bytes';
import type { Candidate } from '../derivation/candidate';

/**
 * Whether executing the candidate would give this block again: same parent, time, origin and transactions, byte for byte. All else in a
 * header follows from these, the chain config and execution.
 */
export function matchesCandidate(block: Block, { attributes, transactions }: Candidate): boolean {
  const { header, l1Origin } = block;
  const depositCount = attributes.deposits.length;
  return (
    header.number === attributes.number &&
    equalBytes(header.parentHash, attributes.parentHash) &&
    header.timestamp === attributes.timestamp &&
    l1Origin.number === attributes.l1Origin.number &&
    equalBytes(l1Origin.hash, attributes.l1Origin.hash) &&
    l1Origin.sequenceNumber === attributes.l1Origin.sequenceNumber &&
    block.transactions.length === depositCount + transactions.length &&
    attributes.deposits.every((deposit, i) => equalBytes(deposit.raw, block.transactions[i].raw)) &&
    transactions.every((raw, i) => equalBytes(raw, block.transactions[depositCount + i].raw))
  );
}
