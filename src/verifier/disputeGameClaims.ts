import { type Hex, parseEventLogs } from 'viem';
import { fromHex } from '../core/bytes';
import { disputeGameFactoryAbi } from '../l1/bindings/DisputeGameFactory';
import { outputClaimGameAbi } from '../l1/bindings/OutputClaimGame';
import { OUTPUT_CLAIM_GAME_TYPE } from '../l1/deployment/contractsConfig';
import type { L1Client } from '../l1/l1Client';
import type { OutputClaim, OutputClaims } from './verifierPorts';

/** The output roots claimed by games of the DisputeGameFactory. Anyone may open one: a wrong claim is not the chain's fault. */
export class DisputeGameClaims implements OutputClaims {
  /** @param gameTypes whose root claim is an output root */
  constructor(
    private readonly l1: Pick<L1Client, 'read'>,
    private readonly factory: Hex,
    private readonly gameTypes: readonly number[] = [OUTPUT_CLAIM_GAME_TYPE],
  ) {}

  /** @throws L1.Unreachable (`retry`) */
  claimsBetween(first: number, last: number): Promise<OutputClaim[]> {
    return this.l1.read(async (viem) => {
      const logs = await viem.getLogs({ address: this.factory, fromBlock: BigInt(first), toBlock: BigInt(last) });
      const created = parseEventLogs({ abi: disputeGameFactoryAbi, eventName: 'DisputeGameCreated', logs });
      const claims: OutputClaim[] = [];
      for (const { args } of created) {
        if (!this.gameTypes.includes(args.gameType)) continue;
        const l2BlockNumber = await viem.readContract({
          address: args.disputeProxy,
          abi: outputClaimGameAbi,
          functionName: 'l2BlockNumber',
        });
        // A claim on a block that can never be is not ours to compare.
        if (l2BlockNumber > BigInt(Number.MAX_SAFE_INTEGER)) continue;
        claims.push({
          l2BlockNumber: Number(l2BlockNumber),
          outputRoot: fromHex(args.rootClaim),
          source: args.disputeProxy,
        });
      }
      return claims;
    });
  }
}
