import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { find } from './support/require.ts';
import { temporaryFolder } from './support/tmp.ts';

const UNIT = join(import.meta.dirname, '..', 'systemd', 'cordwood.service');

test('the unit starts the bin of the package with the packaged configuration', () => {
  const unit = readFileSync(UNIT, 'utf8');
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(manifest.bin), ['cordwood']);
  assert.match(unit, /^ExecStart=\/usr\/bin\/cordwood serve --config \/etc\/cordwood\/cordwood\.yaml$/m);
  assert.match(unit, /^User=cordwood$/m);
});

test('systemd accepts the unit', { skip: find('systemd-analyze') ? false : 'systemd-analyze is not installed' }, () => {
  using folder = temporaryFolder();
  // The binary is not installed at /usr/bin where tests run: verify checks that it is executable.
  const copy = join(folder.path, 'cordwood.service');
  const unit = readFileSync(UNIT, 'utf8').replace('/usr/bin/cordwood serve', '/bin/true serve');
  writeFileSync(copy, unit);
  execFileSync('systemd-analyze', ['verify', copy], { stdio: 'pipe' });
});
