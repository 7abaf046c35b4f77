import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CordwoodError } from '../../src/base/errors.ts';
import { describe, loadSettings, type Settings } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

const rule = (name: string, more = '') => `{name: ${name}, kind: match, query: fire, to: [pager]${more}}`;
const MAIN = `alerts: [${rule('main')}]
notifiers: [{kind: webhook, name: pager, url: 'https://example.org/hook'}]
`;

/** A configuration with files in `alerts.d` beside it. */
async function load(files: Readonly<Record<string, string>>, main = MAIN): Promise<Settings> {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, main);
  mkdirSync(join(folder.path, 'alerts.d'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder.path, 'alerts.d', name), text);
  return await loadSettings({ config }, {});
}

test('files of alerts.d are read in the order of their names, and backup files of editors are ignored', async () => {
  const settings = await load({
    'b.yaml': `- ${rule('of-b')}\n`,
    'a.yaml': `alerts:\n  - ${rule('of-a')}\n  - ${rule('more')}\n`,
    'empty.yaml': '# nothing yet\n',
    'a.yaml~': 'not: read',
    '.hidden.yaml': 'not: read',
    '#b.yaml#': 'not: read',
    'b.yaml.off': 'not: read',
  });
  assert.deepEqual(
    settings.alerts.map(({ name, file = 'c.yaml' }) => `${file} ${name}`),
    ['c.yaml main', 'alerts.d/a.yaml of-a', 'alerts.d/a.yaml more', 'alerts.d/b.yaml of-b'],
  );
  assert.deepEqual(settings.notes, ['alerts.d/b.yaml.off is ignored: its name does not end in .yaml']);
  assert.match(
    await describe(settings),
    /^alert {10}of-b: match, at \*\/5 \* \* \* \*, to pager; from alerts\.d\/b\.yaml$/m,
  );
});

const refused = (what: string, files: Readonly<Record<string, string>>, want: readonly string[], main = MAIN) =>
  test(`rules are refused: ${what}`, async () => {
    await assert.rejects(load(files, main), (error: CordwoodError) => {
      assert.equal(error.code, 'ERR_CONFIG');
      assert.deepEqual(
        error.message.split('\n').slice(1),
        want.map((line) => `  ${line}`),
      );
      return true;
    });
  });

refused(
  'a bad query in a list',
  { 'web.yaml': `- ${rule('a')}\n- {name: b, kind: match, query: 'a AND', to: [x]}\n` },
  [
    'alerts.d/web.yaml: line 2:33: alerts[1].query: "a AND" is not a query: at character 6: a term is missing after AND',
  ],
);
refused(
  'unknown keys, and a missing one, under alerts:',
  { 'web.yaml': `alert: 3\nalerts:\n  - {name: a, kind: match, querry: x, to: [x]}\n` },
  [
    'alerts.d/web.yaml: line 1:1: alert: unknown key (set to 3); did you mean "alerts"?',
    'alerts.d/web.yaml: line 3:5: alerts[0].query: is missing; it is a text',
    'alerts.d/web.yaml: line 3:28: alerts[0].querry: unknown key (set to "x"); did you mean "query"?',
  ],
);
refused('what is no YAML', { 'web.yaml': '- {name: a\n' }, [
  'alerts.d/web.yaml: line 1:3: this { is not closed; add a }',
]);
refused('what is no list', { 'web.yaml': 'hello\n' }, ['alerts.d/web.yaml: line 1:1: "hello" is not a group of keys']);
refused(
  'names twice: in one file, in two, and in the configuration',
  {
    'a.yaml': `- ${rule('one')}\n- ${rule('one')}\n`,
    'b.yaml': `- ${rule('main')}\n- ${rule('two')}\n`,
    'c.yaml': `alerts: [${rule('two')}]\n`,
  },
  [
    'alerts.d/a.yaml: line 2:10: alerts[1].name: one is already the name of another one; choose another name',
    'alerts.d/b.yaml: line 1:10: alerts[0].name: main is already the name of a rule in the configuration; choose another name',
    'alerts.d/c.yaml: line 1:17: alerts[0].name: two is already the name of a rule in alerts.d/b.yaml; choose another name',
  ],
);
refused(
  'all that is wrong, in the configuration and in files, at once',
  { 'a.yaml': '- 3\n' },
  ['line 1:8: spool: 3 is not a group of keys', 'alerts.d/a.yaml: line 1:3: alerts[0]: 3 is not a group of keys'],
  'spool: 3\n',
);

test('an unreadable file is refused with a remedy', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  const rules = join(folder.path, 'alerts.d');
  writeFileSync(config, MAIN);
  const why = () =>
    loadSettings({ config }, {}).then(String, (error: Error) => error.message.split('\n').slice(1).join('\n'));
  symlinkSync('nowhere', rules);
  assert.match(await why(), /^ {2}alerts\.d: cannot be read: it is a link to a file that does not exist/);
  using other = temporaryFolder();
  const second = join(other.path, 'c.yaml');
  writeFileSync(second, MAIN);
  writeFileSync(join(other.path, 'alerts.d'), '');
  await assert.rejects(loadSettings({ config: second }, {}), /alerts\.d: cannot be read: it is not a folder/);
  using third = temporaryFolder();
  const last = join(third.path, 'c.yaml');
  writeFileSync(last, MAIN);
  mkdirSync(join(third.path, 'alerts.d', 'sub.yaml'), { recursive: true });
  await assert.rejects(loadSettings({ config: last }, {}), /alerts\.d\/sub\.yaml: cannot be read: it is a folder/);
});

test('recipients that cannot be notified are reported', async () => {
  const { notes } = await load(
    { 'a.yaml': `- {name: a, kind: match, query: x, to: [ops@example.org, page]}\n` },
    `${MAIN}silence: {to: [ops@example.org]}\n`,
  );
  assert.deepEqual(notes, [
    'cannot notify ops@example.org: the configuration has no mail:',
    'cannot notify page: no entry of notifiers: has this name',
  ]);
});

const EVERY = `unknown key (set to "5m"); write schedule: '*/5 * * * *'`;
refused(
  'a key of other programs, in a list and below alerts:',
  { 'a.yaml': `- ${rule('a', ', every: 5m')}\n`, 'b.yaml': `alerts:\n  - ${rule('b', ', every: 5m')}\n` },
  [`alerts.d/a.yaml: line 1:52: alerts[0].every: ${EVERY}`, `alerts.d/b.yaml: line 2:54: alerts[0].every: ${EVERY}`],
);
