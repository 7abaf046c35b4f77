import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CordwoodError } from '../../src/base/errors.ts';
import { loadSettings, type Settings } from '../../src/config/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

const BAD = join(import.meta.dirname, 'bad');
const ABSENT = '/nonexistent/cordwood.yaml';

for (const name of globSync('*.yaml', { cwd: BAD })) {
  test(`bad/${name} is refused with bad/${name.replace('.yaml', '.txt')}`, async () => {
    const want = readFileSync(join(BAD, name.replace('.yaml', '.txt')), 'utf8');
    await assert.rejects(loadSettings({ config: join(BAD, name) }, {}), (error: CordwoodError) => {
      assert.equal(error.code, 'ERR_CONFIG');
      assert.equal(`${error.message.replaceAll(`${BAD}/`, '')}\n`, want);
      return true;
    });
  });
}

test('every expected message belongs to a bad configuration', () => {
  const stems = (pattern: string) => globSync(pattern, { cwd: BAD }).map((name) => name.replace(/\..*/, ''));
  assert.deepEqual(stems('*.txt').sort(), stems('*.yaml').sort());
  assert.ok(stems('*.yaml').length >= 15);
});

async function load(yaml: string, listen: readonly string[] = []): Promise<Settings> {
  using folder = temporaryFolder();
  const config = join(folder.path, 'c.yaml');
  writeFileSync(config, yaml);
  return await loadSettings({ config, listen }, {});
}

test('the defaults apply without a file', async () => {
  const settings = await loadSettings({}, { XDG_STATE_HOME: '/state' }, ABSENT);
  assert.equal(settings.data, '/state/cordwood');
  assert.deepEqual(
    settings.listen.map(({ name, kind, address, byDefault }) => [name, kind, address.host, address.port, byDefault]),
    [
      ['udp0', 'udp', '127.0.0.1', 5514, true],
      ['tcp0', 'tcp', '127.0.0.1', 5514, true],
      ['udp1', 'udp', '::1', 5514, true],
      ['tcp1', 'tcp', '::1', 5514, true],
    ],
  );
  assert.deepEqual(settings.store, { kind: 'embedded' });
  assert.deepEqual(settings.streams, [{ name: 'default', keep: 30 * 86_400_000, importance: 'normal' }]);
  assert.deepEqual(settings.spool, { maxSize: 8 * 2 ** 30 });
  assert.deepEqual([settings.zone, settings.zones, settings.file], [undefined, [], undefined]);
});

test('an empty file means the defaults, without the web page', async () => {
  const { file, dataFrom, data, ...rest } = await load('# nothing\n');
  const { dataFrom: _, data: __, web: ___, ...defaults } = await loadSettings({}, {}, ABSENT);
  assert.deepEqual(rest, defaults);
  assert.ok(file);
});

test('sizes and durations are read with their units', async () => {
  const { listen, streams, spool } = await load(`
listen: [{kind: tcp, address: '*:514', max_frame: 128KiB, half_frame_timeout: 1m30s, idle_timeout: off}]
streams: [{name: default, keep: 2w}]
spool: {max_size: 1.5GB}
`);
  assert.partialDeepStrictEqual(listen[0], {
    address: { host: '::', port: 514 },
    max_frame: 131_072,
    half_frame_timeout: 90_000,
    idle_timeout: undefined,
    byDefault: false,
  });
  assert.deepEqual([streams, spool.maxSize], [[{ name: 'default', keep: 1_209_600_000, importance: 'normal' }], 1.5e9]);
});

test('keep: forever keeps messages for ever', async () => {
  const { streams } = await load('streams: [{name: default, keep: forever}]');
  assert.deepEqual(streams, [{ name: 'default', importance: 'normal' }]);
});

test('streams keep their order, and default is added if it is missing', async () => {
  const { streams, maxDisk } = await load(`
max_disk: 50GiB
streams:
  - {name: auth, match: 'facility:(auth OR authpriv)', keep: 365d, importance: high}
  - {name: debug, match: 'severity:debug', keep: 3d, max_size: 2GiB, importance: low}
`);
  assert.deepEqual(streams, [
    { name: 'auth', match: 'facility:(auth OR authpriv)', keep: 365 * 86_400_000, importance: 'high' },
    { name: 'debug', match: 'severity:debug', keep: 3 * 86_400_000, maxSize: 2 * 2 ** 30, importance: 'low' },
    { name: 'default', keep: 30 * 86_400_000, importance: 'normal' },
  ]);
  assert.equal(maxDisk, 50 * 2 ** 30);
});

test('stages keep their order, and each gets a name', async () => {
  const { pipeline } = await load(`
pipeline:
  - {kind: drop, match: noise}
  - {kind: drop, name: drop0, match: more}
  - {kind: rate-limit, limit: 5}
`);
  assert.deepEqual(
    pipeline.map(({ kind, name }) => [kind, name]),
    [
      ['drop', 'drop1'],
      ['drop', 'drop0'],
      ['rate-limit', 'rate-limit0'],
    ],
  );
  assert.partialDeepStrictEqual(pipeline[2], { by: 'hostname', limit: 5, every: 60_000 });
});

test('zones accept networks and single addresses', async () => {
  const { zone, zones } = await load(`
zone: utc
zones: [{cidr: 10.0.0.0/8, zone: '+05:30'}, {cidr: 10.0.0.7, zone: Asia/Tokyo}, {cidr: '2001:db8::1', zone: UTC}]
`);
  assert.equal(zone, 'utc');
  assert.deepEqual(
    zones.map(({ cidr }) => cidr),
    ['10.0.0.0/8', '10.0.0.7/32', '2001:db8::1/128'],
  );
});

