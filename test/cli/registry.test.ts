import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/commands/registry.ts';
import { FORMATS } from '../../src/cli/formats/registry.ts';

const ROOM = join(import.meta.dirname, '../../src/cli');

/** Files in commands/ that are not commands. */
const PARTS = ['registry', 'search-flags', 'hosts-clock', 'users'];
/** Commands beside the parts of what they print. */
const COMPLETION = ['completion'];
/** Files in formats/ that are not formats: code that several formats share. */
const SHARED = ['registry', 'format', 'line', 'cells'];

function files(folder: string): string[] {
  const names = readdirSync(join(ROOM, folder)).map((name) => name.replace(/\.ts$/, ''));
  return names.sort();
}

test('every command has a file and a line in the registry', async () => {
  const names = COMMANDS.map(({ name }) => name);
  assert.deepEqual(
    [...files('commands'), ...files('data'), ...files('web'), ...COMPLETION]
      .filter((name) => !PARTS.includes(name))
      .sort(),
    [...names].sort(),
  );
  for (const { name, load } of COMMANDS) assert.equal((await load()).name, name);
});

test('every format has a file and a line in the registry', async () => {
  const names = FORMATS.map(({ name }) => name);
  assert.deepEqual(
    files('formats').filter((name) => !SHARED.includes(name)),
    [...names].sort(),
  );
  for (const { load } of FORMATS) assert.equal(typeof (await load()), 'function');
});
