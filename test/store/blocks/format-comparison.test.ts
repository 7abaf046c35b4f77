import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { SPAN } from '../../../src/model/batch.ts';
import type { Filter } from '../../../src/model/filter.ts';
import type { Query } from '../../../src/model/query.ts';
import type { EncodedBlock } from '../../../src/store/blocks/contract.ts';
import {
  compileSearch,
  createGroupCounts,
  encodeBlock,
  mergeBlocks,
  partsOf,
} from '../../../src/store/blocks/index.ts';
import { corpus } from '../../bench/corpus.ts';
import { ALL_ROWS, batchOf, type Row, row } from './batches.ts';

/*
 * The same messages in blocks as they are written and in one merged block, whose texts are templates: every question
 * has the same answer. `CORDWOOD_FUZZ=400000` asks 1,000 questions of each.
 */

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 400);

const plain = fc.sample(row, { numRuns: 1, seed: 1 })[0]!;

/** Rows with the lines of the bench. */
function benchRows(count: number): Row[] {
  return Array.from(corpus({ lines: count }), (line) => {
    const spans = [line.hostname, line.appname, line.procid, line.msgid, line.structuredData, line.message];
    const bytes = spans.map((text) => (text === undefined ? undefined : Buffer.from(text)));
    return { ...plain, priority: line.priority, flags: 0, spans: [...bytes, undefined, undefined] };
  });
}

/** Rows of any bytes, many of them alike. */
function wildRows(count: number): Row[] {
  const some = fc.sample(row, { numRuns: 200, seed: 21 });
  return Array.from({ length: count }, (_, index) => ({ ...some[(index * 7) % some.length]!, originalLength: 0 }));
}

function blocksOf(rows: readonly Row[]): { before: EncodedBlock[]; after: EncodedBlock } {
  const batch = batchOf([...rows]);
  const size = Math.ceil(rows.length / 4);
  const before = [0, 1, 2, 3].map((part) =>
    encodeBlock(batch, ALL_ROWS(batch).subarray(part * size, (part + 1) * size)),
  );
  return { before, after: mergeBlocks(before) };
}

function answersOf(blocks: readonly EncodedBlock[], query: Query): unknown {
  const search = compileSearch(query);
  const counts = createGroupCounts({ by: [] });
  const byHost = createGroupCounts({ by: ['hostname', 'severity'] });
  const found: unknown[] = [];
  const inOrder = query.order === 'newest' ? blocks.toReversed() : blocks;
  for (const block of inOrder) {
    const parts = partsOf(block, 'default');
    if (!search.canHold(parts)) continue;
    found.push(...search.find(parts, 30 - Math.min(30, found.length)));
    search.count(parts, counts);
    search.count(parts, byHost);
  }
  const groups = byHost.groups().map((group) => JSON.stringify(group));
  return { found, count: counts.groups(), groups: groups.sort() };
}

/** Texts to search for: pieces of messages and structured data, in any case and cut anywhere. */
function piecesOf(rows: readonly Row[]): fc.Arbitrary<string> {
  const texts = rows
    .flatMap(({ spans }) => [spans[SPAN.message], spans[SPAN.structuredData]])
    .filter((text) => text !== undefined);
  const piece = fc
    .record({
      text: fc.constantFrom(...texts),
      from: fc.nat(400),
      length: fc.integer({ min: 1, max: 24 }),
      upper: fc.boolean(),
    })
    .map(({ text, from, length, upper }) => {
      const all = text.toString();
      const cut = all.slice(from % Math.max(1, all.length)).slice(0, length);
      return upper ? cut.toUpperCase() : cut;
    });
  const words = piece.map((text) => /\w+/.exec(text)?.[0] ?? 'x');
  return fc.oneof(piece, words, fc.constantFrom('timed out', 'err', '17', 'a', 'dead', 'ſ', '\x11', '\n', ' '));
}

function filterOf(pieces: fc.Arbitrary<string>): fc.Arbitrary<Filter> {
  const field = fc.constantFrom('message', 'line');
  const fold = (text: string): string => text.toLowerCase();
  const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/[^ -~]/g, '.');
  const term = fc
    .record({ field, text: pieces, kind: fc.constantFrom('word', 'phrase', 'substring', 'pattern', 'equals') })
    .map(({ field, text, kind }): Filter => {
      switch (kind) {
        case 'word':
          return { kind, field, token: /\w+/.exec(fold(text))?.[0] ?? 'x' };
        case 'phrase':
          return { kind, field, text: fold(text) };
        case 'substring':
          return { kind, field, text: fold(text) };
        case 'pattern':
          return { kind, field, source: `${escaped(text)}.?[0-9]*`, ignoreCase: true };
        default:
          return { kind: 'equals', field, value: text };
      }
    });
  return fc.oneof(
    { weight: 6, arbitrary: term },
    { weight: 1, arbitrary: fc.tuple(term, term).map((of): Filter => ({ kind: 'and', of })) },
    { weight: 1, arbitrary: fc.tuple(term, term).map((of): Filter => ({ kind: 'or', of })) },
    { weight: 1, arbitrary: term.map((of): Filter => ({ kind: 'not', of })) },
    { weight: 1, arbitrary: fc.constant<Filter>({ kind: 'all' }) },
  );
}

for (const [name, rows] of [
  ['lines of the bench', benchRows(6000)],
  ['messages of any bytes', wildRows(1200)],
] as const) {
  const { before, after } = blocksOf(rows);
  test(`a block of templates answers as the blocks it was merged from: ${name}`, () => {
    assert.equal(after.text[0], 2);
    const query = fc.record({
      filter: filterOf(piecesOf(rows.slice(0, 500))),
      order: fc.constantFrom('newest', 'oldest'),
    });
    fc.assert(
      fc.property(query, (asked) => {
        assert.deepEqual(answersOf([after], asked), answersOf(before, asked));
      }),
      { numRuns: RUNS },
    );
  });
}
