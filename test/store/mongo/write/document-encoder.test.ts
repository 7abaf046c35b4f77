import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { flagBit } from '../../../../src/model/message.ts';
import { toDocument } from '../../../../src/store/mongo/documents.ts';
import { ByteWriter } from '../../../../src/store/mongo/write/byte-writer.ts';
import { DocumentEncoder } from '../../../../src/store/mongo/write/document-encoder.ts';
import { batchOf, type Draft } from '../../../support/batches.ts';
import { sample } from '../../suite/tools.ts';

/** Holds every row of a batch to what the driver makes of its message. */
function check(encoder: DocumentEncoder, batch: ReturnType<typeof batchOf>): void {
  encoder.start(batch);
  const out = new ByteWriter(1 << 10);
  for (let row = 0; row < batch.count; row++) {
    const from = out.used;
    encoder.add(row, out);
    const want = Buffer.from(BSON.serialize(toDocument(batch.message(row))));
    assert.equal(out.buffer.toString('hex', from, out.used), want.toString('hex'), `row ${row}`);
  }
}

test('encoded rows are equal to what the driver makes of their messages', () => {
  const encoder = new DocumentEncoder();
  const rows = Number(process.env['CORDWOOD_FUZZ'] ?? 3000);
  check(encoder, batchOf(sample(Math.min(rows, 100_000)), { node: 65_535, from: 2 ** 40 }));
  check(encoder, batchOf(sample(50)));
});

const odd: readonly (readonly [what: string, draft: Draft])[] = [
  ['nothing but a message', { message: 'x' }],
  ['an empty message', { message: '' }],
  ['bytes that are no UTF-8', { bytes: Buffer.from([0x41, 0xff, 0xfe, 0x42, 0xc3]), flags: ['invalid_utf8'] }],
  ['NUL in it', { message: 'a\0b', hostname: 'h\0' }],
  ['before 1970 and after 2038', { timestamp: new Date(-1), received_at: new Date(2 ** 43) }],
  ['far before 1970', { timestamp: new Date(-62_135_596_800_000) }],
  [
    'fields of every kind, with $ and . in their names',
    {
      fields: [
        { name: '$a.b', value: null },
        { name: '', value: 1e15 },
        { name: 'x\0', value: true },
        { name: 'f', value: 0.5 },
      ],
    },
  ],
  [
    'structured data',
    {
      structured_data: [
        { id: 'a@1', params: [{ name: '$where', value: '"]\\' }] },
        { id: 'b', params: [] },
      ],
    },
  ],
  [
    'everything cut',
    { message: 'x'.repeat(300), length: 70_000, raw: new Uint8Array([0, 1, 255]), flags: ['truncated', 'parse_error'] },
  ],
  ['a megabyte', { message: 'é😀'.repeat(200_000) }],
];
for (const [what, draft] of odd) {
  test(`a row with ${what}`, () =>
    check(new DocumentEncoder(), batchOf([{ message: 'before' }, draft, { message: 'after' }])));
}

test('a text cut within a character ends in U+FFFD, although the rest of the character is in the arena', () => {
  const batch = batchOf([{ message: 'aé' }, { message: 'b' }]);
  batch.lengths[5] = 2;
  batch.flags[0] = flagBit('truncated');
  check(new DocumentEncoder(), batch);
});
