import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addMessage } from '../../src/model/add-message.ts';
import { MessageBatch } from '../../src/model/batch.ts';
import { readFields, writeFields } from '../../src/model/field-texts.ts';
import { fromJson, toJson } from '../../src/model/json.ts';
import { formatStructuredData } from '../../src/model/structured-data.ts';
import { structuredKeys, structuredText } from '../../src/model/structured-object.ts';
import { batchOf } from '../support/batches.ts';
import fc from '../support/fc.ts';

const READ: readonly (readonly [text: string, object: unknown, kept?: true])[] = [
  ['[exampleSDID@32473 iut="3" eventSource="App"]', { 'exampleSDID@32473': { iut: '3', eventSource: 'App' } }],
  ['[sigSig][b@1 x=""]', { sigSig: {}, 'b@1': { x: '' } }],
  ['[origin ip="a" ip="b" ip="a"]', { origin: { ip: ['a', 'b', 'a'] } }],
  ['[a x="1" y="2" x="3"]', { a: { x: ['1', '3'], y: '2' } }, true],
  // An SD-ID must not occur twice (RFC 5424 §6.3.2): its elements count as one.
  ['[a x="1"][b y="2"][a x="3" z="4"]', { a: { x: ['1', '3'], z: '4' }, b: { y: '2' } }, true],
  ['[a x="1"][a]', { a: { x: '1' } }, true],
  ['[a b="1" 10="2" 2="3"]', { a: { 2: '3', 10: '2', b: '1' } }, true],
  ['[a 2="1" 10="2" b="3"]', { a: { 2: '1', 10: '2', b: '3' } }],
  ['[b x="1"][7 x="2"]', { 7: { x: '2' }, b: { x: '1' } }, true],
  [
    '[a __proto__="1" constructor="2" __proto__="3"]',
    JSON.parse('{"a":{"__proto__":["1","3"],"constructor":"2"}}'),
    true,
  ],
  ['[__proto__ a="1"]', JSON.parse('{"__proto__":{"a":"1"}}')],
];
for (const [text, object, kept] of READ) {
  test(`${text} as an object${kept ? ', with its text' : ''}`, () => {
    const keys = structuredKeys(text);
    assert.deepEqual(keys.structured_data, object);
    assert.equal(keys.structured_text, kept && text);
    assert.equal(structuredText(JSON.parse(JSON.stringify(keys))), text);
  });
}

const name = fc.constantFrom('a', 'b', '1', '10', 'a.b', '$x', '__proto__', 'constructor');
const elements = fc.array(
  fc.record({ id: name, params: fc.array(fc.record({ name, value: fc.constantFrom('', '1', '"]\\') })) }),
  { maxLength: 5 },
);

test('law: the text of structured data comes back from its object', () => {
  fc.assert(
    fc.property(elements, (each) => {
      const text = formatStructuredData(each);
      assert.equal(structuredText(JSON.parse(JSON.stringify(structuredKeys(text)))), text);
    }),
  );
});

test('law: a message that went through JSON fills the same row', () => {
  const value = fc.constantFrom('x', '', 0, -1.5, true, null);
  const fields = fc.array(fc.record({ name, value }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(elements, fields, (structured_data, each) => {
      const message = batchOf([{ structured_data, fields: each }]).message(0);
      const copy = new MessageBatch(1, 1 << 16);
      copy.node = 1;
      assert.ok(addMessage(copy, fromJson(JSON.parse(JSON.stringify(toJson(message)))), 1));
      assert.deepEqual(copy.message(0), message);
      assert.equal(copy.text(0, 4), formatStructuredData(structured_data));
    }),
  );
});

test('fields keep the kinds of their values; a repeated name has a list', () => {
  const text = '[{"name":"status","value":500},{"name":"ok","value":true},{"name":"x","value":null}]';
  assert.deepEqual(readFields(text), { status: 500, ok: true, x: null });
  assert.equal(writeFields(readFields(text)), text);
  const twice = '[{"name":"a","value":1},{"name":"b","value":"2"},{"name":"a","value":false}]';
  assert.deepEqual(readFields(twice), { a: [1, false], b: '2' });
  assert.deepEqual(readFields(writeFields(readFields(twice))), readFields(twice));
});

test('a name that is repeated tens of thousands of times is read at once', () => {
  const params = Array.from({ length: 50_000 }, () => ({ name: 'x', value: '' }));
  const many = `${formatStructuredData([{ id: 'a', params }])}${'[a]'.repeat(50_000)}`;
  assert.equal(structuredKeys(many).structured_data['a']!['x']!.length, 50_000);
});
