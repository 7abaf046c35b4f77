import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../support/fc.ts';
import { formatStructuredData, parseStructuredData } from '../../src/model/structured-data.ts';

const name = fc.stringMatching(/^[!#-<>-\\^-~]{1,32}$/);
const plain = { noNullPrototype: true } as const;
const param = fc.record({ name, value: fc.string({ unit: 'binary' }) }, plain);
const elements = fc.array(fc.record({ id: name, params: fc.array(param) }, plain));

test('law: elements that were written are parsed to the same elements', () => {
  const law = fc.property(elements, (each) => {
    assert.deepEqual(parseStructuredData(formatStructuredData(each)), each);
  });
  fc.assert(law);
});

test('the examples of RFC 5424 §6.3.5 are parsed', () => {
  const iut = { name: 'iut', value: '3' };
  assert.deepEqual(parseStructuredData('[exampleSDID@32473 iut="3" eventSource="Application"][p@1 class="high"]'), [
    { id: 'exampleSDID@32473', params: [iut, { name: 'eventSource', value: 'Application' }] },
    { id: 'p@1', params: [{ name: 'class', value: 'high' }] },
  ]);
  assert.deepEqual(parseStructuredData('[a x="1" x="2"]'), [
    {
      id: 'a',
      params: [
        { name: 'x', value: '1' },
        { name: 'x', value: '2' },
      ],
    },
  ]);
  assert.deepEqual(parseStructuredData('[sigSig]'), [{ id: 'sigSig', params: [] }]);
});

test('only three characters are escaped', () => {
  assert.deepEqual(parseStructuredData(String.raw`[a x="\"\\\]\n"]`)[0]?.params[0]?.value, String.raw`"\]\n`);
});

test('no input throws, and elements before an error are returned', () => {
  assert.deepEqual(parseStructuredData('[a x="1"][b x='), [{ id: 'a', params: [{ name: 'x', value: '1' }] }]);
  assert.deepEqual(parseStructuredData('-'), []);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]="\\ ab') }), (text) =>
      Array.isArray(parseStructuredData(text)),
    ),
  );
  assert.equal(parseStructuredData(`[a x="${'\\"'.repeat(200_000)}"]`)[0]?.params[0]?.value.length, 200_000);
});
