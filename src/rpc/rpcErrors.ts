import { TributaryError } from '../core/errors';

/** @throws nothing: returns the error to throw. `-32602` naming the parameter. */
export function invalidParams(problem: string): TributaryError {
  return new TributaryError('Rpc.InvalidParams', `invalid params: ${problem}`);
}

export function invalidRequest(problem: string): TributaryError {
  return new TributaryError('Rpc.InvalidRequest', `invalid request: ${problem}`);
}

/** A value of a client's for an error message: short, and safe however deep or long the value is. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? `a list of ${value.length} items` : 'an object';
}
