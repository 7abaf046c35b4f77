import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overdueNode } from '../../scripts/package/node-release.ts';

const NOW = Date.parse('2026-06-15T12:00:00Z');
const DAY = 24 * 3600 * 1000;

/** What npm prints of versions that are so many days old. */
function published(days: Readonly<Record<string, number>>): Record<string, string> {
  const times = Object.entries(days).map(([version, age]) => [version, new Date(NOW - age * DAY).toISOString()]);
  return { created: '2012-01-01T00:00:00.000Z', modified: new Date(NOW).toISOString(), ...Object.fromEntries(times) };
}

test('a newer Node of the same major version is overdue after a week, and no other is', () => {
  const overdue = (days: Readonly<Record<string, number>>) => overdueNode('24.9.0', published(days), NOW);
  assert.equal(overdue({ '24.9.0': 30 }), undefined, 'the packed one');
  assert.equal(overdue({ '24.10.0': 7 }), '24.10.0', 'by numbers, not by letters');
  assert.equal(overdue({ '24.10.0': 6.9 }), undefined, 'out for less than a week');
  assert.equal(overdue({ '24.9.1': 20, '24.11.0': 9, '24.10.0': 10 }), '24.11.0', 'the newest');
  assert.equal(
    overdue({ '24.8.9': 1000, '25.1.0': 100, '22.99.0': 100 }),
    undefined,
    'older, or another major version',
  );
  assert.equal(overdue({ '24.10.0-rc.1': 100 }), undefined, 'no release');
});
