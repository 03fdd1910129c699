import { equalBytes, type Hash, toHex } from '../../core/bytes';
import { TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import { kernelModule } from '../../kernel/kernelModule';
import { outlineOf, type WasmOutline } from './wasmSections';

/** Kernels are about 110 KB. */
export const ARTIFACT_SIZE_BYTES_MAX = 2 ** 20;
/** Kernel ABIs (assembly/rules.ts `abiVersion`) that this package can run. */
export const KERNEL_ABIS: readonly number[] = [1];
/** The interpreter's is 20 KB. Compilers take more than linear time over one huge function. */
const FUNCTION_SIZE_BYTES_MAX = 256 * 1024;
const TABLE_ENTRY_COUNT_MAX = 65_536;
/** Validation and baseline code of 1 MiB take 50 ms. */
const COMPILE_TIMEOUT_MS = 10_000;
/** 4 GiB: what 32-bit addresses reach. The memory that the host makes is smaller and can't grow. */
const MEMORY_PAGES_MAX = 65_536;

/**
 * Compiles a kernel that somebody published. The bytes are untrusted: nothing of them runs here, and what could harm the host is refused: its
 * size, imports beside the memory and the host functions that every kernel has, code that runs by itself when instantiated, memories and large
 * tables of its own. What it computes is for shadow to judge.
 *
 * @param artifactHash keccak256 that the bytes must have
 * @throws Execution.Artifact{TooLarge, HashMismatch, NotWebAssembly, Imports, Exports, Abi, Memory, TooSlow}, all `reject`
 */
export async function compileKernelArtifact(bytes: Uint8Array, artifactHash: Hash): Promise<WebAssembly.Module> {
  const code = checkBytes(bytes, artifactHash);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const late = () => refused('TooSlow', artifactHash, `compiling takes more than ${COMPILE_TIMEOUT_MS} ms`);
    timer = setTimeout(() => reject(late()), COMPILE_TIMEOUT_MS);
  });
  try {
    // Off this thread.
    const module = await Promise.race([WebAssembly.compile(code), timeout]);
    checkModule(module, artifactHash);
    return module;
  } catch (cause) {
    if (cause instanceof TributaryError) throw cause;
    throw refused('NotWebAssembly', artifactHash, `the bytes do not compile: ${String(cause)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** As `compileKernelArtifact`, on this thread: for bytes that passed it before and were kept. */
export function recompileKernelArtifact(bytes: Uint8Array, artifactHash: Hash): WebAssembly.Module {
  const code = checkBytes(bytes, artifactHash);
  const module = new WebAssembly.Module(code);
  checkModule(module, artifactHash);
  return module;
}

function checkBytes(bytes: Uint8Array, artifactHash: Hash): Uint8Array<ArrayBuffer> {
  if (bytes.length > ARTIFACT_SIZE_BYTES_MAX) {
    throw refused('TooLarge', artifactHash, `expected at most ${ARTIFACT_SIZE_BYTES_MAX} bytes, got ${bytes.length}`);
  }
  const hash = keccak256(bytes);
  if (!equalBytes(hash, artifactHash)) {
    throw refused('HashMismatch', artifactHash, `expected keccak256 ${toHex(artifactHash)}, got ${toHex(hash)}`);
  }
  const code = new Uint8Array(bytes);
  if (!WebAssembly.validate(code)) throw refused('NotWebAssembly', artifactHash, 'the bytes are no WebAssembly module');
  const outline = outlineOf(code);
  if (!outline) throw refused('NotWebAssembly', artifactHash, 'the sections cannot be read');
  checkOutline(outline, artifactHash);
  return code;
}

function checkOutline(outline: WasmOutline, artifactHash: Hash): void {
  const { importedMemory } = outline;
  if (!importedMemory?.isShared || outline.memoryCount > 0) {
    throw refused('Memory', artifactHash, 'expected one memory, imported and shared');
  }
  if ((importedMemory.pagesMax ?? Number.POSITIVE_INFINITY) > MEMORY_PAGES_MAX || importedMemory.pagesMin > 1) {
    const { pagesMin, pagesMax } = importedMemory;
    const got = `${pagesMin} to ${pagesMax} pages`;
    throw refused('Memory', artifactHash, `expected a memory of 1 to at most ${MEMORY_PAGES_MAX} pages, got ${got}`);
  }
  if (outline.tableEntryCount > TABLE_ENTRY_COUNT_MAX) {
    const message = `expected at most ${TABLE_ENTRY_COUNT_MAX} table entries, got ${outline.tableEntryCount}`;
    throw refused('Memory', artifactHash, message);
  }
  if (outline.functionSizeBytesMax > FUNCTION_SIZE_BYTES_MAX) {
    const got = outline.functionSizeBytesMax;
    throw refused(
      'TooLarge',
      artifactHash,
      `expected functions of at most ${FUNCTION_SIZE_BYTES_MAX} bytes, got ${got}`,
    );
  }
  if (outline.hasStart) throw refused('Exports', artifactHash, 'expected no start function');
}

/** Against the kernel of this package: what TypeScript calls must be there, what it offers is all that may be asked. */
function checkModule(module: WebAssembly.Module, artifactHash: Hash): void {
  const known = new Set(WebAssembly.Module.imports(kernelModule()).map(importText));
  const unknown = WebAssembly.Module.imports(module).find((one) => !known.has(importText(one)));
  if (unknown) {
    const message = `expected imports among ${[...known].join(', ')}, got ${importText(unknown)}`;
    throw refused('Imports', artifactHash, message);
  }
  const exported = new Set(WebAssembly.Module.exports(module).map(exportText));
  const missing = WebAssembly.Module.exports(kernelModule()).find((one) => !exported.has(exportText(one)));
  if (missing) throw refused('Exports', artifactHash, `expected the export ${exportText(missing)}`);
  const abi = abiOf(module);
  if (!KERNEL_ABIS.includes(abi)) {
    throw refused('Abi', artifactHash, `expected kernel ABI ${KERNEL_ABIS.join(' or ')}, got ${abi}`);
  }
}

/** Runs nothing: there is no start function, and a global's value is a constant. Data segments beyond the page trap, which is caught. */
function abiOf(module: WebAssembly.Module): number {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const host = new Proxy({}, { get: () => () => 0 });
  const { abiVersion } = new WebAssembly.Instance(module, { env: { memory }, host }).exports;
  return abiVersion instanceof WebAssembly.Global ? Number(abiVersion.value) : Number.NaN;
}

function importText({ module, name, kind }: WebAssembly.ModuleImportDescriptor): string {
  return `${module}.${name} (${kind})`;
}

function exportText({ name, kind }: WebAssembly.ModuleExportDescriptor): string {
  return `${name} (${kind})`;
}

function refused(what: string, artifactHash: Hash, message: string): TributaryError {
  return new TributaryError(`Execution.Artifact${what}`, `artifact ${toHex(artifactHash)}: ${message}`);
}
