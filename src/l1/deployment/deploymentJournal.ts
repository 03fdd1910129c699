import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorMessage, TributaryError } from '../../core/errors';
import { writeFileAtomically } from './writeFileAtomically';

const hexData = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text as `0x${string}`);

const journalSchema = z.strictObject({
  version: z.literal(1),
  l1ChainId: z.number().int().positive(),
  /** CREATE2 factory that the addresses follow from. */
  factory: hexData,
  salt: hexData,
  /** Hash of the plan: another config gives another plan. */
  planHash: hexData,
  /** By the step's name; a step without `l1Block` was sent and not seen included yet. */
  steps: z.record(z.string(), z.strictObject({ transactionHash: hexData, l1Block: z.number().int().optional() })),
});

/** What a deployment has done so far. */
export type JournalState = z.infer<typeof journalSchema>;

/** Keeps a deployment's progress. Written before anything is sent and after each step. */
export interface DeploymentJournal {
  read(): JournalState | undefined;
  write(state: JournalState): void;
}

/** In a file, written whole or not at all. */
export class FileJournal implements DeploymentJournal {
  constructor(readonly path: string) {}

  /** @throws L1.DeploymentJournalUnreadable */
  read(): JournalState | undefined {
    if (!existsSync(this.path)) return undefined;
    try {
      return journalSchema.parse(JSON.parse(readFileSync(this.path, 'utf8')));
    } catch (cause) {
      throw new TributaryError('L1.DeploymentJournalUnreadable', `${this.path} is not a journal of a deployment`, {
        metaMessages: [errorMessage(cause), 'without it the next run finds on chain what was deployed'],
        recovery: 'halt',
        cause,
      });
    }
  }

  write(state: JournalState): void {
    writeFileAtomically(this.path, `${JSON.stringify(state, null, 2)}\n`);
  }
}

/** Forgets with the process. */
export class MemoryJournal implements DeploymentJournal {
  #state: JournalState | undefined;

  read(): JournalState | undefined {
    return this.#state;
  }

  write(state: JournalState): void {
    this.#state = structuredClone(state);
  }
}
