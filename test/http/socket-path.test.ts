import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { controlSocket } from '../../src/http/socket-path.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('the control socket lies in the data folder, or in the runtime directory if that path is too long', () => {
  using runtime = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = runtime.path;
  assert.equal(controlSocket('/var/lib/cordwood'), '/var/lib/cordwood/control.sock');
  const long = `/${'long/'.repeat(30)}`;
  const path = controlSocket(long);
  assert.ok(path.startsWith(join(runtime.path, `cordwood-${process.getuid!()}`)) && Buffer.byteLength(path) <= 107);
  assert.equal(controlSocket(long), path, 'the same each time');
  assert.notEqual(controlSocket(`${long}x`), path);
});

test('the control socket is not created in a folder that another user owns', () => {
  using runtime = temporaryFolder();
  process.env['XDG_RUNTIME_DIR'] = runtime.path;
  mkdirSync(join(runtime.path, 'theirs'));
  symlinkSync(join(runtime.path, 'theirs'), join(runtime.path, `cordwood-${process.getuid!()}`));
  assert.throws(() => controlSocket(`/${'long/'.repeat(30)}`), /cannot create the control socket in .* another user/);
});
