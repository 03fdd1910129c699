/** What the caller should do about an error. Only `node/` acts on it. */
export type Recovery =
  /** The input is wrong: refuse it, go on. */
  | 'reject'
  /** A passing fault: try the same again later. */
  | 'retry'
  /** The ground moved (an L1 reorg): go back to the last agreed point and start from there. */
  | 'reset'
  /** Going on would do harm: stop the role and tell the operator. */
  | 'halt';

export interface TributaryErrorOptions {
  /** Lines of `name: value` that help to find the cause. */
  metaMessages?: string[];
  /** Machine-readable values, e.g. revert data. Never secrets. */
  details?: Record<string, unknown>;
  /** Default `reject`. */
  recovery?: Recovery;
  cause?: unknown;
}

/**
 * The one error class of the project.
 * @example throw new TributaryError('Batcher.BatchTooLarge', 'batch of 200000 bytes exceeds 131072', { recovery: 'halt' })
 */
export class TributaryError extends Error {
  override readonly name = 'TributaryError';
  readonly recovery: Recovery;
  readonly metaMessages: string[];
  readonly details: Record<string, unknown>;

  /** @param code `Room.WhatIsWrong`, stable, matched on by callers. @param shortMessage one clear sentence. */
  constructor(
    readonly code: string,
    readonly shortMessage: string,
    options: TributaryErrorOptions = {},
  ) {
    super([shortMessage, ...(options.metaMessages ?? [])].join('\n  '), { cause: options.cause });
    this.recovery = options.recovery ?? 'reject';
    this.metaMessages = options.metaMessages ?? [];
    this.details = options.details ?? {};
  }
}

/** Whether `error` is ours and carries `code`. */
export function hasErrorCode(error: unknown, code: string): error is TributaryError {
  return error instanceof TributaryError && error.code === code;
}

/** A message fit for one log line, whatever was thrown. */
export function errorMessage(error: unknown): string {
  if (error instanceof TributaryError) return error.message;
  if (error instanceof Error) return 'shortMessage' in error ? String(error.shortMessage) : error.message;
  return String(error);
}
