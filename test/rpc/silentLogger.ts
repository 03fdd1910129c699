import type { Logger } from '../../src/core/ports';

/** Keeps what was logged as an error, so that a test can ask for none. */
export class SilentLogger implements Logger {
  readonly errors: string[];

  constructor(errors: string[] = []) {
    this.errors = errors;
  }

  debug(): void {
    // Not wanted in tests.
  }

  info(): void {
    // Not wanted in tests.
  }

  warn(): void {
    // Not wanted in tests.
  }

  error(fields: object, message: string): void {
    this.errors.push(`${message} ${JSON.stringify(fields)}`);
  }

  child(): Logger {
    return new SilentLogger(this.errors);
  }
}
