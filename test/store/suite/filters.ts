import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from '../../support/fc.ts';
import type { Filter } from '../../../src/model/filter.ts';
import type { Query } from '../../../src/model/query.ts';
import { filter } from '../../support/arbitraries.ts';
import { batchOf, type Draft } from '../../support/batches.ts';

import {
  count,
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
  sorted,
  useCorpus,
  withStore,
} from './tools.ts';

/** Every filter has the same result as `matches()`. */
export function filters(open: Open, nodes: Nodes): void {
  describe('filters', () => {
    const corpus = useCorpus(open, nodes, 800);

    test('a search with any kind of filter finds the messages that matches() accepts', async () => {
      const law = fc.asyncProperty(
        filter,
        fc.constantFrom('oldest' as const, 'newest' as const),
        async (each, order) => {
          const query: Query = { filter: each, order };
          assert.deepEqual(idsOf(await find(corpus().reader, query)), idsOf(expected(corpus().messages, query)));
        },
      );
      await fc.assert(law, { numRuns: RUNS });
    });

    test('a limit returns the first matches', async () => {
      const law = fc.asyncProperty(filter, fc.nat({ max: 20 }), fc.boolean(), async (each, limit, newest) => {
        const query: Query = { filter: each, order: newest ? 'newest' : 'oldest', limit };
        assert.deepEqual(idsOf(await find(corpus().reader, query)), idsOf(expected(corpus().messages, query)));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });

    test('counts equal the number of messages found', async () => {
      const { reader, messages } = corpus();
      const law = fc.asyncProperty(filter, fc.constantFrom([], ['severity'], ['hostname']), async (each, by) => {
        const query: Query = { ...EVERYTHING, filter: each };
        const got = await reader.aggregate(query, { by, every: 10 * MINUTE }, never());
        assert.deepEqual(sorted(got), sorted(naiveCount(expected(messages, query), { by, every: 10 * MINUTE })));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });
  });
}

/** Unbounded numbers of names. */
export function manyHosts(open: Open): void {
  test('ten thousand hosts and apps are stored in a day', () =>
    withStore(open, async ({ writer, reader }) => {
      const total = 10_000;
      for (let from = 0; from < total; from += 2500) {
        const drafts = Array.from({ length: 2500 }, (_, index): Draft => {
          const number = from + index;
          return { hostname: `host${number}`, appname: `app${total - number}`, message: `line ${number} of many` };
        });
        await writer.insert(batchOf(drafts, { from: from + 1 }));
      }
      assert.equal(await count(reader), total);
      const groups = await reader.aggregate(EVERYTHING, { by: ['hostname'] }, never());
      assert.equal(groups.length, total);
      assert.ok(groups.every((group) => group.count === 1));
      const one = async (each: Filter): Promise<string[]> =>
        (await find(reader, { filter: each })).map(({ message }) => message);
      assert.deepEqual(await one({ kind: 'equals', field: 'hostname', value: 'host7777' }), ['line 7777 of many']);
      assert.deepEqual(await one({ kind: 'equals', field: 'appname', value: 'app1' }), ['line 9999 of many']);
      assert.deepEqual(await one({ kind: 'word', field: 'message', token: '4321' }), ['line 4321 of many']);
      assert.equal((await one({ kind: 'glob', field: 'hostname', glob: 'host12??' })).length, 100);
      assert.deepEqual(await one({ kind: 'equals', field: 'hostname', value: 'host10000' }), []);
    }));
}
