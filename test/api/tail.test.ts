import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EventStream, type StreamEvent } from '../support/event-stream.ts';
import { until } from '../support/until.ts';
import { numbered } from '../ask/world.ts';
import { Served } from './support.ts';

let served: Served;
const ENTRIES = { ada: { role: 'read' }, limited: { role: 'read', only: 'hostname:web1' } };

before(async () => {
  served = await Served.start({ users: { bob: { role: 'read' } }, tokens: ENTRIES });
  await served.world.add([{ hostname: 'web1', message: 'old 1' }, { message: 'old 2' }]);
});
after(() => served[Symbol.asyncDispose]());

function open(query: string, headers: Readonly<Record<string, string>> = {}, name = 'ada'): Promise<EventStream> {
  return EventStream.open(served.port, `/api/v1/tail${query}`, {
    authorization: `Bearer ${served.token(name)}`,
    ...headers,
  });
}

/** Reads events until `enough` says so. */
async function read(stream: EventStream, enough: (events: readonly StreamEvent[]) => boolean): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream.events()) {
    events.push(event);
    if (enough(events)) break;
  }
  return events;
}

const textsIn = (events: readonly StreamEvent[]): string[] =>
  events.flatMap(({ event, data }) =>
    event === 'lines' ? (data as { message: string }[]).map((row) => row.message) : [],
  );

const lastId = (events: readonly StreamEvent[]): string => events.findLast(({ id }) => id !== undefined)!.id!;

test('an answer is an event stream that nothing on the way stores, changes or gathers', async () => {
  using stream = await open('');
  const { headers } = stream.response;
  assert.equal(stream.status, 200);
  assert.match(headers['content-type']!, /^text\/event-stream/);
  assert.equal(headers['cache-control'], 'no-store, no-transform');
  assert.equal(headers['x-accel-buffering'], 'no');
  assert.equal(headers['content-encoding'], undefined);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  const [first] = await read(stream, () => true);
  assert.equal(first?.event, 'cursor', 'a client that is cut now goes on here');
});

test('without a beginning only what arrives from now on is sent; a cursor goes on there', async () => {
  const stream = await open('');
  const begun = await read(stream, () => true);
  await served.world.add([{ message: 'while away' }]);
  using again = await open('', { 'last-event-id': lastId(begun) });
  const events = await read(again, (seen) => textsIn(seen).length > 0);
  assert.deepEqual(textsIn(events), ['while away']);
  using byParameter = await open(`?cursor=${lastId(begun)}&limit=1&since=all`);
  assert.deepEqual(textsIn(await read(byParameter, (seen) => textsIn(seen).length > 0)), ['while away']);
});

test('the header Last-Event-ID counts more than the parameter: browsers connect again with both', async () => {
  const start = lastId(await read(await open(''), () => true));
  await served.world.add([{ message: 'first' }]);
  using stream = await open(`?cursor=${start}`);
  const events = await read(stream, (seen) =>
    seen.some(({ event, id }, at) => at > 0 && event === 'cursor' && id !== start),
  );
  await served.world.add([{ message: 'second' }]);
  using again = await open(`?cursor=${start}`, { 'last-event-id': lastId(events) });
  assert.deepEqual(textsIn(await read(again, (seen) => textsIn(seen).length > 0)), ['second']);
});

test('a limit begins with the latest messages, and with a cursor before them', async () => {
  using stream = await open('?since=all&limit=2');
  const events = await read(stream, (seen) => textsIn(seen).length === 2);
  assert.equal(events[0]!.event, 'cursor');
  using again = await open('?since=all&limit=2', { 'last-event-id': lastId(events.slice(0, 1)) });
  assert.deepEqual(textsIn(await read(again, (seen) => textsIn(seen).length === 2)), textsIn(events));
});

test('many messages come in events of 200 at most, with cursors between them', async () => {
  using world = await fresh();
  await world.served.world.add(numbered(5000));
  using stream = await world.open('?since=all');
  const events = await read(stream, (seen) => textsIn(seen).length === 5000);
  const sizes = events.filter(({ event }) => event === 'lines').map(({ data }) => (data as unknown[]).length);
  assert.ok(Math.max(...sizes) <= 200, `${sizes}`);
  const cursors = events.filter(({ event }) => event === 'cursor');
  assert.ok(cursors.length >= 24, `${cursors.length} cursors`);
  const [first] = cursors;
  assert.ok((first!.data as { behindMs: number }).behindMs > 0, 'the first cursor is behind');
  using again = await world.open('', { 'last-event-id': cursors[9]!.id! });
  const rest = textsIn(await read(again, (seen) => textsIn(seen).includes('5000')));
  assert.deepEqual(
    rest,
    numbered(5000)
      .slice(2000)
      .map(({ message }) => message),
    'a cursor covers what came before it',
  );
});

