import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describe, loadSettings, ticksOf } from '../../src/config/index.ts';
import { cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

const MAIL = "mail: {from: logs@example.org, smtp: 'smtps://mail.example.org'}\n";

/** What `check-config` says to a configuration with these rules. */
async function checked(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, text);
  return await cordwood(['check-config', '--config', config, '--data', folder.path]);
}

const refused: readonly (readonly [what: string, text: string, error: RegExp])[] = [
  [
    'an address without mail:',
    'alerts: [{name: a, kind: match, query: x, to: [ops@example.org]}]\n',
    /cannot notify ops@example\.org: the configuration has no mail:/,
  ],
  [
    'an unknown notifier',
    `alerts: [{name: a, kind: match, query: x, to: [pager]}]\n${MAIL}`,
    /cannot notify pager: no entry of notifiers: has this name/,
  ],
  ['silence without mail:', 'silence: {to: [ops@example.org]}\n', /cannot notify ops@example\.org/],
];
for (const [what, text, error] of refused) {
  test(`check-config refuses recipients that cannot be reached: ${what}`, async () => {
    const { code, stdout, stderr } = await checked(text);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, error);
    assert.match(stderr, /write to: \[\] for a rule that is to send no notices/);
  });
}

test('check-config accepts a rule that says that it has no recipients', async () => {
  const { code, stdout, stderr } = await checked('alerts: [{name: a, kind: match, query: x, to: []}]\n');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^alert {10}a: match, at \*\/5 \* \* \* \*, without notices\n {15}next at \d{4}-/m);
});

test('the next three ticks of each rule are shown in its zone', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  const rule = (name: string, schedule: string, zone: string): string =>
    `{name: ${name}, kind: match, query: x, to: [], schedule: '${schedule}', timezone: ${zone}}`;
  const rules = [rule('a', '30 4 1,15 * 5', 'Europe/Berlin'), rule('b', '0 12 29 2 *', 'UTC')];
  writeFileSync(config, `alerts: [${rules.join(', ')}]\n`);
  const settings = await loadSettings({ config }, {});
  const shown = await describe(settings, await ticksOf(settings, Date.UTC(2026, 5, 2)));
  const ticks = ['2026-06-05 04:30 +02:00', '2026-06-12 04:30 +02:00', '2026-06-15 04:30 +02:00'];
  assert.match(shown, new RegExp(`a: match, .*\\n {15}next at ${ticks.join(', ').replaceAll('+', '\\+')}\\n`));
  assert.match(shown, /b: match, .*\n {15}no tick within a year\n/);
});
