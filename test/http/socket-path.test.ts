import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlSocket } from '../../src/http/socket-path.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('a socket lies in the data folder, or under a short name where that path is too long for one', () => {
  using runtime = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = runtime.path;
  assert.equal(controlSocket('/var/lib/cordwood'), '/var/lib/cordwood/control.sock');
  const long = `/${'long/'.repeat(30)}`;
  const path = controlSocket(long);
  assert.ok(path.startsWith(join(runtime.path, `cordwood-${process.getuid!()}`)) && Buffer.byteLength(path) <= 107);
  assert.equal(controlSocket(long), path, 'the same each time');
  assert.notEqual(controlSocket(`${long}x`), path);
});

test('a folder that somebody else made is not taken', () => {
  using runtime = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = runtime.path;
  mkdirSync(join(runtime.path, 'theirs'));
  symlinkSync(join(runtime.path, 'theirs'), join(runtime.path, `cordwood-${process.getuid!()}`));
  assert.throws(() => controlSocket(`/${'long/'.repeat(30)}`), /cannot put the control socket into .* another user/);
});
