import { InvalidArgumentError } from 'commander';

/** A commander parser for a number in `[min, max]` that says what was expected. */
export function numberOption(min: number, max: number, kind: 'integer' | 'decimal' = 'integer') {
  return (text: string): number => {
    const value = Number(text);
    const isNumber = text.trim() !== '' && Number.isFinite(value) && (kind === 'decimal' || Number.isInteger(value));
    if (!isNumber || value < min || value > max) {
      throw new InvalidArgumentError(
        `expected a${kind === 'integer' ? 'n integer' : ' number'} from ${min} to ${max}.`,
      );
    }
    return value;
  };
}

/** A commander parser for an http(s) URL. */
export function urlOption(text: string): string {
  if (!URL.canParse(text) || !['http:', 'https:'].includes(new URL(text).protocol)) {
    throw new InvalidArgumentError('expected an http:// or https:// URL.');
  }
  return text;
}
