import type { BlockHeader } from '../codec/header';
import { TributaryError } from '../core/errors';
import type { Clock } from '../core/ports';
import type { CallRequest, CallResult, Executor, StateOverride } from '../execution/executor';
import type { RpcLimits } from './limits';

interface WaitingCall {
  sinceMs: number;
  run(): Promise<void>;
  reject(error: TributaryError): void;
}

/**
 * Lets calls through to the executor a few at a time. An executor may keep the thread for as long as `callGasMax` takes: between two calls others
 * get their turn, and a call that waited until its client was told of a time-out is not run any more.
 */
export class CallQueue implements Pick<Executor, 'call'> {
  readonly #executor: Pick<Executor, 'call'>;
  readonly #clock: Clock;
  readonly #limits: RpcLimits;
  readonly #waiting: WaitingCall[] = [];
  #running = 0;
  #sliceStartMs: number;

  constructor(executor: Pick<Executor, 'call'>, clock: Clock, limits: RpcLimits) {
    this.#executor = executor;
    this.#clock = clock;
    this.#limits = limits;
    this.#sliceStartMs = clock.nowMs();
  }

  /** @throws Rpc.LimitExceeded, Rpc.TimedOut, and what the executor throws */
  call(request: CallRequest, at: BlockHeader, overrides?: StateOverride[]): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length >= this.#limits.callQueueCountMax) {
        const problem = `too many calls wait: limit ${this.#limits.callQueueCountMax}`;
        reject(new TributaryError('Rpc.LimitExceeded', problem));
        return;
      }
      const run = () => this.#executor.call(request, at, overrides).then(resolve, reject);
      this.#waiting.push({ sinceMs: this.#clock.nowMs(), run, reject });
      if (this.#running < this.#limits.callConcurrencyMax) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#running++;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const nowMs = this.#clock.nowMs();
      if (nowMs - next.sinceMs >= this.#limits.requestTimeoutMs) {
        next.reject(new TributaryError('Rpc.TimedOut', `request timed out after ${this.#limits.requestTimeoutMs} ms`));
        continue;
      }
      await next.run();
      if (this.#clock.nowMs() - this.#sliceStartMs > this.#limits.sliceMs) {
        await new Promise((resolve) => setImmediate(resolve));
        this.#sliceStartMs = this.#clock.nowMs();
      }
    }
    this.#running--;
  }
}
