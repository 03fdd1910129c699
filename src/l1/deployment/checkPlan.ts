import { type Hex, isAddress, isAddressEqual, type PublicClient, size } from 'viem';
import { errorMessage } from '../../core/errors';
import type { DeploymentPlan, Expectation } from './deploymentPlan';

/** One thing on chain that is not what the plan gives. */
export interface DeploymentDifference {
  what: string;
  expected: string;
  got: string;
}

/** Requests at once. */
const CONCURRENCY_MAX = 8;

/** Reads back everything that the plan expects. @returns what differs, in the plan's order; empty when all is as planned */
export async function checkPlan(client: PublicClient, plan: DeploymentPlan): Promise<DeploymentDifference[]> {
  const results = new Array<DeploymentDifference | undefined>(plan.expectations.length);
  let next = 0;
  const work = async () => {
    while (next < plan.expectations.length) {
      const index = next++;
      results[index] = await differenceOf(client, plan.expectations[index]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY_MAX }, work));
  return results.filter((difference) => difference !== undefined);
}

/** @returns undefined when it is as expected */
export async function differenceOf(
  client: PublicClient,
  expectation: Expectation,
): Promise<DeploymentDifference | undefined> {
  const { what, address } = expectation;
  if (expectation.kind === 'code') {
    const code = await client.getCode({ address });
    if (code && codeMatches(expectation.runtimeCode, code)) return undefined;
    const got = code ? `other code (${size(code)} bytes)` : 'no code';
    return {
      what,
      expected: `the compiled contract (${size(expectation.runtimeCode)} bytes)`,
      got: `${got} at ${address}`,
    };
  }
  if (expectation.kind === 'slot') {
    const word = (await client.getStorageAt({ address, slot: expectation.slot })) ?? '0x';
    const got: Hex = `0x${word.slice(2).padStart(64, '0').slice(24)}`;
    return isAddressEqual(got, expectation.expected) ? undefined : { what, expected: expectation.expected, got };
  }
  const { abi, functionName, args, expected } = expectation;
  let got: unknown;
  try {
    got = await client.readContract({ address, abi, functionName, args });
  } catch (error) {
    const isThere = await client.getCode({ address });
    return {
      what,
      expected: String(expected),
      got: isThere ? firstLine(errorMessage(error)) : `no code at ${address}`,
    };
  }
  return isSame(expected, got) ? undefined : { what, expected: String(expected), got: String(got) };
}

function isSame(expected: string | bigint | number | boolean, got: unknown): boolean {
  if (typeof expected === 'string' && isAddress(expected, { strict: false })) {
    return typeof got === 'string' && expected.toLowerCase() === got.toLowerCase();
  }
  // uint32 comes as a number, uint64 as a bigint.
  return String(expected) === String(got);
}

const PUSH32 = 0x7f;

/** Whether code is the compiled one. An immutable is 32 zero bytes after a PUSH32 there, and anything here. */
export function codeMatches(compiled: Hex, code: Hex): boolean {
  const expected = Buffer.from(compiled.slice(2), 'hex');
  const actual = Buffer.from(code.slice(2), 'hex');
  if (expected.length !== actual.length) return false;
  for (let at = 0; at < expected.length; at++) {
    if (expected[at] !== actual[at]) return false;
    if (expected[at] === PUSH32 && isZero(expected.subarray(at + 1, at + 33))) at += 32;
  }
  return true;
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.length === 32 && bytes.every((byte) => byte === 0);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0];
}
