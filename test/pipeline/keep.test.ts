import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { stageConformance } from './conformance.ts';
import { stage, through } from './kit.ts';

stageConformance('keep', { match: 'severity:<=warning' }, fc.constant({ severity: 7, message: 'x' }));

test('keep drops rows that do not match', async () => {
  const drafts = [{ severity: 3 }, { severity: 7 }, { severity: 4 }];
  const { left, dropped } = await through([stage({ kind: 'keep', match: 'severity:<=warning' })], drafts);
  assert.deepEqual(
    left.map(({ severity }) => severity),
    [3, 4],
  );
  assert.deepEqual(dropped, ['keep0 1']);
});
