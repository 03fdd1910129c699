/** What the access list part of a kernel instance exports (`assembly/accessList/`). Addresses are 32-bit: read them with `>>> 0`. */
export interface AccessListExports {
  accessListAttach(base: number, sizeBytes: number): void;
  accessListBegin(collects: number): void;
  accessListEncode(): number;
  accessListEnd(): number;
  accessListRoom(sizeBytes: number): number;
}

/** Collects the block access list (EIP-7928) of the block that a kernel runs, and encodes it inside. */
export class KernelAccessList {
  readonly #exports: AccessListExports;
  readonly #bytes: Uint8Array;
  readonly #hasRegion: boolean;

  /** @param region used by nobody else; without one nothing is ever collected */
  constructor(exports: AccessListExports, bytes: Uint8Array, region: { base: number; sizeBytes: number }) {
    this.#exports = exports;
    this.#bytes = bytes;
    this.#hasRegion = region.sizeBytes > 0;
    if (this.#hasRegion) exports.accessListAttach(region.base, region.sizeBytes);
  }

  /** Before a block's system calls. */
  begin(): void {
    this.#exports.accessListBegin(this.#hasRegion ? 1 : 0);
  }

  /** Puts a list that somebody gave for the block where it stays until `encoded`; undefined where there is no room, or none is collected. */
  place(encoded: Uint8Array): { from: number; to: number } | undefined {
    const from = this.#exports.accessListRoom(encoded.length) >>> 0;
    if (from === 0) return undefined;
    this.#bytes.set(encoded, from);
    return { from, to: from + encoded.length };
  }

  /** After the block's last transaction: its list as `encodeAccessList` would encode it; undefined where none is collected or it did not fit the region. */
  encoded(): Uint8Array | undefined {
    const from = this.#exports.accessListEncode() >>> 0;
    return from === 0 ? undefined : this.#bytes.slice(from, this.#exports.accessListEnd() >>> 0);
  }
}