async function fresh() {
  const own = await Served.start({ tokens: ENTRIES });
  return {
    served: own,
    open: (query: string, headers: Readonly<Record<string, string>> = {}) =>
      EventStream.open(own.port, `/api/v1/tail${query}`, { authorization: `Bearer ${own.token('ada')}`, ...headers }),
    [Symbol.dispose]: () => void own[Symbol.asyncDispose](),
  };
}

test('a gap is an event of its own', async () => {
  using world = await fresh();
  const { now } = world.served.world;
  world.served.world.gaps = [{ reason: 'kernel', listener: 'udp0', from: now - 5, to: now - 4, count: 7 } as never];
  using stream = await world.open('?since=-1h');
  const [gap] = await read(stream, () => true);
  assert.equal(gap?.event, 'gap');
  assert.equal((gap!.data as { count: number }).count, 7);
});

test('users who see only some messages are sent only those', async () => {
  using stream = await open('?since=all', {}, 'limited');
  const { world } = served;
  const events = read(stream, (seen) => textsIn(seen).includes('for all of web1'));
  await world.add([{ hostname: 'db1', message: 'not for all' }]);
  await world.add([{ hostname: 'web1', message: 'for all of web1' }]);
  assert.deepEqual(textsIn(await events), ['old 1', 'for all of web1']);
});

test('what cannot be answered is refused before the stream begins', async () => {
  for (const [query, status, text] of [
    ['?query=(', 400, /ERR_QUERY/],
    ['?cursor=nonsense', 400, /not a cursor/],
    ['?until=now', 400, /until/],
    ['?limit=100000', 400, /limit/],
  ] as const) {
    const stream = await open(query);
    assert.equal(stream.status, status, query);
    assert.match(await stream.text(), text);
  }
  const unknown = await EventStream.open(served.port, '/api/v1/tail');
  assert.equal(unknown.status, 401);
});

test('one session follows four times at most, and the next is told so', async () => {
  const cookie = await served.logIn('bob');
  const openOne = (): Promise<EventStream> => EventStream.open(served.port, '/api/v1/tail', { cookie });
  const four = await Promise.all([openOne(), openOne(), openOne(), openOne()]);
  assert.deepEqual(
    four.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  const fifth = await openOne();
  assert.equal(fifth.status, 429);
  assert.ok(fifth.response.headers['retry-after']);
  assert.match(await fifth.text(), /this login follows 4 times already; close one/);
  const other = await EventStream.open(served.port, '/api/v1/tail', { cookie: await otherSession() });
  assert.equal(other.status, 200, 'another session of the same user');
  other[Symbol.dispose]();
  for (const stream of four) stream[Symbol.dispose]();
  await until('the places to be free again', async () => {
    using stream = await openOne();
    return stream.status === 200;
  });
});

/** Sessions are told apart by when they began, ms. */
async function otherSession(): Promise<string> {
  const began = Date.now();
  await until('another ms', () => Date.now() > began);
  return await served.logIn('bob');
}

test('32 clients follow at most', async () => {
  using world = await fresh();
  const users = { a: { role: 'read' }, b: { role: 'read' }, c: { role: 'read' } };
  world.served.writeUsers({}, users);
  const openAs = (name: string) =>
    EventStream.open(world.served.port, '/api/v1/tail', { authorization: `Bearer ${world.served.token(name)}` });
  await until('the new tokens to be read', async () => {
    using stream = await openAs('c');
    return stream.status === 200;
  });
  await until('its place to be free', async () => {
    using stream = await openAs('c');
    return stream.status === 200;
  });
  const streams: EventStream[] = [];
  for (const name of ['a', 'b']) for (let i = 0; i < 16; i++) streams.push(await openAs(name));
  assert.ok(
    streams.every(({ status }) => status === 200),
    `${streams.map(({ status }) => status)}`,
  );
  const refused = await openAs('a');
  assert.match(await refused.text(), /the token a follows 16 times already/);
  const last = await openAs('c');
  assert.equal(last.status, 429);
  assert.match(await last.text(), /32 clients follow already/);
  for (const stream of streams) stream[Symbol.dispose]();
});

test('an ended login ends its stream, and connecting again is answered 401', async () => {
  using world = await fresh();
  const { served: own } = world;
  using stream = await world.open('');
  const events = read(stream, (seen) => seen.at(-1)?.event === 'bye');
  own.writeUsers({}, {});
  const ended = await events;
  assert.match((ended.at(-1)!.data as { message: string }).message, /the login has ended; log in again/);
  const again = await world.open('', { 'last-event-id': lastId(ended) });
  assert.equal(again.status, 401);
});

test('a server that stops says bye, after what it has sent', async () => {
  using world = await fresh();
  using stream = await world.open('');
  const events = read(stream, (seen) => seen.at(-1)?.event === 'bye');
  await world.served.world.add([{ message: 'last' }]);
  await until('the client to follow', () => true);
  await world.served.stop();
  const ended = await events;
  assert.match((ended.at(-1)!.data as { message: string }).message, /the server is stopping/);
});
