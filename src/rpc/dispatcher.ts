import { assert } from '../core/assert';
import { errorMessage, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';
import type { RequestObserver } from './dependencies';
import { isInternalFault, toJsonRpcError } from './errorMapping';
import type { RpcLimits } from './limits';
import type { Method, MethodGroup, RequestContext } from './method';
import { describeValue, invalidParams, invalidRequest } from './rpcErrors';

/** A reply as JSON; undefined for a notification, which gets none. */
type Reply = string | undefined;

export interface DispatcherOptions {
  groups: MethodGroup[];
  limits: RpcLimits;
  clock: Clock;
  logger: Logger;
  observeRequest?: RequestObserver;
}

/** From JSON text to JSON text: parses, finds methods, runs them, words errors, joins batches. Knows no transport. */
export class Dispatcher {
  readonly #methods = new Map<string, Method>();
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    for (const [name, method] of options.groups.flatMap((group) => Object.entries(group))) {
      assert(!this.#methods.has(name), `one method is called ${name}`);
      this.#methods.set(name, method);
    }
  }

  /** Names of the methods that exist, sorted. */
  get methodNames(): string[] {
    return [...this.#methods.keys()].sort();
  }

  /**
   * Answers one message: a request, a notification or a batch. Never rejects.
   * Requests of a batch are started in order and run side by side, so that transactions sent together can share a block; replies keep the order.
   */
  async handle(text: string, context: RequestContext): Promise<Reply> {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch (error) {
      return errorReply(null, new TributaryError('Rpc.ParseError', `parse error: ${errorMessage(error)}`));
    }
    return Array.isArray(message) ? this.#batch(message, context) : this.#request(message, context);
  }

  async #batch(messages: unknown[], context: RequestContext): Promise<Reply> {
    const { clock } = this.#options;
    const { batchCountMax, batchResponseSizeBytesMax, sliceMs } = this.#options.limits;
    if (messages.length === 0) return errorReply(null, invalidRequest('empty batch'));
    if (messages.length > batchCountMax) {
      const problem = `batch too large: ${messages.length} requests, limit ${batchCountMax}`;
      return errorReply(null, new TributaryError('Rpc.BatchTooLarge', problem));
    }
    const pending: (Reply | Promise<Reply>)[] = [];
    let sizeBytes = 0;
    let sliceStartMs = clock.nowMs();
    for (const message of messages) {
      const reply = sizeBytes > batchResponseSizeBytesMax ? responseTooLarge(message) : this.#request(message, context);
      if (typeof reply === 'string') sizeBytes += reply.length;
      pending.push(reply);
      if (clock.nowMs() - sliceStartMs > sliceMs) {
        await nextTurn();
        sliceStartMs = clock.nowMs();
      }
    }
    const replies: string[] = [];
    sizeBytes = 0;
    for (const [index, reply] of (await Promise.all(pending)).entries()) {
      if (reply === undefined) continue;
      sizeBytes += reply.length;
      const kept = sizeBytes > batchResponseSizeBytesMax ? responseTooLarge(messages[index]) : reply;
      if (kept !== undefined) replies.push(kept);
    }
    return replies.length === 0 ? undefined : `[${replies.join(',')}]`;
  }

  /** Synchronous as far as the method is: most reads cost no turn of the event loop. */
  #request(message: unknown, context: RequestContext): Reply | Promise<Reply> {
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      return errorReply(null, invalidRequest(`expected an object, got ${describeValue(message)}`));
    }
    const { jsonrpc, id, method: name, params } = message as Record<string, unknown>;
    if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') {
      return errorReply(null, invalidRequest(`id: expected a string, a number or null, got ${describeValue(id)}`));
    }
    if (jsonrpc !== '2.0') {
      return errorReply(id ?? null, invalidRequest(`jsonrpc: expected "2.0", got ${describeValue(jsonrpc)}`));
    }
    if (typeof name !== 'string') {
      return errorReply(id ?? null, invalidRequest(`method: expected a string, got ${describeValue(name)}`));
    }
    const startMs = this.#options.observeRequest ? performance.now() : 0;
    const settle = (outcome: 'ok' | 'error', reply: string): Reply => {
      this.#options.observeRequest?.(this.#methods.has(name) ? name : 'unknown', outcome, performance.now() - startMs);
      return id === undefined ? undefined : reply;
    };
    const fail = (error: unknown): Reply => {
      if (isInternalFault(error)) this.#logFault(name, error);
      return settle('error', errorReply(id ?? null, error));
    };
    const succeed = (result: unknown): Reply => settle('ok', resultReply(id ?? null, result));
    try {
      const result = this.#call(name, params, context);
      return result instanceof Promise ? this.#timeLimited(result).then(succeed).catch(fail) : succeed(result);
    } catch (error) {
      return fail(error);
    }
  }

  #call(name: string, params: unknown, context: RequestContext): unknown {
    const method = this.#methods.get(name);
    if (!method) {
      const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
      throw new TributaryError('Rpc.MethodNotFound', `the method ${shown} does not exist/is not available`);
    }
    if (params !== undefined && params !== null && !Array.isArray(params)) {
      throw invalidParams(`expected a list, got ${describeValue(params)}`);
    }
    return method.call(params ?? [], context);
  }

  #timeLimited<Result>(work: Promise<Result>): Promise<Result> {
    const { clock, limits } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(limits.requestTimeoutMs, () =>
        reject(new TributaryError('Rpc.TimedOut', `request timed out after ${limits.requestTimeoutMs} ms`)),
      );
      work.then(resolve, reject).finally(cancel);
    });
  }

  #logFault(method: string, error: unknown): void {
    const stack = error instanceof Error ? error.stack : undefined;
    this.#options.logger.error({ method, error: errorMessage(error), stack }, 'a request met a fault of this node');
  }
}

/** A reply with an error that belongs to no method, e.g. an HTTP body over the limit. */
export function errorReply(id: string | number | null, error: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(toJsonRpcError(error))}}`;
}

function resultReply(id: string | number | null, result: unknown): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result ?? null)}}`;
}

function responseTooLarge(message: unknown): Reply {
  const id = typeof message === 'object' && message !== null && 'id' in message ? message.id : undefined;
  if (typeof id !== 'string' && typeof id !== 'number') return undefined;
  return errorReply(id, new TributaryError('Rpc.ResponseTooLarge', 'response too large: the batch limit is reached'));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
