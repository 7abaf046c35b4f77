import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assemble, assembledFile, expand, LAYOUTS, MODULES } from '../scripts/wasm.ts';

for (const module of MODULES) {
  test(`the checked-in module ${module} is what its text assembles to`, async () => {
    const assembled = await assemble(module);
    assert.ok(readFileSync(assembledFile(module), 'utf8') === assembled, 'run `node scripts/wasm.ts`');
  });
}

for (const module of Object.keys(LAYOUTS)) {
  test(`${module} names the addresses of its memory instead of writing them out`, () => {
    const text = readFileSync(join(import.meta.dirname, '../src', module), 'latin1');
    const code = text.replace(/;;.*$/gm, '');
    assert.deepEqual(
      code.match(/offset=0x[0-9a-f]+|\(data \(i32\.const 0x[0-9a-f]+|i32 \(i32\.const 0x[0-9a-f]+\)\)/g),
      null,
    );
  });
}

test('constants are replaced by their values, and a name without a value is an error', () => {
  assert.equal(expand('offset=%A% (i32.const %B_C%)', { A: 8, B_C: 0 }), 'offset=8 (i32.const 0)');
  assert.throws(() => expand('offset=%D%', { A: 8 }), /D has no value/);
});
