import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { bucketOf, groupReader } from '../../../src/model/grouping.ts';
import { FieldCounts, fieldsOf } from '../../../src/model/fields.ts';
import type { Filter } from '../../../src/model/filter.ts';
import { SPAN } from '../../../src/model/batch.ts';
import { decodeId } from '../../../src/model/id.ts';
import { compile } from '../../../src/model/matches.ts';
import type { LogMessage } from '../../../src/model/message.ts';
import type { Grouping, Query } from '../../../src/model/query.ts';
import { fold, tokensOf } from '../../../src/model/tokens.ts';
import type { BlockParts } from '../../../src/store/blocks/contract.ts';
import {
  compileFieldCounts,
  compileSearch,
  createGroupCounts,
  encodeBlock,
  mergeBlocks,
  partsOf,
} from '../../../src/store/blocks/index.ts';
import { ALL_ROWS, batchOf, decoded, type Row, row } from './batches.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20);

/** A row whose message is one line: in the memory for texts, such blocks are searched in another way. */
const lineRow = (most: number): fc.Arbitrary<Row> =>
  row.map(({ spans, ...rest }) => {
    const line = (spans[SPAN.message] ?? Buffer.from('')).filter((byte) => byte !== 0x0a && byte <= most);
    return { ...rest, spans: spans.with(SPAN.message, line) };
  });

/** Blocks of one node, of another, and of both, in several sizes; two of lines, one of them of ASCII. */
const blocks: readonly { parts: BlockParts; messages: readonly LogMessage[] }[] = [
  ...[3, 40, 700, 0].map((size) => ({ size, of: row })),
  { size: 400, of: lineRow(0x7f) },
  { size: 300, of: lineRow(0xff) },
].map(({ size, of }, index) => {
  const encoded = [1, 2].slice(0, size === 0 ? 2 : 1).map((node) => {
    const batch = batchOf(fc.sample(of, { numRuns: size || 60, seed: 11 + index + node }), {
      node,
      at: 1e12 * (node + index),
      sequence: 5,
    });
    return encodeBlock(batch, ALL_ROWS(batch));
  });
  const block = encoded.length > 1 ? mergeBlocks(encoded) : encoded[0]!;
  return { parts: partsOf(block, 'default'), messages: decoded(block) };
});
const every = blocks.flatMap(({ messages }) => messages);

const FIELDS = [
  'line',
  'line',
  'line',
  'message',
  'message',
  'message',
  'hostname',
  'appname',
  'procid',
  'msgid',
  'level',
  'flags',
  'source.ip',
  'source.listener',
  'sd.a@1.x',
  'sd.b',
  'fields.user',
  'fields.n',
  '_id',
  'stream',
  'format',
  'severity',
  'length',
  'nonsense',
];
const NUMBERS = [
  'severity',
  'facility',
  'timestamp',
  'received_at',
  'version',
  'source.port',
  'length',
  'timestamp_offset',
  'sd.a@1.x',
  'fields.n',
  'message',
];

