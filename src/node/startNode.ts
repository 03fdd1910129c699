import type { RunningNode, StartNodeOptions } from './runningNode';
import { startSequencerNode } from './sequencerNode';
import { startVerifierNode } from './verifierNode';

/** Starts the node that the configured roles ask for. */
export function startNode(options: StartNodeOptions): Promise<RunningNode> {
  return options.config.roles.includes('verifier') ? startVerifierNode(options) : startSequencerNode(options);
}
