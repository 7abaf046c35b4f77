import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field } from '../../src/model/message.ts';
import fc from '../support/fc.ts';
import { namedValues } from '../../src/model/named-values.ts';
import { stageConformance } from './conformance.ts';
import { stage, through } from './kit.ts';

const body = fc.oneof(
  fc.json().map((message) => ({ message })),
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => ({ message: `@cee: ${JSON.stringify(value)}` })),
);
stageConformance('json', { message: 'msg' }, body);

const CASES: readonly (readonly [string, readonly Field[] | undefined])[] = [
  [
    '{"a":1,"b":"two","c":true,"d":null}',
    [
      ['a', 1],
      ['b', 'two'],
      ['c', true],
      ['d', null],
    ].map(named),
  ],
  [
    '@cee: {"a":{"b":{"c":1.5}},"l":[1,{"x":2}]}',
    [
      ['a.b.c', 1.5],
      ['l', '[1,{"x":2}]'],
    ].map(named),
  ],
  [' @cee:{"a":"ä"}', [['a', 'ä']].map(named)],
  [
    '{"n":12345678901234567890,"m":9007199254740991}',
    [
      ['n', '12345678901234567890'],
      ['m', 9007199254740991],
    ].map(named),
  ],
  [
    '{"__proto__":{"x":1},"constructor":2}',
    [
      ['__proto__.x', 1],
      ['constructor', 2],
    ].map(named),
  ],
  ['{"a":1} and more', undefined],
  ['[1,2]', undefined],
  ['{}', undefined],
  ['{"a":', undefined],
  [`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`, undefined],
  [JSON.stringify(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`k${n}`, n]))), undefined],
];

function named([name, value]: readonly unknown[]): Field {
  return { name, value } as Field;
}

for (const [message, fields] of CASES) {
  test(`json: ${message.slice(0, 50)}`, async () => {
    const { left, counted } = await through([stage({ kind: 'json' })], [{ message }]);
    assert.deepEqual(left[0]!.fields, fields && namedValues(fields));
    assert.equal(left[0]!.message, message);
    assert.equal(counted, fields ? 1 : 0);
  });
}

test('json replaces the body by the text of a key', async () => {
  const stages = [stage({ kind: 'json', message: 'msg' }), stage({ kind: 'drop', match: 'fields.user:root' })];
  const drafts = [
    '{"msg":"hello","user":"bob"}',
    '{"msg":7,"user":"bob"}',
    '{"msg":"only"}',
    '{"msg":"x","user":"root"}',
  ];
  const { left } = await through(
    stages,
    drafts.map((message) => ({ message })),
  );
  assert.deepEqual(
    left.map(({ message, fields }) => [message, fields]),
    [
      ['hello', { user: 'bob' }],
      ['{"msg":7,"user":"bob"}', { msg: 7, user: 'bob' }],
      ['only', undefined],
    ],
  );
});

test('json keeps the fields that a message already has', async () => {
  const { left } = await through([stage({ kind: 'json' })], [{ message: '{"a":1}', fields: [named(['b', 2])] }]);
  assert.deepEqual(left[0]!.fields, { b: 2, a: 1 });
});
