import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeRow } from '../../src/ask/contract.ts';
import { relaysText } from '../../src/cli/views/relays-text.ts';
import type { RelayReport } from '../../src/cluster/contract.ts';
import { NOW } from './fake.ts';

const RELAY: RelayReport = {
  ...{ relay: 'edge1.example.org', from: 'c0ffee/central', host: 'edge1', heardAt: NOW - 3000, beatAt: NOW - 3000 },
  ...{ waiting: 0, behind: 0, sent: 120, taken: 100, again: 5, missing: 20, lost: 0, cut: 0, dead: 0 },
};

function shown(...relays: RelayReport[]): string[] {
  const node = { node: 1, relays } as unknown as NodeRow;
  return relaysText([node], NOW).trimEnd().split('\n');
}

test('nodes shows how far a relay is, and nothing more if it passed on everything', () => {
  const [heads, row, ...more] = shown(RELAY);
  assert.match(heads!, /^relay +forward +host +state/);
  assert.match(row!, /^edge1\.example\.org +central +edge1 +ok +3s ago +0s +0 +120 +100 +5 +20$/);
  assert.deepEqual(more, []);
});

test('nodes says what a relay did not pass on, and why', () => {
  const [, , , ...lines] = shown(RELAY, { ...RELAY, from: 'c0ffee/a\x1b[2J', lost: 1, cut: 2000, dead: 3 });
  assert.deepEqual(lines, [
    'edge1.example.org as a\\x1b[2J: 1 message deleted by retention before, 2,000 cut, 3 refused here and kept there as ' +
      'dead letters',
  ]);
});

test('nodes says the worst of a relay: away, set back, or a wrong clock', () => {
  const state = (more: Partial<RelayReport>) => shown({ ...RELAY, ...more })[1]!.split(/ {2,}/)[3];
  assert.equal(state({ beatAt: NOW - 61_000, lead: 120_000 }), 'away');
  assert.equal(state({ setBackAt: NOW - 60_000, lead: 120_000 }), 'set back 1m ago');
  assert.equal(state({ lead: -120_000 }), 'clock 2m behind');
});
