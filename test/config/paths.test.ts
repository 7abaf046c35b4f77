import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { parse } from 'yaml';
import { dataFolder, loadSettings } from '../../src/config/index.ts';
import { quickScalar } from '../../src/config/quick.ts';
import { temporaryFolder } from '../support/tmp.ts';

const ABSENT = '/nonexistent/cordwood.yaml';

test('the data folder comes from --data, CORDWOOD_DATA, the file, XDG_STATE_HOME or the home folder', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, 'data: /srv/logs\n');
  const env = { HOME: '/home/ann', XDG_STATE_HOME: '/state', CORDWOOD_DATA: '/env', CORDWOOD_CONFIG: config };
  const ok = async (options: object, given: Record<string, string>, want: string, from: string) => {
    assert.equal(await dataFolder(options, given, ABSENT), want);
    const settings = await loadSettings(options, given, ABSENT);
    assert.deepEqual([settings.data, settings.dataFrom], [want, from]);
  };
  await ok({ data: '/opt', config }, env, '/opt', '--data');
  await ok({ config }, env, '/env', 'CORDWOOD_DATA');
  await ok({}, { ...env, CORDWOOD_DATA: '' }, '/srv/logs', config);
  await ok({}, { HOME: '/home/ann', XDG_STATE_HOME: '/state' }, '/state/cordwood', 'default');
  await ok({}, { HOME: '/home/ann' }, '/home/ann/.local/state/cordwood', 'default');
  await ok({ data: 'here' }, {}, join(process.cwd(), 'here'), '--data');
});

test('a relative data: is relative to its file', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, 'data: state # ours\n');
  assert.equal(await dataFolder({ config }, {}), join(folder.path, 'state'));
});

test("the system's file is read where no other is named, and may be absent", async () => {
  using folder = temporaryFolder();
  const system = join(folder.path, 'system.yaml');
  writeFileSync(system, 'data: /srv/system\n');
  assert.equal((await loadSettings({}, {}, system)).file, system);
  assert.equal((await loadSettings({}, {}, ABSENT)).file, undefined);
});

const refused = (name: string, options: object, env: Record<string, string>, want: RegExp) =>
  test(name, async () => {
    await assert.rejects(loadSettings(options, env, ABSENT), { code: 'ERR_CONFIG', message: want });
    await assert.rejects(dataFolder(options, env, ABSENT), { code: 'ERR_CONFIG', message: want });
  });
refused('a file named by --config must exist', { config: ABSENT }, {}, /it does not exist; correct --config/);
refused('a file named by CORDWOOD_CONFIG must exist', {}, { CORDWOOD_CONFIG: ABSENT }, /correct CORDWOOD_CONFIG/);
refused('a folder is no file', { config: '/' }, {}, /it is a folder; give the path of the file in it/);

test('the error for a folder in place of the file differs from that for a missing file', async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, 'cordwood.yaml'));
  await assert.rejects(dataFolder({}, {}, join(folder.path, 'cordwood.yaml')), /it is a folder/);
});

const quick = (text: string, want: string | undefined | 'not sure') =>
  test(`the quick reader reads ${JSON.stringify(text)}`, () => {
    const found = quickScalar(text, 'data');
    assert.deepEqual(found, want === 'not sure' ? { sure: false } : { sure: true, value: want });
    if (found.sure) assert.equal((parse(text) as { data?: string } | null)?.data, found.value);
  });
quick('', undefined);
quick('data: /var/lib/cordwood\n', '/var/lib/cordwood');
quick('# data: /no\ndata: "/with space" # yes\n', '/with space');
quick("data: '/a'\r\nlisten:\r\n- kind: udp\r\n", '/a');
quick('listen:\n  - data: /no\n', undefined);
quick('zone: |\n  data: /no\ndata: ./x\n', './x');
quick('{data: /a}', 'not sure');
quick('"data": /a', 'not sure');
quick('data: &x /a', 'not sure');
quick('data: /a\n  b\n', 'not sure');
quick('data: /a\ndata: /b', 'not sure');
quick('data:\n  /a\n', 'not sure');
quick('data: /a: b', 'not sure');
quick('data: state', 'not sure');
quick('? data\n: /a\n', 'not sure');

test('the quick reader agrees with the YAML parser whenever it is sure', () => {
  const piece = fc.constantFrom(
    'data:',
    ' ',
    '\n',
    '/a',
    '.b',
    '"',
    "'",
    '#',
    '- ',
    'x',
    ':',
    '{',
    '|',
    '\t',
    '\\',
    '&',
    '?',
  );
  const agrees = (pieces: string[]) => {
    const text = pieces.join('');
    const found = quickScalar(text, 'data');
    if (!found.sure) return;
    let whole: unknown;
    try {
      whole = parse(text, { logLevel: 'error' });
    } catch {
      return;
    }
    const data = whole !== null && typeof whole === 'object' ? (whole as { data?: unknown }).data : undefined;
    assert.equal(found.value, data, JSON.stringify(text));
  };
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), agrees), { numRuns: 20_000 });
});
