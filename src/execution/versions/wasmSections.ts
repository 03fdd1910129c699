/**
 * What V8 does not tell of a module, read from its bytes: limits of memories and tables, whether it starts by itself (WebAssembly core
 * specification 5.5). For bytes that `WebAssembly.validate` accepts; total: others give undefined.
 */
export interface WasmOutline {
  /** In pages; undefined where the import is not a memory or has no maximum. */
  importedMemory: { pagesMin: number; pagesMax: number | undefined; isShared: boolean } | undefined;
  /** Memories of its own. */
  memoryCount: number;
  hasStart: boolean;
  /** Entries of all its tables at the start. */
  tableEntryCount: number;
  functionSizeBytesMax: number;
}

const SECTION = { import: 2, table: 4, memory: 5, start: 8, code: 10 } as const;
const HEADER_SIZE_BYTES = 8;

export function outlineOf(bytes: Uint8Array): WasmOutline | undefined {
  const outline: WasmOutline = {
    importedMemory: undefined,
    memoryCount: 0,
    hasStart: false,
    tableEntryCount: 0,
    functionSizeBytesMax: 0,
  };
  try {
    const reader = new Reader(bytes, HEADER_SIZE_BYTES);
    while (!reader.isAtEnd) {
      const id = reader.byte();
      const section = new Reader(reader.take(reader.number()), 0);
      if (id === SECTION.start) outline.hasStart = true;
      else if (id === SECTION.import) readImports(section, outline);
      else if (id === SECTION.memory) outline.memoryCount += section.number();
      else if (id === SECTION.table) readTables(section, outline);
      else if (id === SECTION.code) readCode(section, outline);
    }
    return outline;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function readImports(section: Reader, outline: WasmOutline): void {
  for (let count = section.number(); count > 0; count--) {
    section.take(section.number());
    section.take(section.number());
    const kind = section.byte();
    if (kind === 0) section.number();
    else if (kind === 1) readTable(section, outline);
    else if (kind === 2) {
      const { min, max, flags } = readLimits(section);
      outline.importedMemory = { pagesMin: min, pagesMax: max, isShared: (flags & 2) !== 0 };
    } else if (kind === 3) section.take(2);
    else throw new RangeError(`import of kind ${kind}`);
  }
}

function readTables(section: Reader, outline: WasmOutline): void {
  for (let count = section.number(); count > 0; count--) readTable(section, outline);
}

function readTable(section: Reader, outline: WasmOutline): void {
  section.byte();
  outline.tableEntryCount += readLimits(section).min;
}

function readLimits(section: Reader): { min: number; max: number | undefined; flags: number } {
  const flags = section.byte();
  const min = section.number();
  return { flags, min, max: (flags & 1) !== 0 ? section.number() : undefined };
}

function readCode(section: Reader, outline: WasmOutline): void {
  for (let count = section.number(); count > 0; count--) {
    const size = section.number();
    section.take(size);
    outline.functionSizeBytesMax = Math.max(outline.functionSizeBytesMax, size);
  }
}

/** Throws RangeError at the end. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    private offset: number,
  ) {}

  get isAtEnd(): boolean {
    return this.offset >= this.bytes.length;
  }

  byte(): number {
    if (this.isAtEnd) throw new RangeError('unexpected end');
    return this.bytes[this.offset++];
  }

  /** Unsigned LEB128 below 2^53. */
  number(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number is too long');
  }

  take(size: number): Uint8Array {
    if (size > this.bytes.length - this.offset) throw new RangeError('unexpected end');
    this.offset += size;
    return this.bytes.subarray(this.offset - size, this.offset);
  }
}
