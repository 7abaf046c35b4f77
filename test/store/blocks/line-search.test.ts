import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../../src/model/matches.ts';
import { parseQuery } from '../../../src/query/index.ts';
import { compileSearch, createGroupCounts, encodeBlock, partsOf } from '../../../src/store/blocks/index.ts';
import fc from '../../support/fc.ts';
import { draft, WORDS } from '../../support/arbitraries.ts';
import { batchOf, type Draft, messagesOf } from '../../support/batches.ts';
import { quote } from '../../../src/query/index.ts';

const RUNS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 4_000) / 40);

function blockOf(drafts: readonly Draft[]) {
  const batch = batchOf(drafts);
  const rows = Uint32Array.from({ length: batch.count }, (_, row) => row);
  return { parts: partsOf(encodeBlock(batch, rows), 'default'), messages: messagesOf(batch) };
}

/** Ids that a query finds in a block, as a store asks. */
function found({ parts }: ReturnType<typeof blockOf>, text: string): { ids: string[]; count: number } {
  const search = compileSearch({ filter: parseQuery(text, { now: 0 }), order: 'oldest' });
  if (!search.canHold(parts)) return { ids: [], count: 0 };
  const counts = createGroupCounts({ by: [] });
  search.count(parts, counts);
  const ids = search.find(parts, Infinity).map(({ _id }) => _id);
  return { ids, count: counts.groups().reduce((sum, { count }) => sum + count, 0) };
}

const LINE: Draft = {
  hostname: 'web1',
  appname: 'sshd',
  procid: '4711',
  msgid: 'ID47',
  structured_data: [{ id: 'origin@1', params: [{ name: 'ip', value: 'a "quoted" DOMAIN\\jdoe' }] }],
  fields: [
    { name: 'trace', value: 'first\nsecond\tünder \u001bescape' },
    { name: 'status', value: 503 },
    { name: 'ok', value: true },
  ],
  message: 'Accepted key',
};

test('a word is found in every value that a person sees of a line, and in no name', () => {
  const others = Array.from({ length: 60 }, (_, index) => ({
    message: `nothing ${index}`,
    procid: String(100 + index),
  }));
  const block = blockOf([...others, LINE]);
  const wanted = [
    'web1',
    'sshd',
    '4711',
    'id47',
    'quoted',
    'jdoe',
    'DOMAIN\\jdoe',
    'first',
    'second',
    'ünder',
    'escape',
    '503',
    'true',
  ];
  for (const word of [...wanted, 'accepted', '"a \\"quoted\\""', '*econ*', 'web*', '*\\"quo*', 'esc?pe']) {
    assert.deepEqual(found(block, word), { ids: [block.messages.at(-1)!._id], count: 1 }, word);
  }
  for (const word of ['origin', 'ip', 'trace', 'status', 'nsecond', 'u001b', 'message:web1', 'web11', '503*4']) {
    assert.deepEqual(found(block, word), { ids: [], count: 0 }, word);
  }
});

test('words, phrases and parts find in a block what they match in its messages', () => {
  const blocks = [1, 30, 700].map((numRuns) => blockOf(fc.sample(draft, { numRuns, seed: numRuns })));
  const word = fc.constantFrom(
    ...WORDS.filter((each) => each !== ''),
    'web1',
    'cron',
    'main',
    'ID47',
    '42',
    '-1.5',
    'true',
    '1e+21',
  );
  const query = fc.oneof(
    word.map((each) => `line:${quote(each)}`),
    word.map(
      (each) =>
        `*${each.replace(/[\s\S]/gu, (char) => (/[\s()[\]{}"*?:\\/+\-!&|^~<>=]/.test(char) ? `\\${char}` : char))}*`,
    ),
    fc.tuple(word, word).map(([a, b]) => `${quote(a)} OR NOT ${quote(b)}`),
  );
  fc.assert(
    fc.property(query, (text) => {
      const matches = compile(parseQuery(text, { now: 0 }));
      for (const block of blocks) {
        const ids = block.messages.filter(matches).map(({ _id }) => _id);
        assert.deepEqual(found(block, text), { ids, count: ids.length }, text);
      }
    }),
    { numRuns: RUNS },
  );
});
