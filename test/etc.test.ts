import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isFresh } from '../scripts/schema.ts';
import { loadSettings } from '../src/config/index.ts';
import { NOTIFIERS, RULES } from '../src/alert/registry.ts';
import { FORWARDS } from '../src/forward/registry.ts';
import { LISTENERS } from '../src/listen/registry.ts';
import { STAGES } from '../src/pipeline/registry.ts';
import { STORES } from '../src/store/registry.ts';
import { temporaryFolder } from './support/tmp.ts';

const ETC = join(import.meta.dirname, '..', 'etc');
const EXAMPLES = globSync('**/*.yaml', { cwd: ETC, exclude: ['**/alerts.d/**'] });

for (const name of EXAMPLES) {
  test(`etc/${name} is a valid configuration`, async () => {
    const settings = await loadSettings({ config: join(ETC, name) }, {});
    assert.ok(settings.listen.length > 0);
  });
}

test('rules in alerts.d/ are loaded with the configuration, in the order of their file names', async () => {
  const { alerts, notes } = await loadSettings({ config: join(ETC, 'examples/rule-files/cordwood.yaml') }, {});
  assert.deepEqual(
    alerts.map(({ name, file = '' }) => [file, name]),
    [
      ['', 'disk-failing'],
      ['alerts.d/backup.yaml', 'backup-done'],
      ['alerts.d/web.yaml', 'nginx-errors'],
      ['alerts.d/web.yaml', 'certificates'],
    ],
  );
  assert.deepEqual(notes, []);
});

test('every kind has an example in etc/examples/', () => {
  for (const { name } of [...LISTENERS, ...STORES, ...STAGES, ...RULES, ...NOTIFIERS]) {
    const text = readFileSync(join(ETC, 'examples', `${name}.yaml`), 'utf8');
    assert.match(text, new RegExp(`kind: ${name}\\b`));
  }
});

test('every kind of destination is in etc/examples/forward.yaml', () => {
  const text = readFileSync(join(ETC, 'examples', 'forward.yaml'), 'utf8');
  for (const { name } of FORWARDS) assert.match(text, new RegExp(`kind: ${name}, name|kind: ${name}\\n    name`));
});

test('etc/cordwood.yaml sets the data folder and leaves every other key at its default', async () => {
  const { file, data, dataFrom, ...settings } = await loadSettings({ config: join(ETC, 'cordwood.yaml') }, {});
  const { data: _, dataFrom: __, web: ___, ...defaults } = await loadSettings({}, {}, '/nonexistent');
  assert.deepEqual(settings, defaults);
  assert.deepEqual([data, file], ['/var/lib/cordwood', dataFrom]);
});

test('etc/cordwood.yaml shows the defaults in its comments', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const text = readFileSync(join(ETC, 'cordwood.yaml'), 'utf8');
  writeFileSync(config, text.replace(/^#(?=[a-z]| {2}(- |[a-z_]+:))/gm, ''));
  const { listen, web, zone, zones, store, streams, spool, maxDisk, pipeline, ...notifying } = await loadSettings(
    { config },
    {},
  );
  const defaults = await loadSettings({}, {}, '/nonexistent');
  assert.deepEqual(
    { store, streams, spool },
    { store: defaults.store, streams: defaults.streams, spool: defaults.spool },
  );
  assert.deepEqual(
    listen,
    defaults.listen.map((listener) => ({ ...listener, byDefault: false })),
  );
  assert.deepEqual({ ...web, users: '' }, { ...defaults.web, users: '' });
  assert.ok(zone !== undefined && zones.length > 0 && maxDisk !== undefined && pipeline.length > 0);
  const { alerts, silence, digest, notifiers, mail, notes, forward } = notifying;
  assert.deepEqual(
    [alerts, silence.to, digest.to, notifiers, forward].map(({ length }) => length),
    [1, 1, 1, 1, 1],
  );
  assert.deepEqual([mail !== undefined, notes], [true, []]);
});

test('`node scripts/schema.ts` would write the schemas that are in etc/', () => assert.ok(isFresh()));
