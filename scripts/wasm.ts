import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { main as compileAssemblyScript } from 'assemblyscript/asc';
import wabt from 'wabt';
import { ROW_GROUPS_LAYOUT } from '../src/account/row-groups-layout.ts';
import { LINES_LAYOUT } from '../src/frame/lines-layout.ts';
import { BATCH_LAYOUT } from '../src/model/batch-layout.ts';
import { ENCODER_LAYOUT } from '../src/store/blocks/write/memory-layout.ts';

/*
 * Makes a `.wasm.ts` beside each source of a WebAssembly module: a `.as.ts` is AssemblyScript, a
 * `.wat` is WebAssembly text. The results are checked in, so that a checkout runs without a build
 * step. Run it after each change of a source or of a layout: `npx node scripts/wasm.ts`.
 *
 * In a `.wat`, two things are replaced before assembly: `%NAME%` by a constant of the module's
 * layout, and a line `;; include base/wasm/FILE.wat` by the text of that file, for code that several
 * modules share. Statements in a hot loop are included rather than called, because V8 does not
 * reliably inline functions.
 */

type Constants = Readonly<Record<string, number>>;

const SOURCE = join(import.meta.dirname, '../src');
/** The sources, as paths below `src/`. */
export const MODULES = [
  'frame/lines.wat',
  'spool/format/xxh64.wat',
  'parse/fast-path.as.ts',
  'account/row-groups.wat',
  'store/blocks/format/text-scan.as.ts',
  'store/blocks/write/encode.wat',
  'store/blocks/write/templates.as.ts',
  'store/blocks/format/template-lines.as.ts',
] as const;

/** The constants of each `.wat` that has a memory layout. */
export const LAYOUTS: Readonly<Record<string, Constants>> = {
  'frame/lines.wat': LINES_LAYOUT,
  'account/row-groups.wat': { ...BATCH_LAYOUT, ...ROW_GROUPS_LAYOUT },
  'store/blocks/write/encode.wat': { ...BATCH_LAYOUT, ...ENCODER_LAYOUT },
};

/**
 * The memory of a batch is imported, and all of it belongs to the batch: nothing is allocated,
 * nothing is initialized.
 */
const ASSEMBLY_SCRIPT =
  '--runtime stub --importMemory --noExportMemory --noAssert --enable simd --optimizeLevel 3 --shrinkLevel 0 --outFile out';

/** The file that the assembled form of a source belongs into. */
export function assembledFile(module: string): string {
  return join(SOURCE, module.replace(/\.(wat|as\.ts)$/, '.wasm.ts'));
}

/** What the assembled file of a source has to hold. @throws if the source does not compile */
export async function assemble(module: string): Promise<string> {
  const binary = module.endsWith('.wat') ? await assembleText(module) : await compile(module);
  const lines = Buffer.from(binary)
    .toString('base64')
    .match(/.{1,112}/g)!;
  const name = basename(module).replace(/\..*/, '');
  return [
    `/** \`${basename(module)}\`, assembled by \`node scripts/wasm.ts\`: base64 of a WebAssembly module. */`,
    `export const ${name.toUpperCase().replaceAll('-', '_')}_WASM =`,
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

async function assembleText(module: string): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const features = { simd: true, bulk_memory: true, multi_value: true, multi_memory: true };
  using parsed = disposable(parseWat(module, textOf(module), features));
  return parsed.toBinary({}).buffer;
}

/** The text of a `.wat` with its includes and constants in place. */
function textOf(module: string): string {
  const read = (path: string): string => readFileSync(join(SOURCE, path), 'latin1');
  const whole = read(module).replace(/^ *;; include (\S+)$/gm, (_, path: string) => read(path));
  return expand(whole, LAYOUTS[module] ?? {});
}

/** Replaces each `%NAME%` by its value. @throws RangeError for a name without a value */
export function expand(text: string, constants: Constants): string {
  return text.replace(/%(\w+)%/g, (_, name: string) => {
    const value = constants[name];
    if (value === undefined) throw new RangeError(`cannot assemble: ${name} has no value`);
    return String(value);
  });
}

async function compile(module: string): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compileAssemblyScript([basename(module), ...ASSEMBLY_SCRIPT.split(' ')], {
    // The compiler asks for several names in turn when it looks for a file.
    readFile: (file) => {
      const path = join(SOURCE, dirname(module), file);
      return existsSync(path) ? readFileSync(path, 'utf8') : null;
    },
    writeFile: (_file, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !binary) throw new Error(`cannot compile ${module}: ${stderr.toString()}`, { cause: error });
  return binary;
}

function disposable<Module extends { destroy(): void }>(module: Module): Module & Disposable {
  return Object.assign(module, { [Symbol.dispose]: () => module.destroy() });
}

if (import.meta.main) for (const module of MODULES) writeFileSync(assembledFile(module), await assemble(module));