const names = (yaml: string, want: string) =>
  test(`listeners get the names ${want}`, async () => {
    const { listen } = await load(`listen: [${yaml}]`);
    assert.equal(listen.map(({ name }) => name).join(' '), want);
  });
const at = (kind: string, port: number, name = '') =>
  `{kind: ${kind}, address: '*:${port}'${name && `, name: ${name}`}}`;
names([at('udp', 1), at('tcp', 1), at('tcp', 2)].join(), 'udp0 tcp0 tcp1');
names([at('tcp', 1), at('tcp', 2, 'tcp0'), at('tcp', 3)].join(), 'tcp1 tcp0 tcp2');
names([at('udp', 1, 'campus'), at('udp', 2)].join(), 'campus udp0');
names([at('udp', 0), at('udp', 0)].join(), 'udp0 udp1');

test('--listen replaces the listeners of the file', async () => {
  const yaml = "listen: [{kind: udp, address: '*:514'}]";
  const { listen } = await load(yaml, [
    'tcp://127.0.0.1:5515',
    'udp://[::]:5516?max_frame=8KiB&inflate=false&name=lab',
  ]);
  assert.deepEqual(
    listen.map(({ name, kind, address, max_frame, inflate }) => [name, kind, address, max_frame, inflate]),
    [
      ['tcp0', 'tcp', { host: '127.0.0.1', port: 5515 }, 65_536, true],
      ['lab', 'udp', { host: '::', port: 5516 }, 8192, false],
    ],
  );
});

test('--listen accepts nested keys', async () => {
  const url = 'tcp://127.0.0.1:6514?tls.cert=a.pem&tls.key=a.key&rate.per_second=100&tls.handshake_timeout=5s';
  const [listener] = (await load('', [url])).listen;
  assert.ok(listener?.kind === 'tcp');
  assert.deepEqual(listener.tls, { cert: 'a.pem', key: 'a.key', handshake_timeout: 5000 });
  assert.deepEqual(listener.rate, { per_second: 100, burst: 1000 });
});

const refusedUrl = (url: string, want: string) =>
  test(`--listen ${url} is refused`, async () => {
    await assert.rejects(load('', [url]), (error: Error) => {
      assert.equal(error.message.split('\n').slice(1).join('\n'), `  --listen ${url}: ${want}`);
      return true;
    });
  });
refusedUrl('127.0.0.1:514', "is not of the form tcp://127.0.0.1:5514; write 'tcp://127.0.0.1:514'");
refusedUrl('tcp:127.0.0.1:514', "is not of the form tcp://127.0.0.1:5514; write 'tcp://127.0.0.1:514'");
refusedUrl('tcp:514', "is not of the form tcp://127.0.0.1:5514; write 'tcp://*:514'");
refusedUrl('514/udp', "is not of the form tcp://127.0.0.1:5514; write 'udp://*:514'");
refusedUrl('UDP 5514', "is not of the form tcp://127.0.0.1:5514; write 'udp://*:5514'");
refusedUrl(
  'relp://2514',
  'address: "2514" is not an address and port, e.g. 0.0.0.0:514 or [::]:514; write "*:2514", with the quotes, for all addresses',
);
refusedUrl('everything', 'is not of the form tcp://127.0.0.1:5514');
refusedUrl('tcp://a:1/path', 'is not of the form tcp://127.0.0.1:5514');
refusedUrl('tls://a:1', 'kind: "tls" is not one of: udp, tcp, relp; write kind: tcp and tls: {cert: …, key: …}');
refusedUrl(
  'tcp://127.0.0.1',
  'address: "127.0.0.1" is not an address and port, e.g. 0.0.0.0:514 or [::]:514; write 127.0.0.1:514',
);
refusedUrl(
  'udp://*:514?backlog=5',
  'backlog: unknown key (set to 5); known here: kind, name, address, allow, rate, zone, max_frame, inflate, receive_buffer',
);
refusedUrl('tcp://*:514?tls.cert=a.pem', 'tls.key: is missing; it is a text');
refusedUrl('udp://*:514?max_fram=5', 'max_fram: unknown key (set to 5); did you mean "max_frame"?');

test('everything wrong with the file and the command line is reported at once', async () => {
  const wrong = load('spool: 3\nkeep: 4d\n', ['tcp://a', 'tcp://*:1', 'tcp://*:1']);
  await assert.rejects(wrong, (error: Error) => {
    const lines = error.message.split('\n');
    assert.match(lines[0]!, /c\.yaml: 4 problems$/);
    assert.deepEqual(
      lines.slice(1).map((line) => line.split(': ').slice(0, 2).join(': ').trim()),
      ['line 1:8: spool', 'line 2:1: keep', '--listen tcp://a: address', '--listen: listen[1].address'],
    );
    return true;
  });
});

test('an error does not show a secret in a wrong place', async () => {
  await assert.rejects(load('smtp_password: hunter2\nmail: {password: hunter2}\n'), (error: Error) => {
    assert.doesNotMatch(error.message, /hunter2/);
    return true;
  });
});

test('max_disk has a default only if the configuration says nothing of retention, and the store is on this disk', async () => {
  const usual = await load('');
  assert.ok(usual.maxDisk! >= 64 << 20 && usual.maxDisk! <= 50 * 2 ** 30);
  assert.ok(usual.keepFree! > 0);
  for (const text of [
    'max_disk: 64MiB',
    'streams: [{name: default, keep: 365d}]',
    'store: {kind: mongodb, uri: "mongodb://localhost/logs"}',
  ]) {
    const { maxDisk, keepFree } = await load(text);
    assert.equal(maxDisk, text.startsWith('max_disk') ? 64 << 20 : undefined, text);
    assert.equal(keepFree, undefined, text);
  }
});
