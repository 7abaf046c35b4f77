import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { ABSENT, DISPOSITION, MessageBatch, SPAN } from '../../src/model/batch.ts';
import { fromJson, toJson } from '../../src/model/json.ts';
import { namedValues } from '../../src/model/named-values.ts';
import { formatStructuredData } from '../../src/model/structured-data.ts';
import { structuredText } from '../../src/model/structured-object.ts';
import { draft } from '../support/arbitraries.ts';
import { batchOf, EPOCH, messagesOf, SOURCE } from '../support/batches.ts';

test('a row is read back as its message', () => {
  const law = fc.property(draft, (each) => {
    const message = batchOf([each]).message(0);
    const { bytes, message: text, fields, structured_data: _lists, ...rest } = each;
    assert.deepEqual(message.fields, fields && namedValues(fields), 'fields');
    assert.equal(structuredText(message), each.structured_data && formatStructuredData(each.structured_data));
    for (const [name, value] of Object.entries(rest)) {
      assert.deepEqual(message[name as keyof typeof message], name === 'flags' ? [...(value as [])] : value, name);
    }
    assert.equal(message.message, bytes ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) : text);
    assert.deepEqual(message.received_at, new Date(EPOCH + 1));
    const absent = ['hostname', 'appname', 'procid', 'msgid', 'version', 'structured_data', 'fields', 'length', 'raw'];
    for (const name of absent) assert.equal(name in message, name in each, name);
  });
  fc.assert(law, { numRuns: 500 });
});

test('a new row has default values', () => {
  const batch = new MessageBatch(1, 1);
  batch.sources.push(SOURCE);
  batch.begin(EPOCH, 7, 0);
  assert.deepEqual(batch.message(0), {
    _id: batch.id(0),
    received_at: new Date(EPOCH),
    timestamp: new Date(EPOCH),
    facility: 1,
    severity: 5,
    level: 'notice',
    message: '',
    source: SOURCE,
    stream: 'default',
    format: 'unknown',
    flags: [],
  });
  assert.equal(batch.text(0, SPAN.hostname), undefined);
});

test('a full arena accepts no more bytes until the batch is cleared', () => {
  const batch = new MessageBatch(2, 4);
  assert.equal(batch.put(Buffer.from('abc')), 0);
  assert.equal(batch.put(Buffer.from('de')), ABSENT);
  assert.equal(batch.put(Buffer.from('d')), 3);
  batch.sources.push(SOURCE);
  batch.streams.push('auth');
  batch.setSpan(batch.begin(EPOCH, 1, 0), SPAN.message, 1, 3);
  assert.equal(batch.text(0, SPAN.message), 'bcd');
  batch.clear();
  assert.deepEqual([batch.count, batch.used, batch.sources, batch.streams], [0, 0, [], ['default']]);
  assert.equal(batch.text(batch.begin(EPOCH, 2, 0), SPAN.message), undefined);
});

test('a message that was read from a row stays valid after the batch', () => {
  const batch = batchOf([{ raw: new Uint8Array([1, 2]), message: 'a' }]);
  const message = batch.message(0);
  batch.arena.fill(0);
  assert.deepEqual(message.raw, new Uint8Array([1, 2]));
  assert.equal(message.message, 'a');
});

test('fromJson inverts toJson, through text', () => {
  for (const message of messagesOf(batchOf(fc.sample(draft, 300)))) {
    assert.deepEqual(fromJson(JSON.parse(JSON.stringify(toJson(message)))), message);
  }
  const json = toJson(batchOf([{ raw: new Uint8Array([255, 0]), message: 'a' }]).message(0));
  assert.equal(json.raw, '/wA=');
  assert.equal(json.received_at, '2026-11-22T16:20:00.001Z');
});

test('dropped rows are removed, and the others stay unchanged', () => {
  const law = fc.property(fc.array(fc.tuple(draft, fc.boolean()), { maxLength: 20 }), (given) => {
    const batch = batchOf(given.map(([each]) => each));
    const messages = messagesOf(batch);
    given.forEach(([, doomed], row) => {
      if (doomed) batch.drop(row, row % 2 === 0 ? DISPOSITION.alreadyStored : DISPOSITION.dropped + row);
      if (doomed && row % 3 === 0) batch.drop(row, DISPOSITION.dropped);
    });
    assert.equal(batch.dropped, given.filter(([, doomed]) => doomed).length);
    batch.compact();
    assert.deepEqual(
      messagesOf(batch),
      messages.filter((_, row) => !given[row]![1]),
    );
    assert.ok(batch.disposition.every((disposition) => disposition === DISPOSITION.stored) && batch.dropped === 0);
  });
  fc.assert(law, { numRuns: 300 });
});

test('a cleared batch has no dropped rows', () => {
  const batch = batchOf([{ message: 'a' }, { message: 'b' }]);
  batch.drop(1, DISPOSITION.dropped);
  batch.clear();
  assert.ok(batch.disposition.every((disposition) => disposition === DISPOSITION.stored) && batch.dropped === 0);
});
