import { z } from 'zod';
import { type Log, logsBloom } from '../codec/receipt';
import { equalBytes, toHex } from '../core/bytes';
import { address, type BlockSelector, blockNumberOrTag, expected, hash, optional } from './parameters';

/** Positions of one address or topic in a bloom: byte index and bit mask. */
type BloomBits = [index: number, mask: number][];

const TOPIC_POSITIONS_MAX = 4;

/** The filter object of `eth_getLogs`, `eth_newFilter` and `eth_subscribe`. `itemCountMax` bounds each of its lists. */
export function logFilterSchema(itemCountMax: number) {
  const listOf = (item: typeof address | typeof hash, what: string) =>
    z.union([item.transform((value) => [value]), z.array(item).max(itemCountMax)], { error: expected(what) });
  const topic = optional(listOf(hash, 'null, a topic or a list of topics'));
  return z
    .object(
      {
        fromBlock: optional(blockNumberOrTag),
        toBlock: optional(blockNumberOrTag),
        blockHash: optional(hash),
        address: optional(listOf(address, 'an address or a list of addresses')),
        topics: optional(
          z
            .array(topic, { error: expected('a list of topics') })
            .max(TOPIC_POSITIONS_MAX, { error: `expected at most ${TOPIC_POSITIONS_MAX} topics` }),
        ),
      },
      { error: expected('a filter object') },
    )
    .refine(({ blockHash, fromBlock, toBlock }) => !blockHash || (!fromBlock && !toBlock), {
      error: 'cannot specify both blockHash and fromBlock/toBlock, choose one or the other',
    })
    .transform(
      ({ address: addresses, topics, ...range }): LogQuery => ({ ...range, filter: new LogFilter(addresses, topics) }),
    );
}

/** Which logs, and of which blocks. */
export interface LogQuery {
  filter: LogFilter;
  fromBlock?: BlockSelector;
  toBlock?: BlockSelector;
  /** Instead of a range. */
  blockHash?: Uint8Array;
}

/** Which logs: of one of these addresses, with one of these topics at each position. Nothing given matches anything. */
export class LogFilter {
  readonly #addresses: ReadonlySet<string>;
  readonly #topics: readonly (readonly Uint8Array[])[];
  /** Each group needs one member that is in the bloom. */
  readonly #bloomGroups: BloomBits[][];

  constructor(addresses: Uint8Array[] = [], topics: (Uint8Array[] | undefined)[] = []) {
    this.#addresses = new Set(addresses.map(toHex));
    this.#topics = topics.map((alternatives) => alternatives ?? []);
    this.#bloomGroups = [addresses, ...this.#topics]
      .filter((group) => group.length > 0)
      .map((group) => group.map(bloomBits));
  }

  /** Whether a block with this bloom may have matching logs; false is certain. */
  mayMatch(bloom: Uint8Array): boolean {
    return this.#bloomGroups.every((group) =>
      group.some((bits) => bits.every(([index, mask]) => (bloom[index] & mask) !== 0)),
    );
  }

  matches(log: Log): boolean {
    if (this.#addresses.size > 0 && !this.#addresses.has(toHex(log.address))) return false;
    if (this.#topics.length > log.topics.length) return false;
    return this.#topics.every(
      (alternatives, position) =>
        alternatives.length === 0 || alternatives.some((topic) => equalBytes(topic, log.topics[position])),
    );
  }
}

/** The bloom of an item alone shows its (at most three) bits. */
function bloomBits(item: Uint8Array): BloomBits {
  const bloom = logsBloom([{ address: item, topics: [], data: item }]);
  return [...bloom.entries()].filter(([, mask]) => mask !== 0);
}
