import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageBatch } from '../../src/model/batch.ts';
import { decodeId } from '../../src/model/id.ts';
import { addMessage } from '../../src/model/add-message.ts';
import { batchOf, messagesOf } from '../support/batches.ts';
import { sample } from '../store/suite/tools.ts';

test('law: a message that becomes a row is read back as the same message', () => {
  const drafts = sample(600).map((draft, index) => ({ ...draft, stream: `s${index % 3}` }));
  const messages = messagesOf(batchOf(drafts, { from: 100 }));
  const batch = new MessageBatch(600);
  batch.node = 1;
  for (const message of messages) assert.ok(addMessage(batch, message, decodeId(message._id)!.sequence));
  assert.deepEqual(messagesOf(batch), messages);
});

test('a message without room in the batch is not added', () => {
  const [long, short] = messagesOf(batchOf([{ message: 'x'.repeat(90) }, { message: 'y' }]));
  const batch = new MessageBatch(2, 100);
  assert.equal(addMessage(batch, long!, 1), true);
  assert.equal(addMessage(batch, long!, 2), false);
  assert.equal(addMessage(batch, short!, 2), true);
  assert.equal(addMessage(batch, short!, 3), false);
  assert.deepEqual(
    messagesOf(batch).map(({ message }) => message.length),
    [90, 1],
  );
});
