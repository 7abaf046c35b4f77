import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { fieldsOf } from '../../src/model/fields.ts';
import type { Filter } from '../../src/model/filter.ts';
import { bucketOf, groupReader } from '../../src/model/grouping.ts';
import { decodeId, encodeId, type Position } from '../../src/model/id.ts';
import { compile } from '../../src/model/matches.ts';
import type { LogMessage } from '../../src/model/message.ts';
import type { Group, Grouping, Query } from '../../src/model/query.ts';
import type { StoreReader, StoreWriter, StreamPolicy } from '../../src/store/contract.ts';
import { draft, filter } from '../support/arbitraries.ts';
import { batchOf, type Draft, EPOCH, messagesOf } from '../support/batches.ts';

export type OpenStore = {
  readonly writer: StoreWriter;
  readonly reader: StoreReader;
  /** Closes the store and opens it again on the same data; absent where nothing outlives closing. */
  readonly reopen?: () => Promise<OpenStore>;
};

/** What a test gives a store: its clock (ms), for `keep` and leases, and its streams. */
export type StoreSettings = { readonly now: () => number; readonly streams: readonly StreamPolicy[] };

/** Opens an empty store of its own for each call. */
export type Open = (settings: StoreSettings) => Promise<OpenStore>;

const ALL: Filter = { kind: 'all' };
const EVERYTHING: Query = { filter: ALL, order: 'oldest' };
const MINUTE = 60_000;
const DAY = 86_400_000;
const RUNS = Number(process.env['CORDWOOD_FUZZ'] ?? 300);

/** Where only one receiver at a time fills a store, what a second node brings begins after the first one's last. */
export type Nodes = 'interleaved' | 'in turn';

/** What every store must do, whatever it is made of. */
export function storeConformance(name: string, open: Open, nodes: Nodes = 'interleaved'): void {
  describe(`${name} store`, () => {
    inserting(open);
    windows(open, nodes);
    filters(open, nodes);
    manyHosts(open);
    retention(open);
    state(open);
    reopening(open);
  });
}

