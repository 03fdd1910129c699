import { decodeEventLog, encodeEventTopics, type Hex } from 'viem';
import type { ExecutionUpgrade } from '../chain/executionUpgrade';
import { fromHex, toFixedBytes } from '../core/bytes';
import { moduleRegistryAbi } from './bindings/ModuleRegistry';

/** First topics of the registry's events that derivation reads. */
export const [EXECUTION_ACTIVATED_TOPIC] = encodeEventTopics({
  abi: moduleRegistryAbi,
  eventName: 'ExecutionActivated',
});
export const [EXECUTION_ROLLED_BACK_TOPIC] = encodeEventTopics({
  abi: moduleRegistryAbi,
  eventName: 'ExecutionRolledBack',
});
export const EXECUTION_UPGRADE_TOPICS: Hex[] = [EXECUTION_ACTIVATED_TOPIC, EXECUTION_ROLLED_BACK_TOPIC];

/** @returns undefined for what the registry cannot have logged: every node skips it alike */
export function decodeExecutionUpgrade(log: { topics: Hex[]; data: Hex }): ExecutionUpgrade | undefined {
  if (!EXECUTION_UPGRADE_TOPICS.includes(log.topics[0])) return undefined;
  const event = decode(log);
  if (!event) return undefined;
  const versionId = toFixedBytes(event.args.versionId, 32);
  const artifactHash = fromHex(event.args.artifactHash);
  if (event.eventName === 'ExecutionRolledBack') {
    return { kind: 'rollBack', versionId, artifactHash, restoredHash: fromHex(event.args.restoredHash) };
  }
  const { activationL2Block, predecessorHash } = event.args;
  return {
    kind: 'activation',
    versionId,
    artifactHash,
    // No chain gets there: it only must not lose digits.
    activationL2Block: Math.min(Number(activationL2Block), Number.MAX_SAFE_INTEGER),
    predecessorHash: fromHex(predecessorHash),
  };
}

function decode({ topics, data }: { topics: Hex[]; data: Hex }) {
  try {
    const event = decodeEventLog({ abi: moduleRegistryAbi, topics: topics as [Hex, ...Hex[]], data });
    return event.eventName === 'ExecutionActivated' || event.eventName === 'ExecutionRolledBack' ? event : undefined;
  } catch {
    return undefined;
  }
}
