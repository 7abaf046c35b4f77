import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { counterFamilies, seriesOf } from '../../../src/api/metrics/counter-families.ts';
import { families } from '../../../src/api/metrics/index.ts';
import { ALL_COUNTERS } from '../../../src/assembly/counters.ts';
import { ROOT } from '../../support/documents.ts';

/** Labels whose values come from the configuration or from the code, never from the network. */
const BOUNDED = new Set([
  'cause',
  'fate',
  'forward',
  'kind',
  'limit',
  'listener',
  'node_version',
  'outcome',
  'part',
  'reason',
  'route',
  'rule',
  'stage',
  'state',
  'status',
  'stream',
  'thread',
  'version',
]);

const COUNTER_FAMILIES = counterFamilies(ALL_COUNTERS);

test('every counter has a family of its own kind', () => {
  for (const { name, kind } of ALL_COUNTERS) {
    const [family] = seriesOf(name, COUNTER_FAMILIES) ?? [];
    assert.ok(family, `${name} has no family: add a row to src/api/metrics/counter-families.ts`);
    assert.equal(family.kind, kind, name);
  }
});

test('every row of the table has a counter', () => {
  const text = readFileSync(join(ROOT, 'src/api/metrics/counter-families.ts'), 'utf8');
  const rows =
    text
      .split('const TABLE')[1]!
      .split('\n];')[0]!
      .match(/\[\s*'[\w.<>]+',/g) ?? [];
  assert.equal(rows.length, COUNTER_FAMILIES.length);
});

test('no two counters are the same series', () => {
  const series = ALL_COUNTERS.map(({ name }) => {
    const [family, labels] = seriesOf(name, COUNTER_FAMILIES)!;
    return JSON.stringify([family.name, labels]);
  });
  assert.deepEqual([...new Set(series)], series);
});

test('the unit of a counter is in the name of its family', () => {
  const named: Readonly<Record<string, RegExp>> = {
    bytes: /_bytes/,
    messages: /_messages/,
    connections: /connections/,
    milliseconds: /_seconds/,
    notices: /notifications/,
  };
  for (const { name, unit } of ALL_COUNTERS) {
    const pattern = named[unit];
    if (pattern) assert.match(seriesOf(name, COUNTER_FAMILIES)![0].name, pattern, name);
  }
});

test('names follow the conventions of Prometheus, each once, with help', () => {
  const all = families(ALL_COUNTERS);
  assert.deepEqual([...new Set(all.map(({ name }) => name))].length, all.length);
  for (const { name, kind, help } of all) {
    assert.match(name, /^cordwood_[a-z]+(_[a-z]+)*$/);
    assert.equal(name.endsWith('_total'), kind === 'counter', name);
    assert.match(help, /^[A-Za-z0-9].*[^.]$/, name);
    assert.doesNotMatch(help, /[`*]/, name);
  }
});

test('no label takes a value that the network can choose', () => {
  const labels = families(ALL_COUNTERS).flatMap((family) => family.labels);
  assert.deepEqual(
    labels.filter((label) => !BOUNDED.has(label)),
    [],
  );
});

test('a name of a listener or stage may hold dots', () => {
  const [family, labels] = seriesOf('listen.site.a.dropped.spool_full', COUNTER_FAMILIES)!;
  assert.deepEqual(
    [family.name, labels],
    ['cordwood_dropped_messages_total', { listener: 'site.a', reason: 'spool_full' }],
  );
  assert.deepEqual(seriesOf('pipeline.a.b.dropped', COUNTER_FAMILIES)![1], { stage: 'a.b', fate: 'dropped' });
});
