import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from './support/require.ts';
import { temporaryFolder } from './support/tmp.ts';

const FOLDER = join(import.meta.dirname, '..', 'systemd');
const SERVICE = readFileSync(join(FOLDER, 'cordwood.service'), 'utf8');
/** Highest exposure level that `systemd-analyze security` may report, of 10. */
const MOST_EXPOSED = 1.6;
const skip = needs('systemd-analyze');

test('the service starts the binary of the package with /etc/cordwood/cordwood.yaml, as the user that sysusers creates', () => {
  const manifest = JSON.parse(readFileSync(join(FOLDER, '..', 'package.json'), 'utf8'));
  assert.deepEqual(Object.keys(manifest.bin), ['cordwood']);
  assert.match(SERVICE, /^ExecStart=\/usr\/local\/bin\/cordwood serve --config \/etc\/cordwood\/cordwood\.yaml$/m);
  assert.match(SERVICE, /^ExecReload=\/bin\/sh -c 'kill -HUP \$\{MAINPID\}'$/m);
  const user = /^User=(\w+)$/m.exec(SERVICE)![1];
  assert.match(readFileSync(join(FOLDER, 'cordwood.sysusers.conf'), 'utf8'), new RegExp(`^u ${user} - `, 'm'));
});

test('systemd-analyze verify accepts the units', { skip }, () => {
  using folder = temporaryFolder();
  const units = readdirSync(FOLDER).filter((name) => /\.(service|socket)$/.test(name));
  assert.deepEqual(units, ['cordwood.service', 'cordwood.socket']);
  for (const name of units) {
    // verify checks that the binary is executable; tests run without one in /usr/local/bin.
    const text = readFileSync(join(FOLDER, name), 'utf8').replace('/usr/local/bin/cordwood serve', '/bin/true serve');
    writeFileSync(join(folder.path, name), text);
  }
  const paths = units.map((name) => join(folder.path, name));
  const output = execFileSync('/bin/sh', ['-c', 'systemd-analyze verify "$@" 2>&1', 'sh', ...paths], {
    encoding: 'utf8',
  });
  assert.equal(output.includes('cordwood'), false, output);
});

test(`systemd-analyze security rates the service at most ${MOST_EXPOSED} of 10`, { skip }, (t) => {
  const unit = join(FOLDER, 'cordwood.service');
  const threshold = `--threshold=${MOST_EXPOSED * 10}`;
  const args = ['security', '--offline=true', '--no-pager', threshold, unit];
  const output = execFileSync('systemd-analyze', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const level = Number(/Overall exposure level for cordwood\.service: ([\d.]+)/.exec(output)?.[1]);
  assert.ok(level <= MOST_EXPOSED, output);
  t.diagnostic(`exposure ${level}`);
});
