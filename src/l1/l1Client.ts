import { createPublicClient, custom, type Hex, type PublicClient, RpcRequestError } from 'viem';
import { errorMessage, hasErrorCode, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import { Backoff, sleep } from './backoff';
import { httpPost } from './httpPost';
import { redactUrl } from './redactUrl';

export interface L1ClientOptions {
  /** HTTP(S) endpoints of one chain, the preferred first; at least one. */
  urls: string[];
  /** The chain they must be on. */
  chainId: number;
  clock: Clock;
  logger: Logger;
  /** Per HTTP request; default 10 s. */
  requestTimeoutMs?: number;
  /** How often all endpoints are tried before a request fails with L1.Unreachable; default 4. */
  roundsMax?: number;
  /** Pause after the first round; doubles up to 5 s; default 200 ms. */
  retryDelayMs?: number;
}

interface Endpoint {
  url: string;
  headers: Record<string, string>;
  /** How the endpoint may be named in logs and errors. */
  name: string;
  /** Its chain id was seen to be the expected one, and it has not failed since. */
  verified: boolean;
  /** It was said that it is on another chain. */
  isReported: boolean;
}

const RETRY_DELAY_MS_MAX = 5_000;
/** JSON-RPC codes by which providers say "too much just now". */
const RATE_LIMIT_CODES = new Set([-32005, -32007, 429]);

/**
 * The way to L1: a viem client whose requests go to the first endpoint that answers, are retried with backoff while the fault is passing,
 * and are bounded in time. Endpoints' keys never appear in errors or logs.
 *
 * With several endpoints, one on another chain is passed over, and said so; and one whose head lies behind what was seen before gives way
 * to one that has it, so that L1 does not seem to go back and forth.
 */
export class L1Client {
  readonly chainId: number;
  readonly #endpoints: Endpoint[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #requestTimeoutMs: number;
  readonly #roundsMax: number;
  readonly #retryDelayMs: number;
  readonly #viem: PublicClient;
  /** Index of the endpoint that answered last. */
  #preferred = 0;
  #requestCount = 0;
  /** Number of the newest block that any endpoint has told of. */
  #headSeen = 0;

  private constructor(options: L1ClientOptions) {
    this.chainId = options.chainId;
    this.#endpoints = options.urls.map(endpointOf);
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 10_000;
    this.#roundsMax = options.roundsMax ?? 4;
    this.#retryDelayMs = options.retryDelayMs ?? 200;
    const request = ({ method, params }: { method: string; params?: unknown }) => this.#request(method, params ?? []);
    this.#viem = createPublicClient({ cacheTime: 0, transport: custom({ request }, { retryCount: 0 }) });
  }

  /**
   * Connects and checks the chain id. Endpoints that are down now are checked when they are first used.
   * @throws L1.Unreachable when no endpoint answers
   * @throws L1.WrongChain when all answer for another chain
   */
  static async connect(options: L1ClientOptions): Promise<L1Client> {
    if (options.urls.length === 0) {
      throw new TributaryError('L1.NoUrl', 'no L1 URL is given: expected at least one', { recovery: 'halt' });
    }
    const client = new L1Client(options);
    await client.read((viem) => viem.request({ method: 'eth_chainId' }));
    return client;
  }

  /** The endpoints as they may be shown. */
  get name(): string {
    return this.#endpoints.map((endpoint) => endpoint.name).join(', ');
  }

  /**
   * Runs one or more calls of the viem client.
   * @throws L1.Unreachable (`retry`), L1.WrongChain (`halt`), or viem's error for what the L1 answered
   */
  async read<Result>(action: (viem: PublicClient) => Promise<Result>): Promise<Result> {
    try {
      return await action(this.#viem);
    } catch (error) {
      throw tributaryErrorIn(error) ?? error;
    }
  }

  async #request(method: string, params: unknown): Promise<unknown> {
    const result = await this.#firstAnswer(method, params);
    const head = headNumberIn(method, params, result);
    return head === undefined ? result : this.#newestHead(method, params, result, head);
  }

  /** Asks the other endpoints for the head when this one is behind what was known already. */
  async #newestHead(method: string, params: unknown, result: unknown, head: number): Promise<unknown> {
    let newest = { result, head };
    const answered = this.#preferred;
    for (const [index, endpoint] of this.#endpoints.entries()) {
      if (newest.head >= this.#headSeen) break;
      if (index === answered) continue;
      try {
        if (!endpoint.verified) await this.#verify(endpoint);
        const other = await this.#post(endpoint, method, params);
        const otherHead = headNumberIn(method, params, other) ?? 0;
        if (otherHead <= newest.head) continue;
        this.#logger.debug({ endpoint: endpoint.name, head: otherHead, behind: head }, 'an L1 endpoint lags behind');
        newest = { result: other, head: otherHead };
        this.#preferred = index;
      } catch (error) {
        if (!(error instanceof TributaryError)) throw error;
        // What is wrong with it is told when it is needed.
        this.#logger.debug({ endpoint: endpoint.name, method, fault: error.shortMessage }, 'an L1 request failed');
      }
    }
    this.#headSeen = newest.head;
    return newest.result;
  }

  async #firstAnswer(method: string, params: unknown): Promise<unknown> {
    const backoff = new Backoff(this.#retryDelayMs, RETRY_DELAY_MS_MAX);
    const faults = new Map<string, TributaryError>();
    for (let round = 0; round < this.#roundsMax; round++) {
      if (round > 0) await sleep(this.#clock, backoff.next());
      const first = this.#preferred;
      for (let offset = 0; offset < this.#endpoints.length; offset++) {
        const index = (first + offset) % this.#endpoints.length;
        const endpoint = this.#endpoints[index];
        try {
          if (!endpoint.verified) await this.#verify(endpoint);
          const result = await this.#post(endpoint, method, params);
          this.#preferred = index;
          return result;
        } catch (error) {
          if (!hasErrorCode(error, 'L1.EndpointFault') && !hasErrorCode(error, 'L1.WrongChain')) throw error;
          // After a fault it may come back as another one: a proxy that was pointed elsewhere.
          endpoint.verified = false;
          faults.set(endpoint.url, error);
          this.#logger.debug({ endpoint: endpoint.name, method, fault: error.shortMessage }, 'an L1 request failed');
        }
      }
      const wrongChain = this.#endpoints
        .map(({ url }) => faults.get(url))
        .filter((fault) => fault?.code === 'L1.WrongChain');
      if (wrongChain.length === this.#endpoints.length) throw wrongChain[0];
    }
    throw new TributaryError('L1.Unreachable', `the L1 at ${this.name} cannot be reached`, {
      recovery: 'retry',
      metaMessages: this.#endpoints.map(({ name, url }) => `${name}: ${faults.get(url)?.shortMessage ?? 'not tried'}`),
    });
  }

  async #verify(endpoint: Endpoint): Promise<void> {
    const got = Number(await this.#post(endpoint, 'eth_chainId', []));
    if (got !== this.chainId) {
      const sentence = `the L1 at ${endpoint.name} is on another chain: expected chain id ${this.chainId}, got ${got}`;
      if (!endpoint.isReported) this.#logger.error({ endpoint: endpoint.name }, sentence);
      endpoint.isReported = true;
      throw new TributaryError('L1.WrongChain', sentence, { recovery: 'halt' });
    }
    endpoint.verified = true;
    endpoint.isReported = false;
  }

  /** @throws L1.EndpointFault for what another endpoint or a later attempt may not meet; RpcRequestError for an answer. */
  async #post(endpoint: Endpoint, method: string, params: unknown): Promise<unknown> {
    const id = ++this.#requestCount;
    let status: number;
    let text: string;
    try {
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params });
      ({ status, text } = await httpPost(endpoint.url, endpoint.headers, body, this.#requestTimeoutMs));
    } catch (error) {
      throw endpointFault(networkFault(error, this.#requestTimeoutMs));
    }
    const answer = parseAnswer(text);
    if (!answer) throw endpointFault(`expected a JSON-RPC answer, got HTTP status ${status}`);
    if (answer.error === undefined) return answer.result;
    if (RATE_LIMIT_CODES.has(answer.error.code)) throw endpointFault(answer.error.message);
    // The body is left out on purpose: it can be 128 KB.
    throw new RpcRequestError({ body: { method }, error: answer.error, url: endpoint.name });
  }
}

/** The number of the L1's newest block, where the request asked for it. */
function headNumberIn(method: string, params: unknown, result: unknown): number | undefined {
  if (method === 'eth_blockNumber') return Number(result);
  if (method !== 'eth_getBlockByNumber' || !Array.isArray(params) || params[0] !== 'latest') return undefined;
  const number = (result as { number?: unknown } | null)?.number;
  return typeof number === 'string' ? Number(number) : undefined;
}

/** `0x` hex of a count, as JSON-RPC wants it. */
export function toQuantity(value: number): Hex {
  return `0x${value.toString(16)}`;
}

interface RpcAnswer {
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

function parseAnswer(text: string): RpcAnswer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof answer !== 'object' || answer === null) return undefined;
  if ('error' in answer && answer.error !== undefined && answer.error !== null) {
    const { code, message, data } = answer.error as Record<string, unknown>;
    return { error: { code: Number(code), message: String(message), data } };
  }
  return 'result' in answer ? { result: answer.result } : undefined;
}

function endpointOf(url: string): Endpoint {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw invalidUrl(url);
  }
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') throw invalidUrl(url);
  const headers: Record<string, string> = {};
  if (parsed.username || parsed.password) {
    const credentials = `${decodeURIComponent(parsed.username)}:${decodeURIComponent(parsed.password)}`;
    headers.authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
    parsed.username = '';
    parsed.password = '';
  }
  return { url: parsed.href, headers, name: redactUrl(url), verified: false, isReported: false };
}

function invalidUrl(url: string): TributaryError {
  return new TributaryError('L1.InvalidUrl', `expected an http:// or https:// URL of the L1, got ${redactUrl(url)}`, {
    recovery: 'halt',
  });
}

function endpointFault(fault: string): TributaryError {
  return new TributaryError('L1.EndpointFault', fault, { recovery: 'retry' });
}

function networkFault(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`;
  if (error instanceof Error && 'code' in error) return String(error.code);
  return errorMessage(error);
}

/** viem wraps whatever its transport throws: finds our own error again. */
function tributaryErrorIn(error: unknown): TributaryError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof TributaryError) return at;
  return undefined;
}
