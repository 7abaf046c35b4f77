import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';

/*
 * Assembles `src/store/blocks/encode.wat` into `encode.wasm.ts` beside it, which is checked in: a checkout runs without
 * a build step. Run it after each change of the first: `node scripts/wasm.ts`.
 */

const folder = join(import.meta.dirname, '../src/store/blocks');
export const ENCODE_WASM = join(folder, 'encode.wasm.ts');

/** What `encode.wasm.ts` has to hold. @throws where the text does not assemble */
export async function assembleEncode(): Promise<string> {
  const { parseWat } = await wabt();
  const file = join(folder, 'encode.wat');
  using module = disposable(
    parseWat(file, readFileSync(file, 'latin1'), { simd: true, bulk_memory: true, multi_value: true }),
  );
  const { buffer } = module.toBinary({});
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,112}/g)!;
  return [
    '/** `encode.wat`, assembled by `node scripts/wasm.ts`: base64 of a WebAssembly module. */',
    'export const ENCODE_WASM =',
    `${lines.map((line) => `  '${line}'`).join(' +\n')};`,
    '',
  ].join('\n');
}

function disposable<Module extends { destroy(): void }>(module: Module): Module & Disposable {
  return Object.assign(module, { [Symbol.dispose]: () => module.destroy() });
}

if (import.meta.main) writeFileSync(ENCODE_WASM, await assembleEncode());
