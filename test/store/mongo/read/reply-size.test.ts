import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogMessage } from '../../../../src/model/message.ts';
import { ReplySize } from '../../../../src/store/mongo/read/reply-size.ts';
import { batchOf, type Draft, messagesOf } from '../../../support/batches.ts';

const many = (count: number, draft: Draft): LogMessage[] => messagesOf(batchOf(Array(count).fill(draft)));

test('replies have a thousand common messages, and a few large ones, whichever of their parts is large', () => {
  const size = new ReplySize();
  assert.equal(size.learn(many(20, { message: 'a common line' })), true);
  assert.equal(size.documents, 1000);
  assert.equal(size.learn(many(1000, { message: 'a common line' })), false);
  const long = 'x'.repeat(60_000);
  for (const large of [
    { message: long },
    { raw: Buffer.from(long) },
    { structured_data: [{ id: 'a@1', params: [{ name: 'n', value: long }] }] },
    { fields: [{ name: 'n', value: long }] },
  ]) {
    const one = new ReplySize();
    assert.equal(one.learn(many(20, large)), one.documents !== 20);
    assert.ok(one.documents >= 10 && one.documents <= 20, `${one.documents}`);
  }
  assert.equal(size.learn(many(60, { message: 'x'.repeat(250_000) })), true);
  assert.equal(size.documents, 4);
});

test('a reply with the last few messages asks for no other size', () => {
  const size = new ReplySize();
  assert.equal(size.learn(many(5, { message: 'a common line' })), false);
  assert.equal(size.documents, 20);
});
