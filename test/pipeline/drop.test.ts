import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { stageConformance } from './conformance.ts';
import { stage, through } from './kit.ts';

stageConformance('drop', { match: 'appname:noise' }, fc.constant({ appname: 'noise', message: 'x' }));

test('drop drops rows that match, and reports them', async () => {
  const drafts = [{ message: 'Started Session 1' }, { message: 'failed' }, { message: 'started session 2' }];
  const { left, dropped, counted } = await through([stage({ kind: 'drop', match: '"started session"' })], drafts);
  assert.deepEqual(
    left.map(({ message }) => message),
    ['failed'],
  );
  assert.deepEqual([dropped, counted], [['drop0 0', 'drop0 2'], 2]);
});
