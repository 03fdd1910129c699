import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { DATA_AVAILABILITY_MODES } from '../batcher/dataAvailability';
import { errorMessage, TributaryError } from '../core/errors';
import { DEFAULT_EXECUTOR, EXECUTOR_KINDS } from '../execution/createExecutor';
import { LOG_LEVELS } from './createLogger';

export const ROLES = ['sequencer', 'batcher', 'proposer', 'verifier', 'attester'] as const;
export type Role = (typeof ROLES)[number];

const port = z.coerce.number().int().min(0).max(65_535);
const milliseconds = z.coerce.number().int().min(1).max(86_400_000);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((word) => word === 'true')]);
const words = (value: unknown) => (typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value);
const url = z.url({ protocol: /^https?$/ });
const urls = z.preprocess(words, z.array(url));

/** One node's settings. Each has one name in the file, one environment variable (`TRIBUTARY_` and the name in capitals) and one flag. */
export const nodeConfigSchema = z
  .strictObject({
    roles: z.preprocess(words, z.array(z.enum(ROLES)).min(1)),
    /** One or several L1 JSON-RPC URLs, in order of preference. */
    l1: z.preprocess(words, z.array(url).min(1)),
    /** Path of `deployment.json`. */
    deployment: z.string().min(1),
    dataDir: z.string().min(1),
    /** JSON-RPC of the sequencer node, for a batcher on a node of its own. */
    sequencer: z.url({ protocol: /^https?$/ }).optional(),
    host: z.string().min(1).default('127.0.0.1'),
    /** JSON-RPC over HTTP and WebSocket; 0 picks a free one. */
    port: port.default(9545),
    /** Seals on a clock, every so many seconds; without it as soon as transactions wait. */
    blockTimeSeconds: z.coerce.number().positive().max(3600).optional(),
    /** Where batches go; default `auto` (the cheaper), on dev chains `calldata`. */
    dataAvailability: z.enum(DATA_AVAILABILITY_MODES).optional(),
    /** Beacon APIs of the L1's consensus clients, where blobs are read. */
    l1Beacon: urls.default([]),
    /** Nodes that keep blobs which L1 forgot. */
    blobArchive: urls.default([]),
    /** HTTP servers that have kernels as `<url>/<keccak256>.wasm`. */
    artifactMirror: urls.default([]),
    /** A batch is posted when its oldest block has waited this long, or when it is full. */
    batchAgeMsMax: milliseconds.default(2_000),
    proposalIntervalMs: milliseconds.default(60_000),
    l1PollIntervalMs: milliseconds.default(1_000),
    /** L1 blocks that must follow one before it is used as an origin. */
    l1Confirmations: z.coerce.number().int().min(0).max(1_000).default(0),
    /** Keystore file, folder with `<role>.json`, or `role=file,role=file`; without it keys come from the environment. */
    keystore: z.string().min(1).optional(),
    /** File that holds the keystores' password. */
    passwordFile: z.string().min(1).optional(),
    /** Dev helper methods and unlocked dev accounts; refused on any chain but a dev chain. */
    dev: flag.default(false),
    /** How many accounts of the dev mnemonic are unlocked. */
    accounts: z.coerce.number().int().min(1).max(1_000).default(20),
    /** What executes blocks; all give the same. */
    executor: z.enum(EXECUTOR_KINDS).default(DEFAULT_EXECUTOR),
    /** Threads of the parallel executor; default: cores, 8 at most. */
    workers: z.coerce.number().int().min(1).max(8).optional(),
    /** Executes every block by the reference too, and halts where they differ. */
    crossCheck: flag.default(false),
    logLevel: z.enum(LOG_LEVELS).default('info'),
  })
  .refine((config) => !(config.roles.includes('sequencer') && config.roles.includes('verifier')), {
    path: ['roles'],
    message: 'sequencer and verifier need separate nodes: a verifier trusts nothing but L1',
  })
  .refine((config) => !(config.roles.includes('batcher') && config.roles.includes('verifier')), {
    path: ['roles'],
    message:
      'batcher and verifier need separate nodes: a batcher follows the sequencer, a verifier trusts nothing but L1',
  })
  .refine(({ roles }) => !roles.includes('attester') || roles.includes('sequencer') || roles.includes('verifier'), {
    path: ['roles'],
    message: 'an attester runs beside a verifier or sequencer, whose blocks it executes again',
  })
  .refine(({ roles, sequencer }) => !roles.includes('batcher') || roles.includes('sequencer') || sequencer, {
    path: ['sequencer'],
    message: 'a batcher without the sequencer role reads blocks from the sequencer: give its JSON-RPC URL',
  })
  .refine(({ roles, sequencer }) => !sequencer || (roles.includes('batcher') && !roles.includes('sequencer')), {
    path: ['sequencer'],
    message: 'only a batcher on a node of its own follows a sequencer',
  });

export type NodeConfig = z.infer<typeof nodeConfigSchema>;
type Settings = Record<string, unknown>;

/**
 * Settings from flags, then environment, then file: the first that names a field decides.
 * @param flags undefined values count as not given
 * @throws Node.InvalidConfig naming each field, where its value came from and what was expected
 */
export function loadNodeConfig(flags: Settings, environment: NodeJS.ProcessEnv, filePath?: string): NodeConfig {
  const sources: [name: string, settings: Settings][] = [
    ['flag', flags],
    ['environment', settingsFromEnvironment(environment)],
    [filePath ?? 'file', filePath ? settingsFromFile(filePath) : {}],
  ];
  const merged: Settings = {};
  const origin: Record<string, string> = {};
  for (const [name, settings] of sources) {
    for (const [key, value] of Object.entries(settings)) {
      if (value === undefined || key in merged) continue;
      merged[key] = value;
      origin[key] = name;
    }
  }
  const parsed = nodeConfigSchema.safeParse(merged, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new TributaryError('Node.InvalidConfig', 'the configuration is not valid', {
    recovery: 'halt',
    metaMessages: parsed.error.issues.map((issue) => {
      const key = String(issue.path[0] ?? '');
      const place = origin[key] ? ` (${origin[key]})` : '';
      return `${issue.path.join('.') || '(settings)'}${place}: ${issue.message}${whatCame(issue)}`;
    }),
  });
}

/** What came in place of one of several words, or of a number within bounds. URLs, which may hold keys, are neither. */
function whatCame({ code, input }: z.core.$ZodIssue): string {
  const isShown = code === 'invalid_value' || typeof input === 'number';
  return isShown && input !== undefined ? `, got ${JSON.stringify(input)}` : '';
}

const FIELDS = Object.keys(nodeConfigSchema.shape);

/** The environment variable that sets a field: `batchAgeMsMax` → `TRIBUTARY_BATCH_AGE_MS_MAX`. */
export function environmentName(field: string): string {
  return `TRIBUTARY_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function settingsFromEnvironment(environment: NodeJS.ProcessEnv): Settings {
  return Object.fromEntries(FIELDS.map((field) => [field, environment[environmentName(field)]]));
}

function settingsFromFile(path: string): Settings {
  if (!existsSync(path)) {
    throw new TributaryError('Node.ConfigMissing', `there is no configuration file ${path}`, { recovery: 'halt' });
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    throw new TributaryError('Node.ConfigUnreadable', `${path} is not a JSON object: ${errorMessage(error)}`, {
      recovery: 'halt',
      cause: error,
    });
  }
}
