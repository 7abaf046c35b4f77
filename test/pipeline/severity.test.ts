import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { stageConformance } from './conformance.ts';
import { stage, through } from './kit.ts';

stageConformance('severity', { match: 'appname:app', to: 'info' }, fc.constant({ appname: 'app', severity: 3 }));

test('severity changes only the severity, and later stages see the change', async () => {
  const stages = [
    stage({ kind: 'severity', match: '"not found"', to: 'debug' }),
    stage({ kind: 'drop', match: 'severity:debug facility:cron' }),
  ];
  const drafts = [
    { message: 'File not found', severity: 3, facility: 4 },
    { message: 'not found', severity: 3, facility: 9 },
    { message: 'found', severity: 3, facility: 4 },
  ];
  const { left, dropped } = await through(stages, drafts);
  assert.deepEqual(
    left.map(({ severity, level, facility }) => [severity, level, facility]),
    [
      [7, 'debug', 4],
      [3, 'err', 4],
    ],
  );
  assert.deepEqual(dropped, ['drop0 1']);
});
