import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Hex, isHash } from 'viem';
import { fromHex, toHex } from '../../core/bytes';
import { errorMessage, TributaryError } from '../../core/errors';
import { keccak256 } from '../../core/keccak';
import { ARTIFACT_SIZE_BYTES_MAX, compileKernelArtifact } from '../../execution/versions/kernelArtifact';
import { PACKAGE_ROOT } from '../../node/childProcess';
import { fetchArtifact, publishArtifact } from '../../sdk/governanceArtifacts';
import { type GovernanceFlags, onlooker, print, signer, withGovernanceOptions, withKeyOptions } from './govContext';

const BUILD_EXAMPLES = `
Writes the kernel and a manifest to fill in, and prints the keccak256 by which nodes know it. Needs the source tree (a git clone).
The bytes depend on the source and the compiler's version alone.

Examples:
  $ tributary module build                                     the kernel as it is in the tree: kernel.wasm, kernel.manifest.json
  $ tributary module build --variant v2                        the rules of a variant: kernel-v2.wasm, kernel-v2.manifest.json
  $ tributary module build --out build/kernel.wasm             elsewhere`;
const PUBLISH_EXAMPLES = `
The private key is read from TRIBUTARY_KEY or a keystore. About 25 million gas for a kernel, in transactions of 5.5 million. May be stopped and run
again: it goes on after the last chunk on L1.

Examples:
  $ tributary module publish kernel-v2.wasm`;
const VERIFY_EXAMPLES = `
Fetches the artifact from L1 (by hash) or reads the file, checks its hash and form as a node does, and, in a source tree, builds the kernel again
and compares.

Examples:
  $ tributary module verify 0x…                                what is on L1 under this hash
  $ tributary module verify kernel-v2.wasm                     a file, and whether L1 has it
  $ tributary module verify 0x… --variant v2                   also: is it what this source gives?`;

/** `tributary module`: artifacts of modules, from source to L1. */
export function registerModuleCommand(program: Command): void {
  const module = program.command('module').description('kernels as artifacts: build, publish on L1, verify');

  module
    .command('build')
    .description('compile the kernel, and write a manifest to fill in')
    .option('--variant <name>', 'rules other than the tree’s: v2 …, several joined by +')
    .option('--out <file>', 'where the .wasm goes (default: kernel[-<variant>].wasm here)')
    .addHelpText('after', BUILD_EXAMPLES)
    .action(async ({ variant, out }: { variant?: string; out?: string }) => {
      const path = resolve(out ?? `kernel${variant ? `-${variant}` : ''}.wasm`);
      await buildKernel(path, variant);
      const bytes = readFileSync(path);
      const hash = toHex(keccak256(bytes));
      print(`${path}\n  ${bytes.length} bytes, keccak256 ${hash}`);
      const manifestPath = path.replace(/(\.wasm)?$/, '.manifest.json');
      if (existsSync(manifestPath)) return print(`${manifestPath} is there already, and was left as it is`);
      writeFileSync(manifestPath, `${JSON.stringify(manifestTemplate(path, hash, variant), null, 2)}\n`);
      print(
        `${manifestPath}\n  to fill in: title, description, differences\n  go on with: tributary module publish ${relative('.', path)}`,
      );
    });

  withKeyOptions(module.command('publish'))
    .description('store a kernel on L1, in chunks, under its hash')
    .argument('<file>', 'the .wasm')
    .addHelpText('after', PUBLISH_EXAMPLES)
    .action(async (file: string, flags: GovernanceFlags) => {
      const bytes = readArtifact(file);
      const user = await signer(flags);
      const { artifactHash, wasThere } = await publishArtifact(user, bytes, ({ storedBytes, sizeBytes }) => {
        const done = Math.floor((storedBytes * 20) / sizeBytes);
        print(`${'█'.repeat(done)}${'░'.repeat(20 - done)} ${storedBytes}/${sizeBytes} bytes on L1`);
      });
      print(wasThere ? `${artifactHash} is on L1 already` : `published ${artifactHash}`);
    });

  withGovernanceOptions(module.command('verify'))
    .description('check an artifact: hash, form, whether this source gives it')
    .argument('<artifact>', 'keccak256 of one on L1, or a .wasm file')
    .option('--variant <name>', 'the variant that it is said to be')
    .addHelpText('after', VERIFY_EXAMPLES)
    .action(async (artifact: string, flags: GovernanceFlags & { variant?: string }) => verify(artifact, flags));
}

