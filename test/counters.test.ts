import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stalePages } from '../scripts/docs.ts';
import { ALL_COUNTERS, createCounters } from '../src/assembly/counters.ts';
import { loadSettings } from '../src/config/index.ts';

test('docs/counters.md and docs/metrics.md are what `node scripts/docs.ts` writes', () =>
  assert.deepEqual(stalePages(), []));

test('each counter is declared once, with a sentence that explains it', () => {
  const names = ALL_COUNTERS.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
  for (const { name, help } of ALL_COUNTERS) assert.match(help, /^[A-Z0-9].*[^.]$/, name);
});

test('every counter of a server is declared', async () => {
  const settings = await loadSettings({ listen: ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0'] }, {}, '/nowhere');
  const stages = [
    { kind: 'drop', name: 'noise', match: 'severity:debug' },
    { kind: 'severity', name: 'worse', match: 'oops', severity: 'error' },
  ] as unknown as typeof settings.pipeline;
  const declared = ALL_COUNTERS.map(({ name }) => new RegExp(`^${name.replace(/<\w+>/, '\\w+')}$`));
  const made = createCounters({ ...settings, pipeline: stages }).names;
  assert.ok(made.includes('listen.tcp0.received.frames') && made.includes('pipeline.worse.changed'));
  assert.deepEqual(
    made.filter((name) => !declared.some((pattern) => pattern.test(name))),
    [],
  );
});
