import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

/*
 * Assembles each `.wat` into a `.wasm.ts` beside it, which is checked in: a checkout runs without a build step.
 * Run it after each change of one of the first: `node scripts/wasm.ts`.
 */

const source = join(import.meta.dirname, '../src');
/** The modules, as paths below `src/` without their endings. */
export const MODULES = [
  'frame/lines',
  'spool/format/xxh64',
  'parse/fast-path',
  'account/rows',
  'store/blocks/write/encode',
] as const;

/** Where the assembled form of a module belongs. */
export function assembledFile(module: string): string {
  return join(source, `${module}.wasm.ts`);
}

/** What the file of a module has to hold. @throws where the text does not assemble */
export async function assemble(module: string): Promise<string> {
  const { parseWat } = await wabt();
  const file = join(source, `${module}.wat`);
  const features = { simd: true, bulk_memory: true, multi_value: true, multi_memory: true };
  using parsed = disposable(parseWat(file, readFileSync(file, 'latin1'), features));
  const { buffer } = parsed.toBinary({});
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,112}/g)!;
  const name = module.slice(module.lastIndexOf('/') + 1);
  return [
    `/** \`${name}.wat\`, assembled by \`node scripts/wasm.ts\`: base64 of a WebAssembly module. */`,
    `export const ${name.toUpperCase().replaceAll('-', '_')}_WASM =`,
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

function disposable<Module extends { destroy(): void }>(module: Module): Module & Disposable {
  return Object.assign(module, { [Symbol.dispose]: () => module.destroy() });
}

if (import.meta.main) for (const module of MODULES) writeFileSync(assembledFile(module), await assemble(module));