const text = fc.oneof(
  fc.constantFrom(
    'timeout',
    'größe',
    'k',
    's',
    'a b',
    'web-1',
    'ß',
    'x_1',
    '🦊',
    'a\nb',
    '',
    'nginx',
    '\ufffd',
    'err',
    'bob',
    '1',
    'default',
    'udp',
  ),
  fc.nat(every.length - 1).chain((index) => {
    const folded = fold(every[index]!.message);
    return fc.tuple(fc.nat(folded.length), fc.nat(12)).map(([from, length]) => folded.slice(from, from + length));
  }),
);
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({
    kind: fc.constant('word' as const),
    field: fc.constantFrom(...FIELDS),
    token: text.map((of) => tokensOf(of)[0] ?? 'zzz'),
  }),
  fc.record({ kind: fc.constant('substring' as const), field: fc.constantFrom(...FIELDS), text }),
  fc.record({ kind: fc.constant('phrase' as const), field: fc.constantFrom(...FIELDS), text }),
  fc.record({
    kind: fc.constant('phrase' as const),
    field: fc.constantFrom(...FIELDS),
    text,
    open: fc.constantFrom('start' as const, 'end' as const),
  }),
  fc.record({
    kind: fc.constant('glob' as const),
    field: fc.constantFrom(...FIELDS),
    glob: text.map((of) => `*${of}?*`),
  }),
  fc.record({ kind: fc.constant('equals' as const), field: fc.constantFrom(...FIELDS), value: text }),
  fc.record({ kind: fc.constant('exists' as const), field: fc.constantFrom(...FIELDS, ...NUMBERS) }),
  fc.record({
    kind: fc.constant('pattern' as const),
    field: fc.constantFrom(...FIELDS),
    source: fc.constantFrom(
      'time',
      'TIME\\w+',
      '^a',
      'k+',
      '(web|db)-\\d',
      'gr.+e$',
      '',
      '[0-9]',
      'm$',
      '[^a]b?',
      't{1,2}',
      'e\\b',
    ),
    ignoreCase: fc.boolean(),
  }),
  fc.record(
    {
      kind: fc.constant('range' as const),
      field: fc.constantFrom(...NUMBERS),
      min: fc.constantFrom(0, 3, 1e12, 2.0001e12, -5),
      max: fc.constantFrom(3, 7, 2.0003e12, 99_999_999_999_999),
      excludeMin: fc.boolean(),
      excludeMax: fc.boolean(),
    },
    { requiredKeys: ['kind', 'field'] },
  ),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { arbitrary: leaf, weight: 6 },
    { arbitrary: fc.constant<Filter>({ kind: 'all' }), weight: 1 },
    {
      arbitrary: fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(tie('filter'), { maxLength: 3 }),
      }),
      weight: 2,
    },
    { arbitrary: fc.record({ kind: fc.constant('not' as const), of: tie('filter') }), weight: 1 },
  ),
}));
const id = fc.nat(every.length - 1).map((index) => every[index]!._id);
const time = fc.nat(every.length - 1).map((index) => every[index]!.received_at.getTime());
const bounds = fc.record(
  { since: time, until: time, before: id, after: fc.array(id, { maxLength: 2 }), upTo: fc.array(id, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const query: fc.Arbitrary<Query> = fc
  .tuple(
    filter,
    fc.oneof({ arbitrary: fc.constant({}), weight: 2 }, { arbitrary: bounds, weight: 1 }),
    fc.constantFrom('oldest' as const, 'newest' as const),
  )
  .map(([of, within, order]) => ({ filter: of, ...within, order }));

/** The bounds of a query in their simplest form, on text ids. */
function within(of: Query, message: LogMessage): boolean {
  const time = message.received_at.getTime();
  const node = decodeId(message._id)!.node;
  const cursor = (ids: readonly string[] | undefined) => ids?.findLast((other) => decodeId(other)!.node === node);
  const after = cursor(of.after);
  const upTo = cursor(of.upTo);
  return (
    time >= (of.since ?? 0) &&
    time < (of.until ?? Infinity) &&
    (of.before === undefined || message._id < of.before) &&
    (after === undefined || message._id > after) &&
    (upTo === undefined || message._id <= upTo)
  );
}

function wanted(of: Query, messages: readonly LogMessage[]): LogMessage[] {
  const found = messages.filter((message) => within(of, message)).filter(compile(of.filter));
  return of.order === 'newest' ? found.reverse() : found;
}

test('a search finds what matches() finds, and skipped blocks have no match', () => {
  fc.assert(
    fc.property(query, fc.constantFrom(...blocks), fc.constantFrom(1, 5, 10_000), (of, { parts, messages }, limit) => {
      const search = compileSearch(of);
      const want = wanted(of, messages);
      if (!search.canHold(parts)) assert.deepEqual(want, []);
      assert.deepEqual(search.find(parts, limit), want.slice(0, limit));
    }),
    { numRuns: RUNS },
  );
});

const grouping: fc.Arbitrary<Grouping> = fc.record(
  {
    by: fc.uniqueArray(fc.constantFrom(...FIELDS.filter((field) => field !== '_id')), { maxLength: 3 }),
    every: fc.constantFrom(1000, 300_000, 1e11),
  },
  { requiredKeys: ['by'] },
);

test('counts equal those of the messages counted one by one', () => {
  fc.assert(
    fc.property(query, grouping, (of, asked) => {
      const counts = createGroupCounts(asked);
      const search = compileSearch(of);
      for (const { parts } of blocks) search.count(parts, counts);
      const read = groupReader(asked.by);
      const want = new Map<string, number>();
      for (const message of wanted(of, every)) {
        const at = asked.every && bucketOf(message.received_at.getTime(), asked.every);
        for (const values of read(message)) {
          const key = JSON.stringify([values, at]);
          want.set(key, (want.get(key) ?? 0) + 1);
        }
      }
      const groups = counts.groups().filter(({ count }) => count > 0);
      assert.deepEqual(new Map(groups.map(({ values, at, count }) => [JSON.stringify([values, at]), count])), want);
    }),
    { numRuns: RUNS / 4 },
  );
});

test('a count without grouping and without matches is one group of zero', () => {
  const counts = createGroupCounts({ by: [] });
  assert.deepEqual(counts.groups(), [{ values: [], count: 0 }]);
  assert.deepEqual(createGroupCounts({ by: ['hostname'] }).groups(), []);
});

test('field names are counted as they occur in the messages', () => {
  fc.assert(
    fc.property(query, (of) => {
      const into = new FieldCounts(Infinity);
      const add = compileFieldCounts(of);
      for (const { parts } of blocks) for (const _ of add(parts, into));
      const want = new Map<string, number>();
      for (const name of wanted(of, every).flatMap(fieldsOf)) want.set(name, (want.get(name) ?? 0) + 1);
      assert.deepEqual(new Map(into.names().map(({ name, count }) => [name, count])), want);
    }),
    { numRuns: RUNS / 10 },
  );
});

test('a search for a text with a leading line feed continues after excluded rows', () => {
  const batch = batchOf(
    Array.from({ length: 200 }, (_, index) => ({
      ...fc.sample(row, { numRuns: 1, seed: index })[0]!,
      severity: index % 2,
      message: ['a\nb', 'bar', 'größe\nbob', 'x'][index % 4]!,
    })),
    { node: 1, at: 1e12, sequence: 1 },
  );
  const block = encodeBlock(batch, ALL_ROWS(batch));
  const messages = decoded(block);
  for (const text of ['\nb', '\n', '\nbo', 'a\nb', '\nx\n']) {
    for (const leafOf of [{ kind: 'substring' }, { kind: 'phrase', open: 'start' }, { kind: 'phrase' }] as const) {
      const found: Filter = { ...leafOf, field: 'message', text };
      for (const filter of [
        found,
        { kind: 'and', of: [{ kind: 'range', field: 'severity', max: 0 }, found] },
      ] as const) {
        const asked: Query = { filter, order: 'oldest' };
        assert.deepEqual(compileSearch(asked).find(partsOf(block, 'default'), 1000), wanted(asked, messages));
      }
    }
  }
});

test('the count of ASCII messages equals the number found', () => {
  const texts = ['timed out', 'Timed OUT, timed out', 'untimed out', 'timed outside', '', 'x timed out', 'out timed'];
  const rows = fc.sample(row, { numRuns: 350, seed: 3 }).map((given, index) => ({
    ...given,
    spans: given.spans.with(5, Buffer.from(texts[index % texts.length]!)) as typeof given.spans,
  }));
  const batch = batchOf(rows);
  const parts = partsOf(encodeBlock(batch, ALL_ROWS(batch)), 'default');
  const field = 'message';
  const ok = (filter: Filter, want: number): void => {
    const search = compileSearch({ filter, order: 'oldest' });
    const counts = createGroupCounts({ by: [] });
    search.count(parts, counts);
    assert.deepEqual(counts.groups(), [{ values: [], count: want }]);
    assert.equal(search.find(parts, Infinity).length, want);
  };
  ok({ kind: 'substring', field, text: 'timed out' }, 250);
  ok({ kind: 'phrase', field, text: 'timed out' }, 150);
  ok({ kind: 'phrase', field, text: 'timed out', open: 'end' }, 200);
  ok({ kind: 'word', field, token: 'timed' }, 250);
  ok({ kind: 'word', field, token: 'nowhere' }, 0);
  ok({ kind: 'equals', field, value: 'timed out' }, 50);
  ok({ kind: 'pattern', field, source: '^timed out$', ignoreCase: true }, 50);
});
