import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BIN } from './support/server.ts';
import { temporaryFolder } from './support/tmp.ts';

/** Runs the program with only these variables, and without the cache of the test run. */
function run(env: Readonly<Record<string, string>>): void {
  const { status, stderr } = spawnSync(process.execPath, [BIN, '--version'], { env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

test('compiled code is kept in the home folder, and under systemd in the folder for caches of the unit', () => {
  using home = temporaryFolder();
  using cache = temporaryFolder();
  run({ HOME: home.path });
  assert.equal(readdirSync(join(home.path, '.cache/cordwood')).length, 1);
  run({ HOME: home.path, XDG_CACHE_HOME: cache.path });
  assert.equal(readdirSync(join(cache.path, 'cordwood')).length, 1);
  using unit = temporaryFolder();
  run({ HOME: home.path, CACHE_DIRECTORY: unit.path });
  assert.equal(readdirSync(unit.path).length, 1);
});

test('no compiled code is read from a folder of another user', {
  skip: process.getuid!() !== 0 && 'needs root',
}, () => {
  using home = temporaryFolder();
  chownSync(home.path, 65_534, 65_534);
  run({ HOME: home.path });
  assert.equal(existsSync(join(home.path, '.cache')), false);
});
