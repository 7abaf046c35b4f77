import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from '../../support/fc.ts';
import { fieldsOf } from '../../../src/model/fields.ts';
import { encodeId } from '../../../src/model/id.ts';
import type { LogMessage } from '../../../src/model/message.ts';
import type { Grouping, Query } from '../../../src/model/query.ts';
import { EPOCH } from '../../support/batches.ts';

import {
  ALL,
  DAY,
  EVERYTHING,
  expected,
  find,
  idsOf,
  MINUTE,
  type Nodes,
  naiveCount,
  never,
  type Open,
  RUNS,
  rowOfNode,
  sorted,
  useCorpus,
} from './tools.ts';

/** Bounds, cursors, order and grouping, over messages of two nodes and three streams in two hours. */
export function windows(open: Open, nodes: Nodes): void {
  describe('windows', () => {
    const corpus = useCorpus(open, nodes, 600);
    const ids = (): string[] => corpus().messages.map(({ _id }) => _id);
    const bound = fc.integer({ min: -MINUTE, max: 121 * MINUTE }).map((shift) => EPOCH + shift);
    const pick = fc.nat({ max: 620 }).map((index) => ids()[index] ?? encodeId(EPOCH + DAY, 1, 10_000));
    const cursor = fc
      .subarray([0, 1], { minLength: 1 })
      .chain((nodes) => fc.tuple(...nodes.map((node) => pick.map((id) => rowOfNode(ids(), id, node + 1)))));
    const query = fc
      .record(
        {
          order: fc.constantFrom('oldest' as const, 'newest' as const),
          since: bound,
          until: bound,
          after: cursor,
          upTo: cursor,
          before: pick,
          limit: fc.constantFrom(0, 1, 2, 10, 100, 1000),
        },
        { requiredKeys: ['order'], noNullPrototype: true },
      )
      .map((each): Query => ({ ...each, filter: ALL }));

    test('a search respects bounds, cursors, order and limit', async () => {
      const law = fc.asyncProperty(query, async (each) => {
        assert.deepEqual(idsOf(await find(corpus().reader, each)), idsOf(expected(corpus().messages, each)));
      });
      await fc.assert(law, { numRuns: RUNS });
    });

    test('a window includes since and excludes until', async () => {
      const first = corpus().messages[0];
      const third = corpus().messages[10];
      const since = first!.received_at.getTime();
      const until = third!.received_at.getTime();
      const found = await find(corpus().reader, { since, until });
      assert.deepEqual(idsOf(found), idsOf(expected(corpus().messages, { ...EVERYTHING, since, until })));
      assert.equal(found[0]?._id, first?._id);
      assert.ok(!found.some(({ _id }) => _id === third?._id));
    });

    test('paging in both directions repeats and loses no message', async () => {
      const { reader, messages } = corpus();
      const backwards: LogMessage[] = [];
      for (let before = 'f'.repeat(32); ; before = backwards.at(-1)!._id) {
        const page = await find(reader, { order: 'newest', limit: 64, before });
        backwards.push(...page);
        if (page.length < 64) break;
      }
      assert.deepEqual(idsOf(backwards), idsOf(messages).reverse());
    });

    test('counts by time and value ignore order and limit', async () => {
      const { reader, messages } = corpus();
      const by = fc.constantFrom<readonly string[]>(
        ...[
          [],
          ['hostname'],
          ['severity'],
          ['flags'],
          ['appname', 'severity'],
          ['sd.exampleSDID@32473.iut'],
          ['message'],
        ],
        ...[
          ['fields.status'],
          ['received_at'],
          ['stream', 'level'],
          ['nosuch'],
          ['source.ip', 'facility'],
          ['sd.origin'],
          ['sd."a.b"."x.y"', 'fields.user.name'],
          ['sd."a.b"', 'fields.$ref'],
        ],
      );
      const every = fc.constantFrom(undefined, 1000, 5 * MINUTE, DAY);
      const cut = fc.constantFrom(undefined, undefined, 1, 3);
      const law = fc.asyncProperty(query, by, every, cut, async (each, fields, ms, cutAt) => {
        const grouping: Grouping = {
          by: fields,
          ...(ms !== undefined && { every: ms }),
          ...(cutAt !== undefined && { cutAt }),
        };
        const unlimited = { ...each, limit: Infinity };
        const got = await reader.aggregate(each, grouping, never());
        assert.deepEqual(sorted(got), sorted(naiveCount(expected(messages, unlimited), grouping)));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });

    test('groups named in `only` are counted separately and all others together', async () => {
      const { reader, messages } = corpus();
      const by = fc.constantFrom<readonly string[]>(
        ...[['hostname'], ['severity'], ['flags'], ['appname', 'severity'], ['received_at'], ['fields.status']],
      );
      const every = fc.constantFrom(undefined, 5 * MINUTE);
      const law = fc.asyncProperty(query, by, every, fc.nat(), async (each, fields, ms, seed) => {
        const cutAt = [undefined, 2, 5][seed % 3];
        const plain: Grouping = {
          by: fields,
          ...(ms !== undefined && { every: ms }),
          ...(cutAt !== undefined && { cutAt }),
        };
        const unlimited = { ...each, limit: Infinity };
        const found = expected(messages, unlimited);
        const all = naiveCount(messages, { by: fields, ...(cutAt !== undefined && { cutAt }) }).map(
          ({ values }) => values,
        );
        const grouping = { ...plain, only: all.filter((_, index) => (index + seed) % 3 === 0) };
        assert.deepEqual(sorted(await reader.aggregate(each, grouping, never())), sorted(naiveCount(found, grouping)));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });

    test('fieldNames counts the messages that have each field', async () => {
      const { reader, messages } = corpus();
      const counts = new Map<string, number>();
      for (const each of messages.flatMap(fieldsOf)) counts.set(each, (counts.get(each) ?? 0) + 1);
      const want = [...counts].map(([name, times]) => ({ name, count: times }));
      const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
      assert.deepEqual((await reader.fieldNames(EVERYTHING, never())).sort(byName), want.sort(byName));
    });

    test('an abort ends its own search and no other', async () => {
      const { reader, messages } = corpus();
      const stopped = new AbortController();
      stopped.abort();
      assert.deepEqual(await find(reader, {}, stopped.signal), []);
      const early = new AbortController();
      let seen = 0;
      for await (const chunk of reader.find(EVERYTHING, early.signal)) {
        if (seen === 0) early.abort();
        else assert.fail('a chunk came after the abort');
        seen += chunk.length;
      }
      assert.ok(seen > 0);
      assert.equal((await find(reader)).length, messages.length);
    });

    test('a search that is left early releases its resources', async () => {
      const { reader, messages } = corpus();
      for await (const chunk of reader.find(EVERYTHING, never())) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.equal((await find(reader)).length, messages.length);
    });
  });
}
