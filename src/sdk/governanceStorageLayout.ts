import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { errorMessage, TributaryError } from '../core/errors';

interface StorageEntry {
  label: string;
  slot: string;
  offset: number;
  type: string;
}

const entry: z.ZodType<StorageEntry> = z.object({
  label: z.string(),
  slot: z.string(),
  offset: z.number(),
  type: z.string(),
});
const layoutSchema = z.object({
  storage: z.array(entry),
  types: z
    .record(
      z.string(),
      z.object({ label: z.string(), numberOfBytes: z.string().optional(), members: z.array(entry).optional() }),
    )
    .nullable(),
});

/** What solc calls `storageLayout`. Namespaced storage (ERC-7201) is not in it. */
export type StorageLayout = z.infer<typeof layoutSchema>;

/**
 * A layout out of a JSON file: the layout itself, an artifact that has it as `storageLayout`, or Hardhat's build info, with the contract's
 * name after `#`.
 * @throws Sdk.InvalidStorageLayout
 */
export function readStorageLayout(reference: string): StorageLayout {
  const [path, contract] = reference.split('#', 2);
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const found = contract ? inBuildInfo(json, contract) : json;
    const nested = z.object({ storageLayout: layoutSchema }).safeParse(found);
    return nested.success ? nested.data.storageLayout : layoutSchema.parse(found);
  } catch (cause) {
    const message = `${reference}: expected solc's storageLayout; ${cause instanceof z.ZodError ? 'got other JSON' : errorMessage(cause)}`;
    throw new TributaryError('Sdk.InvalidStorageLayout', message, { cause });
  }
}

const buildInfoSchema = z.object({
  output: z.object({ contracts: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

function inBuildInfo(json: unknown, contract: string): unknown {
  const { contracts } = buildInfoSchema.parse(json).output;
  const found = Object.values(contracts).flatMap((inFile) => (contract in inFile ? [inFile[contract]] : []));
  if (found.length === 1) return found[0];
  throw new TributaryError('Sdk.InvalidStorageLayout', `${found.length} contracts are named ${contract}: expected one`);
}

/**
 * Whether code with the layout `after` can follow `before` behind a proxy: every variable stays at its slot, offset and type. Names may
 * change, and what is added comes after; a gap may shrink.
 */
export function compareStorageLayouts(
  before: StorageLayout,
  after: StorageLayout,
): { changed: string[]; added: string[] } {
  const old = flatten(before);
  const now = flatten(after);
  const changed: string[] = [];
  const isGap = (label: string) => /gap$/i.test(label);
  for (const [place, { label, type }] of old) {
    const found = now.get(place);
    if (isGap(label) || found?.type === type) continue;
    changed.push(`${label} (slot ${place}): ${type} becomes ${found ? `${found.type} ${found.label}` : 'nothing'}`);
  }
  const added = [...now].filter(([place, { label }]) => !old.has(place) && !isGap(label)).map(([, { label }]) => label);
  return { changed, added };
}

/** `slot:offset` → name and type; structs spread out, as they may change inside. */
function flatten({ storage, types }: StorageLayout): Map<string, { label: string; type: string }> {
  const places = new Map<string, { label: string; type: string }>();
  const add = (entries: readonly StorageEntry[], firstSlot: bigint, prefix: string) => {
    for (const { label, slot, offset, type } of entries) {
      const at = firstSlot + BigInt(slot);
      const known = types?.[type];
      if (known?.members) add(known.members, at, `${prefix}${label}.`);
      else places.set(`${at}:${offset}`, { label: `${prefix}${label}`, type: typeName(type, types) });
    }
  };
  add(storage, 0n, '');
  return places;
}

/** A type's name without the compiler's numbers, and with the members of what mappings and arrays hold. */
function typeName(type: string, types: StorageLayout['types'], depth = 0): string {
  const known = types?.[type];
  const label = known?.label ?? type;
  const inner = Object.entries(types ?? {}).filter(
    ([name, { members }]) => members && depth < 4 && name !== type && type.includes(name),
  );
  const members = inner.map(([, held]) =>
    (held.members ?? []).map((member) => `${member.slot}:${member.offset} ${typeName(member.type, types, depth + 1)}`),
  );
  return members.length === 0 ? label : `${label} {${members.flat().join(', ')}}`;
}
