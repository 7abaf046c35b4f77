import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesOf } from '../support/batches.ts';
import { batchOf } from '../support/batches.ts';
import { open, stage, through } from './kit.ts';

const STREAMS = [
  { name: 'auth', match: 'facility:(auth OR authpriv)' },
  { name: 'default' },
  { name: 'debug', match: 'severity:debug' },
  { name: 'unused', match: 'hostname:unknown' },
];

test('a message goes to the first stream that matches, or to default', async () => {
  const drafts = [{ facility: 4, severity: 7 }, { severity: 7 }, { severity: 3 }, { facility: 10, severity: 3 }];
  const { left } = await through([], drafts, STREAMS);
  assert.deepEqual(
    left.map(({ stream }) => stream),
    ['auth', 'debug', 'default', 'auth'],
  );
});

test('streams match messages as the stages have changed them', async () => {
  const stages = [stage({ kind: 'severity', match: 'noise', to: 'debug' }), stage({ kind: 'drop', match: 'junk' })];
  const drafts = [{ message: 'noise' }, { message: 'junk', facility: 4 }, { message: 'fine' }];
  const { left } = await through(stages, drafts, STREAMS);
  assert.deepEqual(
    left.map(({ message, stream }) => [message, stream]),
    [
      ['noise', 'debug'],
      ['fine', 'default'],
    ],
  );
});

test('each batch lists only the streams that it has rows of', async () => {
  const { pipeline } = await open([], STREAMS);
  const batch = batchOf([{ severity: 7 }, { severity: 3 }]);
  pipeline.run(batch);
  assert.deepEqual(batch.streams, ['default', 'debug']);
  const next = batchOf([{ facility: 4 }]);
  pipeline.run(next);
  assert.deepEqual([next.streams, messagesOf(next)[0]!.stream], [['default', 'auth'], 'auth']);
  assert.equal(pipeline.save(), undefined);
});
