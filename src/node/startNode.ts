import { startFollowerNode } from './followerNode';
import type { RunningNode, StartNodeOptions } from './runningNode';
import { startSequencerNode } from './sequencerNode';
import { startVerifierNode } from './verifierNode';

/** Starts the node that the configured roles ask for. A proposer alone is a verifier that proposes: it needs nothing but L1. */
export function startNode(options: StartNodeOptions): Promise<RunningNode> {
  const { roles } = options.config;
  if (roles.includes('sequencer')) return startSequencerNode(options);
  return roles.includes('batcher') ? startFollowerNode(options) : startVerifierNode(options);
}