async function verify(artifact: string, flags: GovernanceFlags & { variant?: string }): Promise<void> {
  const user = onlooker(flags);
  const isOnL1 = isHash(artifact);
  const bytes = isOnL1 ? await fetchArtifact(user, artifact) : readArtifact(artifact);
  if (!bytes)
    throw new TributaryError(
      'Cli.NotPublished',
      `the ArtifactStore ${user.contracts.artifactStore} has no ${artifact}`,
    );
  const hash = isOnL1 ? fromHex(artifact) : keccak256(bytes);
  print(`${toHex(hash)}\n  ✓ ${bytes.length} bytes${isOnL1 ? ' on L1, with this hash' : ''}`);
  await compileKernelArtifact(bytes, hash);
  print('  ✓ a kernel that nodes take: imports, exports, ABI, memory, sizes');
  if (!isOnL1) {
    const there = await fetchArtifact(user, toHex(hash));
    print(there ? '  ✓ published on L1' : '  ? not published on L1');
  }
  await compareWithSource(hash, flags.variant);
}

/** @throws Cli.NotReproduced when the source gives other bytes */
async function compareWithSource(hash: Uint8Array, variant: string | undefined): Promise<void> {
  const name = variant ? `variant ${variant}` : 'the kernel';
  const folder = mkdtempSync(join(tmpdir(), 'tributary-module-'));
  try {
    const path = join(folder, 'kernel.wasm');
    await buildKernel(path, variant);
    const built = toHex(keccak256(readFileSync(path)));
    if (built === toHex(hash)) return print(`  ✓ ${name} of this source gives the same bytes`);
    const message = `${name} of this source gives ${built}: other bytes`;
    if (variant) throw new TributaryError('Cli.NotReproduced', message);
    print(`  ? ${message} (--variant names another)`);
  } catch (error) {
    if (!(error instanceof TributaryError) || error.code !== 'Cli.NoSource') throw error;
    print(`  ? not compared with the source: ${error.shortMessage}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `scripts/buildKernel.ts`. @throws Cli.NoSource outside of a source tree, Cli.BuildFailed with the compiler's words */
async function buildKernel(path: string, variant: string | undefined): Promise<void> {
  const script = join(PACKAGE_ROOT, 'scripts', 'buildKernel.ts');
  const compiler = join(PACKAGE_ROOT, 'node_modules', 'assemblyscript');
  if (!existsSync(script) || !existsSync(compiler)) {
    const message = `expected the source tree with its dev dependencies at ${PACKAGE_ROOT}: kernels are built in a git clone, after npm ci`;
    throw new TributaryError('Cli.NoSource', message);
  }
  if (!existsSync(dirname(path)))
    throw new TributaryError('Cli.NoFolder', `--out: there is no folder ${dirname(path)}`);
  // Without a variant the script also writes the keccak module beside it: that stays in a folder of its own.
  const folder = mkdtempSync(join(tmpdir(), 'tributary-kernel-'));
  try {
    const target = join(folder, basename(path));
    const args = ['-r', 'ts-node/register/transpile-only', script, '--out', target];
    if (variant) args.push('--variant', variant);
    const child = spawn(process.execPath, args, { cwd: PACKAGE_ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((done) => child.once('exit', done));
    if (code !== 0) throw new TributaryError('Cli.BuildFailed', `the kernel was not built: ${output.trim()}`);
    writeFileSync(path, readFileSync(target));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readArtifact(file: string): Uint8Array {
  try {
    const { size } = statSync(file);
    if (size <= ARTIFACT_SIZE_BYTES_MAX) return readFileSync(file);
    throw new RangeError(`expected at most ${ARTIFACT_SIZE_BYTES_MAX} bytes, got ${size}`);
  } catch (cause) {
    throw new TributaryError(
      'Cli.ArtifactUnreadable',
      `expected a .wasm file or a hash (0x and 64 hex digits); ${file}: ${errorMessage(cause)}`,
      {
        cause,
      },
    );
  }
}

function manifestTemplate(path: string, hash: Hex, variant: string | undefined) {
  return {
    version: 1,
    kind: 'execution',
    title: variant ? `Kernel ${variant}` : 'Kernel',
    description: 'What changes, and why.',
    artifact: { file: basename(path), hash, source: `tributary module build${variant ? ` --variant ${variant}` : ''}` },
    differences: [],
    abi: 1,
    executionAbiMin: 1,
    executionAbiMax: 1,
  };
}
