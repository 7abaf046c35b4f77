import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { collectionOf, dayCollectionOf, fromDocument, partOf, toDocument } from '../../../src/store/mongo/documents.ts';
import { batchOf, messagesOf } from '../../support/batches.ts';
import { sample } from '../suite/tools.ts';

test('a message survives conversion to a document and back', () => {
  const drafts = [...sample(300), { bytes: Buffer.from([0xff, 0x41]), raw: new Uint8Array([0, 255, 7]) }];
  for (const message of messagesOf(batchOf(drafts))) {
    const stored = BSON.deserialize(BSON.serialize(toDocument(message)));
    assert.deepEqual(fromDocument(stored), message);
    assert.deepEqual(
      fromDocument(BSON.deserialize(BSON.serialize(toDocument(message)), { promoteBuffers: true })),
      message,
    );
  }
});

test('a document has the field names of RFC 5424, int32 numbers and a 16-byte id', () => {
  const [message] = messagesOf(batchOf([{ hostname: 'web1', appname: 'sshd', severity: 2, facility: 4 }]));
  const stored = BSON.deserialize(BSON.serialize(toDocument(message!)), { promoteValues: false });
  assert.equal(stored['_id'].length(), 16);
  assert.equal(stored['severity']._bsontype, 'Int32');
  assert.equal(stored['source'].port._bsontype, 'Int32');
  assert.equal(String(stored['hostname']), 'web1');
});

test('foreign keys of a document are ignored', () => {
  const [message] = messagesOf(batchOf([{}]));
  assert.deepEqual(fromDocument({ ...toDocument(message!), tags: ['x'] }), message);
});

test('collection names give the stream and the day', () => {
  assert.deepEqual(partOf(collectionOf('auth')), { stream: 'auth' });
  assert.deepEqual(partOf(dayCollectionOf('auth', '2026-11-22')), { stream: 'auth', day: '2026-11-22' });
  for (const name of ['logs', 'logs_', 'cordwood_state', 'system.views', 'logs_a.b'])
    assert.equal(partOf(name), undefined);
});