function inserting(open: Open): void {
  test('what was inserted is found, whole', () =>
    withStore(open, async ({ writer, reader }) => {
      const batch = batchOf(sample(200));
      await writer.insert(batch);
      assert.deepEqual(await find(reader), messagesOf(batch));
    }));

  test('inserting again changes nothing', () =>
    withStore(open, async ({ writer, reader }) => {
      const drafts = sample(50);
      await writer.insert(batchOf(drafts));
      await writer.insert(batchOf(drafts));
      await writer.insert(batchOf(drafts.slice(0, 10)));
      await writer.insert(batchOf([...drafts.slice(40), { message: 'new' }], { from: 41 }));
      const found = await find(reader);
      assert.equal(found.length, 51);
      assert.equal(found[50]?.message, 'new');
      assert.equal(await count(reader), 51);
    }));

  test('an empty batch is nothing', () =>
    withStore(open, async ({ writer, reader }) => {
      await writer.insert(batchOf([]));
      assert.deepEqual(await find(reader), []);
      assert.deepEqual(await reader.aggregate(EVERYTHING, { by: [] }, never()), [{ values: [], count: 0 }]);
      assert.deepEqual(await reader.aggregate(EVERYTHING, { by: ['hostname'] }, never()), []);
      assert.deepEqual(await reader.fieldNames(EVERYTHING, never()), []);
      assert.equal(await writer.latest(), 0);
      assert.equal(await reader.oldest(), undefined);
    }));

  test('streams come back as one, in order of arrival', () =>
    withStore(open, async ({ writer, reader }) => {
      const streams = ['default', 'auth', 'debug'];
      const drafts = sample(90).map((each, index) => ({ ...each, stream: streams[index % 3]! }));
      for (let at = 0; at < 90; at += 30) await writer.insert(batchOf(drafts.slice(at, at + 30), { from: at + 1 }));
      const found = await find(reader);
      assert.deepEqual(found, messagesOf(batchOf(drafts)));
      const auth = await find(reader, { filter: { kind: 'equals', field: 'stream', value: 'auth' } });
      assert.equal(auth.length, 30);
      const { days } = await reader.stats();
      assert.deepEqual(days.map(({ stream }) => stream).sort(), ['auth', 'debug', 'default']);
      for (const { day, messages, rawBytes } of days) {
        assert.equal(day, '2026-11-22');
        assert.equal(messages, 30);
        assert.ok(rawBytes > 0);
      }
    }));

  test('a message of a megabyte is kept whole', () =>
    withStore(open, async ({ writer, reader }) => {
      const long = 'é😀\0x'.repeat(120_000);
      await writer.insert(batchOf([{ message: 'before' }, { message: long }, { message: 'after' }]));
      const found = await find(reader);
      assert.deepEqual(
        found.map(({ message }) => message.length),
        [6, long.length, 5],
      );
      assert.equal(found[1]?.message === long, true);
    }));

  test('positions: latest, oldest, safe, and what is held after one', () =>
    withStore(open, async ({ writer, reader }) => {
      await writer.insert(batchOf([{}, { stream: 'auth' }, {}, {}], { node: 1, from: 10 }));
      await writer.insert(batchOf([{}, {}], { node: 2, from: 100 }));
      assert.equal(await writer.latest(), EPOCH + 101);
      assert.equal(await reader.oldest(), EPOCH + 10);
      const held = await writer.heldAfter(at(1, 10));
      assert.deepEqual(
        [9, 10, 11, 12, 13, 14, 100].filter((each) => held.has(each)),
        [11, 12, 13],
      );
      assert.equal(held.size, 3);
      assert.equal((await writer.heldAfter(at(1, 13))).size, 0);
      assert.equal((await writer.heldAfter({ receivedAt: 0, node: 2, sequence: 0 })).size, 2);
      assert.equal((await writer.heldAfter({ receivedAt: 0, node: 3, sequence: 0 })).size, 0);
      assert.equal(await writer.safe(1), undefined);
      await writer.settle(at(1, 12));
      await writer.settle(at(1, 13));
      await writer.settle(at(2, 100));
      assert.deepEqual(await writer.safe(1), at(1, 13));
      assert.deepEqual(await writer.safe(2), at(2, 100));
      assert.equal(await writer.safe(3), undefined);
    }));

  test('upkeep changes no answer', () =>
    withStore(open, async ({ writer, reader }) => {
      const drafts = sample(300).map((each, index) => ({ ...each, stream: index % 7 === 0 ? 'auth' : 'default' }));
      for (let from = 0; from < 300; from += 10) {
        await writer.insert(batchOf(drafts.slice(from, from + 10), { from: from + 1 }));
      }
      const want = messagesOf(batchOf(drafts));
      assert.deepEqual(await find(reader), want);
      for (let rounds = 0; await writer.maintain(1000); rounds++) assert.ok(rounds < 1000, 'upkeep ends');
      assert.deepEqual(await find(reader), want);
      assert.deepEqual(await find(reader, { order: 'newest' }), [...want].reverse());
    }));
}

/** One corpus of two nodes and three streams over two hours, and the questions that window it. */
function windows(open: Open, nodes: Nodes): void {
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

    test('bounds, cursors, order and limit', async () => {
      const law = fc.asyncProperty(query, async (each) => {
        assert.deepEqual(idsOf(await find(corpus().reader, each)), idsOf(expected(corpus().messages, each)));
      });
      await fc.assert(law, { numRuns: RUNS });
    });

    test('since is included, until is not', async () => {
      const first = corpus().messages[0];
      const third = corpus().messages[10];
      const since = first!.received_at.getTime();
      const until = third!.received_at.getTime();
      const found = await find(corpus().reader, { since, until });
      assert.deepEqual(idsOf(found), idsOf(expected(corpus().messages, { ...EVERYTHING, since, until })));
      assert.equal(found[0]?._id, first?._id);
      assert.ok(!found.some(({ _id }) => _id === third?._id));
    });

    test('pages, forwards and backwards, repeat nothing and lose nothing', async () => {
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
        ],
      );
      const every = fc.constantFrom(undefined, 1000, 5 * MINUTE, DAY);
      const law = fc.asyncProperty(query, by, every, async (each, fields, ms) => {
        const grouping: Grouping = { by: fields, ...(ms !== undefined && { every: ms }) };
        const unlimited = { ...each, limit: Infinity };
        const got = await reader.aggregate(each, grouping, never());
        assert.deepEqual(sorted(got), sorted(naiveCount(expected(messages, unlimited), grouping)));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });

    test('names of fields with how many carry them', async () => {
      const { reader, messages } = corpus();
      const counts = new Map<string, number>();
      for (const each of messages.flatMap(fieldsOf)) counts.set(each, (counts.get(each) ?? 0) + 1);
      const want = [...counts].map(([name, times]) => ({ name, count: times }));
      const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
      assert.deepEqual((await reader.fieldNames(EVERYTHING, never())).sort(byName), want.sort(byName));
    });

    test('an abort ends a search, and nobody else’s', async () => {
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

    test('a search that is left early lets go', async () => {
      const { reader, messages } = corpus();
      for await (const chunk of reader.find(EVERYTHING, never())) {
        assert.ok(chunk.length > 0);
        break;
      }
      assert.equal((await find(reader)).length, messages.length);
    });
  });
}

