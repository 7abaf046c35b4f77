import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assemble, assembledFile, MODULES } from '../scripts/wasm.ts';

for (const module of MODULES) {
  test(`${module}: the module that is checked in is what its text assembles to`, async () => {
    const assembled = await assemble(module);
    assert.ok(readFileSync(assembledFile(module), 'utf8') === assembled, 'run `node scripts/wasm.ts`');
  });
}
