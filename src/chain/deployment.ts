import { z } from 'zod';
import { TributaryError } from '../core/errors';
import { chainConfigSchema } from './chainConfig';

const url = z.string().min(1);

/**
 * `deployment.json`: where a chain lives and what it is. All that a node needs besides keys; holds no secret.
 * `rollup` alone decides the chain; `l1`/`l2` URLs are what the deployer used and may be overridden.
 */
export const deploymentSchema = z.strictObject({
  version: z.literal(1),
  l1: z.strictObject({
    rpcUrl: url,
    chainId: z.number().int().positive(),
    /** Contract name (camelCase) → address. */
    contracts: z.record(
      z.string(),
      z.string().regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hex digits'),
    ),
  }),
  l2: z.strictObject({ rpcUrl: url, wsUrl: url, chainId: z.number().int().positive() }),
  rollup: chainConfigSchema,
});

export type Deployment = z.infer<typeof deploymentSchema>;

/**
 * @param json the parsed file @param source its path, for the message
 * @throws Chain.InvalidDeployment naming each field that is wrong
 */
export function parseDeployment(json: unknown, source: string): Deployment {
  const parsed = deploymentSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TributaryError('Chain.InvalidDeployment', `${source} is not a deployment file`, {
    recovery: 'halt',
    metaMessages: parsed.error.issues.map((issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`),
  });
}