function filters(open: Open, nodes: Nodes): void {
  describe('filters', () => {
    const corpus = useCorpus(open, nodes, 800);

    test('every kind of filter finds what matches() lets through', async () => {
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

    test('with a limit, the first that match', async () => {
      const law = fc.asyncProperty(filter, fc.nat({ max: 20 }), fc.boolean(), async (each, limit, newest) => {
        const query: Query = { filter: each, order: newest ? 'newest' : 'oldest', limit };
        assert.deepEqual(idsOf(await find(corpus().reader, query)), idsOf(expected(corpus().messages, query)));
      });
      await fc.assert(law, { numRuns: Math.ceil(RUNS / 3) });
    });

    test('counts agree with searches', async () => {
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

function manyHosts(open: Open): void {
  test('ten thousand hosts and apps in a day', () =>
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

function retention(open: Open): void {
  const streams: StreamPolicy[] = [{ name: 'short', keep: DAY }, { name: 'long', keep: 5 * DAY }, { name: 'default' }];
  const midnight = Date.UTC(2026, 10, 20);
  /** A message an hour in each stream for six days, the last ones at 23:00 of the 25th. */
  const fill = async (writer: StoreWriter): Promise<LogMessage[]> => {
    const drafts: Draft[] = [];
    for (let hour = 0; hour < 6 * 24; hour++) {
      const received_at = new Date(midnight + hour * 60 * MINUTE);
      for (const { name } of streams) drafts.push({ received_at, stream: name, message: `${name} ${hour}` });
    }
    const batch = batchOf(drafts);
    await writer.insert(batch);
    return messagesOf(batch);
  };
  const kept = (messages: readonly LogMessage[], now: number): LogMessage[] =>
    messages.filter(({ stream, received_at }) => {
      const keep = streams.find(({ name }) => name === stream)?.keep ?? Infinity;
      return received_at.getTime() >= now - keep;
    });

  test('what is past its keep is hidden at once', () => {
    let now = midnight;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        for (const hours of [0, 24, 24.5, 60, 143, 200]) {
          now = midnight + hours * 60 * MINUTE;
          const want = kept(messages, now);
          assert.deepEqual(idsOf(await find(reader)), idsOf(want), `${hours} hours`);
          assert.deepEqual(idsOf(await find(reader, { order: 'newest', limit: 5 })), idsOf(want.slice(-5).reverse()));
          assert.equal(await count(reader), want.length);
          const groups = await reader.aggregate(EVERYTHING, { by: ['stream'], every: DAY }, never());
          assert.deepEqual(sorted(groups), sorted(naiveCount(want, { by: ['stream'], every: DAY })));
        }
      },
      { now: () => now, streams },
    );
  });

  test('whole days past their keep are removed, and nothing else', () => {
    const now = midnight + 6 * DAY;
    return withStore(
      open,
      async ({ writer, reader }) => {
        const messages = await fill(writer);
        const report = await writer.expire(now);
        assert.equal(report.messages, 5 * 24 + 24);
        assert.ok(report.bytes > 0);
        assert.ok(report.removed.length > 0);
        assert.deepEqual(idsOf(await find(reader)), idsOf(kept(messages, now)));
        const days = (await reader.stats()).days.map(({ stream, day }) => `${stream} ${day}`);
        assert.equal(days.filter((each) => each.startsWith('short ')).join(), 'short 2026-11-25');
        assert.equal(days.filter((each) => each.startsWith('long ')).length, 5);
        assert.equal(days.filter((each) => each.startsWith('default ')).length, 6);
        assert.equal(await reader.oldest(), midnight);
        assert.equal((await writer.expire(now)).messages, 0);
      },
      { now: () => now, streams },
    );
  });
}

function state(open: Open): void {
  test('state: values go in and out by compare-and-set', () =>
    withStore(open, async ({ writer, reader }) => {
      const rules = writer.state('rules');
      assert.equal(await rules.get('a'), undefined);
      const value = { text: 'é\0"', list: [1, null, true], deep: { x: 1.5 } };
      assert.equal(await rules.put('a', value, 0), true);
      assert.equal(await rules.put('a', 'again', 0), false);
      const first = await rules.get('a');
      assert.deepEqual(first?.value, value);
      assert.equal(first?.key, 'a');
      assert.equal(await rules.put('a', 'next', first!.revision), true);
      assert.equal(await rules.put('a', 'late', first!.revision), false);
      assert.equal((await rules.get('a'))?.value, 'next');
      assert.deepEqual(await reader.state('rules').get('a'), await rules.get('a'));
      assert.equal(await writer.state('other').get('a'), undefined);
      assert.equal(await rules.put('a', undefined, first!.revision), false);
      assert.equal(await rules.put('a', undefined, (await rules.get('a'))!.revision), true);
      assert.equal(await rules.get('a'), undefined);
      assert.equal(await rules.put('a', undefined, 7), false);
      assert.equal(await rules.put('a', 0, 0), true);
    }));

  test('state: of many that write at once, one wins each round', () =>
    withStore(open, async ({ writer }) => {
      const counters = writer.state('counters');
      const add = async (): Promise<void> => {
        for (;;) {
          const held = await counters.get('n');
          if (await counters.put('n', ((held?.value as number) ?? 0) + 1, held?.revision ?? 0)) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, add));
      assert.equal((await counters.get('n'))?.value, 20);
    }));

  test('state: a prefix is scanned by key', () =>
    withStore(open, async ({ writer }) => {
      const hosts = writer.state('hosts');
      for (const key of ['b', 'a%1', 'a_2', 'A', 'a', 'aé', 'a\uffff']) await hosts.put(key, key, 0);
      const keys = async (prefix: string): Promise<string[]> => (await hosts.scan(prefix)).map(({ key }) => key);
      assert.deepEqual(await keys('a'), ['a', 'a%1', 'a_2', 'aé', 'a\uffff']);
      assert.deepEqual(await keys('a%'), ['a%1']);
      assert.deepEqual(await keys('a_'), ['a_2']);
      assert.deepEqual(await keys(''), ['A', 'a', 'a%1', 'a_2', 'aé', 'a\uffff', 'b']);
      assert.deepEqual(await keys('c'), []);
    }));

  test('state: a lease has one holder until it runs out', () => {
    let now = EPOCH;
    return withStore(
      open,
      async ({ writer }) => {
        const leases = writer.state('leases');
        assert.equal(await leases.lease('mail', 'one', 1000), true);
        assert.equal(await leases.lease('mail', 'two', 1000), false);
        assert.equal(await leases.lease('other', 'two', 1000), true);
        now += 900;
        assert.equal(await leases.lease('mail', 'one', 1000), true);
        now += 900;
        assert.equal(await leases.lease('mail', 'two', 1000), false);
        now += 101;
        assert.equal(await leases.lease('mail', 'two', 1000), true);
        assert.equal(await leases.lease('mail', 'one', 1000), false);
      },
      { now: () => now, streams: [] },
    );
  });
}

function reopening(open: Open): void {
  test('what was stored outlives closing', async (context) => {
    const first = await open({ now: () => EPOCH, streams: [] });
    if (!first.reopen) {
      await close(first);
      context.skip('nothing outlives closing this store');
      return;
    }
    const drafts = sample(120).map((each, index) => ({ ...each, stream: index % 5 === 0 ? 'auth' : 'default' }));
    await first.writer.insert(batchOf(drafts));
    await first.writer.settle(at(1, 120));
    await first.writer.state('rules').put('a', { x: 1 }, 0);
    const second = await first.reopen();
    assert.deepEqual(await find(second.reader), messagesOf(batchOf(drafts)));
    assert.deepEqual(await second.writer.safe(1), at(1, 120));
    assert.equal(await second.writer.latest(), EPOCH + 120);
    assert.deepEqual((await second.writer.state('rules').get('a'))?.value, { x: 1 });
    await second.writer.insert(batchOf([...drafts.slice(110), { message: 'new' }], { from: 111 }));
    assert.equal((await find(second.reader)).length, 121);
    await close(second);
  });
}

/** Opens a store for the tests of a suite, filled with messages of two nodes and three streams over two hours. */
function useCorpus(open: Open, nodes: Nodes, size: number): () => { reader: StoreReader; messages: LogMessage[] } {
  let store: OpenStore | undefined;
  let messages: LogMessage[] = [];
  before(async () => {
    store = await open({ now: () => EPOCH, streams: [] });
    const batches = corpusBatches(size, nodes);
    for (const batch of batches) await store.writer.insert(batch);
    messages = batches.flatMap(messagesOf).sort((a, b) => (a._id < b._id ? -1 : 1));
  });
  after(async () => store && close(store));
  return () => ({ reader: store!.reader, messages });
}

/** Interleaved in time, several messages a millisecond now and then, in batches of unlike sizes. */
function corpusBatches(size: number, nodes: Nodes): ReturnType<typeof batchOf>[] {
  const streams = ['default', 'default', 'auth', 'debug'];
  const drafts = sample(size).map((each, index): Draft & { node: number } => {
    const step = Math.floor(index / 3) * Math.floor((360 * MINUTE) / size);
    return {
      ...each,
      stream: streams[index % 4]!,
      sequence: index + 1,
      received_at: new Date(EPOCH + step),
      node: nodes === 'interleaved' ? (index % 5 === 0 ? 2 : 1) : index < size / 2 ? 1 : 2,
    };
  });
  const batches: ReturnType<typeof batchOf>[] = [];
  for (let from = 0, width = 1; from < size; from += width, width = (width * 7 + 3) % 151 || 1) {
    const slice = drafts.slice(from, from + width);
    for (const node of [1, 2]) {
      const rows = slice.filter((each) => each.node === node);
      if (rows.length > 0) batches.push(batchOf(rows, { node }));
    }
  }
  return batches;
}

/** The same bad messages in each run, so that a failure of a store can be had again. */
function sample(size: number): Draft[] {
  return fc.sample(draft, { numRuns: size, seed: 20_261_122 });
}

/** The nearest id at or before `id` that is of the node. */
function rowOfNode(ids: readonly string[], id: string, node: number): string {
  const found = ids.findLast((each) => each <= id && decodeId(each)!.node === node);
  return found ?? encodeId(EPOCH - 1, node, 0);
}

/** The contract of `find`, said as plainly as can be. */
function expected(messages: readonly LogMessage[], query: Query): LogMessage[] {
  const matches = compile(query.filter);
  const cursorOf = (ids: readonly string[] | undefined, message: LogMessage): string | undefined =>
    ids?.find((id) => decodeId(id)!.node === decodeId(message._id)!.node);
  const found = messages.filter((message) => {
    const received = message.received_at.getTime();
    const seen = cursorOf(query.after, message);
    const visible = cursorOf(query.upTo, message);
    return (
      received >= (query.since ?? -Infinity) &&
      received < (query.until ?? Infinity) &&
      (query.before === undefined || message._id < query.before) &&
      (seen === undefined || message._id > seen) &&
      (visible === undefined || message._id <= visible) &&
      matches(message)
    );
  });
  if (query.order === 'newest') found.reverse();
  return found.slice(0, query.limit ?? Infinity);
}

function naiveCount(messages: readonly LogMessage[], { by, every }: Grouping): Group[] {
  const read = groupReader(by);
  const keys = messages.flatMap((message) =>
    read(message).map((values) =>
      JSON.stringify(every === undefined ? { values } : { values, at: bucketOf(message.received_at.getTime(), every) }),
    ),
  );
  const groups = [...Map.groupBy(keys, (key) => key)].map(([key, times]) => ({
    ...JSON.parse(key),
    count: times.length,
  }));
  return groups.length === 0 && by.length === 0 && every === undefined ? [{ values: [], count: 0 }] : groups;
}

async function find(reader: StoreReader, query: Partial<Query> = {}, signal = never()): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for await (const chunk of reader.find({ ...EVERYTHING, ...query }, signal)) found.push(...chunk);
  return found;
}

async function count(reader: StoreReader): Promise<number> {
  const groups = await reader.aggregate(EVERYTHING, { by: [] }, never());
  assert.equal(groups.length, 1);
  return groups[0]!.count;
}

async function withStore(
  open: Open,
  use: (store: OpenStore) => Promise<void>,
  settings: StoreSettings = { now: () => EPOCH, streams: [] },
): Promise<void> {
  const store = await open(settings);
  try {
    await use(store);
  } finally {
    await close(store);
  }
}

async function close(store: OpenStore): Promise<void> {
  await store.reader[Symbol.asyncDispose]();
  await store.writer[Symbol.asyncDispose]();
}

function sorted(groups: readonly Group[]): string[] {
  return groups.map(({ values, at: start, count: times }) => JSON.stringify([values, start ?? null, times])).sort();
}

function idsOf(messages: readonly LogMessage[]): string[] {
  return messages.map(({ _id }) => _id);
}

function at(node: number, sequence: number): Position {
  return { receivedAt: EPOCH + sequence, node, sequence };
}

function never(): AbortSignal {
  return new AbortController().signal;
}
