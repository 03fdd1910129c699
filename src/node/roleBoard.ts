import { type Recovery, TributaryError } from '../core/errors';
import type { Clock, Logger } from '../core/ports';

export type RoleState = 'starting' | 'running' | 'retrying' | 'halted' | 'stopped';

export interface RoleStatus {
  state: RoleState;
  /** Of the last failure. */
  problem?: string;
  /** How often it was started again after a failure. */
  restartCount: number;
}

/** A role's work: runs until the signal fires, or throws. */
export type RoleRun = (signal: AbortSignal) => Promise<void>;

const BACKOFF_MS_MIN = 500;
const BACKOFF_MS_MAX = 30_000;

/**
 * Runs the roles of a node side by side and acts on the `recovery` of what they throw: `retry`, `reset` and unknown faults start the role
 * again after a growing pause, `halt` ends that role and tells the operator. One role never takes another down.
 */
export class RoleBoard {
  readonly #roles = new Map<string, { status: RoleStatus; done: Promise<void> }>();
  readonly #abort = new AbortController();

  /** @param onHalt called once for each role that can't go on */
  constructor(
    private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly onHalt: (role: string, error: TributaryError) => void,
  ) {}

  /** Starts a role; a name is used once. */
  run(name: string, work: RoleRun): void {
    const status: RoleStatus = { state: 'starting', restartCount: 0 };
    this.#roles.set(name, { status, done: this.#supervise(name, status, work) });
  }

  /** Status of each role by name. */
  get statuses(): Record<string, RoleStatus> {
    return Object.fromEntries([...this.#roles].map(([name, { status }]) => [name, { ...status }]));
  }

  get hasHalted(): boolean {
    return [...this.#roles.values()].some(({ status }) => status.state === 'halted');
  }

  /** Asks every role to end and waits for it. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all([...this.#roles.values()].map(({ done }) => done));
  }

  async #supervise(name: string, status: RoleStatus, work: RoleRun): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN;
    while (!this.#abort.signal.aborted) {
      const startedMs = this.clock.nowMs();
      try {
        status.state = 'running';
        await work(this.#abort.signal);
        break;
      } catch (error) {
        if (this.#abort.signal.aborted) break;
        const failure = asTributaryError(name, error);
        status.problem = failure.message;
        if (failure.recovery === 'halt') {
          status.state = 'halted';
          this.logger.error({ role: name, error: failure, code: failure.code }, `${name} halted: ${failure.message}`);
          this.onHalt(name, failure);
          return;
        }
        status.state = 'retrying';
        status.restartCount++;
        // A role that ran well for a while starts again with a short pause.
        if (this.clock.nowMs() - startedMs > BACKOFF_MS_MAX) backoffMs = BACKOFF_MS_MIN;
        this.logger.warn(
          { role: name, code: failure.code, backoffMs },
          `${name} failed, starts again: ${failure.message}`,
        );
        await this.#pause(backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      }
    }
    status.state = 'stopped';
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.clock.schedule(delayMs, resolve);
      this.#abort.signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
  }
}

function asTributaryError(role: string, error: unknown): TributaryError {
  if (error instanceof TributaryError) return error;
  const recovery: Recovery = 'retry';
  return new TributaryError('Node.RoleFailed', `${role}: ${error instanceof Error ? error.message : String(error)}`, {
    recovery,
    cause: error,
  });
}
