import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Source } from '../../src/model/message.ts';
import { type OpenSpool, openSpoolReader } from '../../src/spool/index.ts';
import fc from '../support/fc.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { bulkEntry, linesEntry, MIB, openSmall } from './support.ts';
import { agent, lines } from './agents.ts';

/** Sends lines over a session, a few in each record. @returns the session, which is still open */
async function send(spool: OpenSpool, source: Source, texts: readonly string[]): Promise<number> {
  const session = spool.openSession(source);
  await more(spool, session, texts);
  return session;
}

async function more(spool: OpenSpool, session: number, texts: readonly string[]): Promise<void> {
  for (let from = 0; from < texts.length; from += 7) {
    await spool.append(linesEntry(session, texts.slice(from, from + 7)));
  }
}

/** Every message in order, and whether it is flagged. */
function readFlags(folder: string): (readonly [text: string, flagged: boolean])[] {
  using reader = openSpoolReader({ folder });
  const arena = Buffer.alloc(MIB);
  const all: (readonly [string, boolean])[] = [];
  while (reader.next(arena, 0) !== 0) {
    const { count, offset, length, flags } = reader.record;
    for (let i = 0; i < count; i++) {
      const text = arena.toString('latin1', offset[i]!, offset[i]! + length[i]!);
      all.push([text, (flags[i]! & FRAME_FLAG.possibleDuplicate) !== 0]);
    }
  }
  return all;
}

const flaggedIn = (folder: string) => readFlags(folder).flatMap(([text, flagged]) => (flagged ? [text] : []));

test('the session after a broken one is flagged as long as it repeats that one', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  spool.closeSession(await send(spool, agent(), lines(0, 100)), false);
  const next = await send(spool, agent(), [...lines(90, 100), ...lines(100, 120)]);
  await more(spool, next, lines(95, 98));
  assert.deepEqual(flaggedIn(folder.path), lines(90, 100), 'later messages are equal, but do not repeat the session');
});

const APART: readonly (readonly [name: string, first: Source, second: Source, clean: boolean])[] = [
  ['ended in order', agent(), agent(), true],
  ['of another address', agent(), agent('192.0.2.8'), false],
  ['of another listener', agent(), agent('192.0.2.7', 'relp1'), false],
  ['of another certificate', agent('192.0.2.7', 'relp0', 'a'), agent('192.0.2.7', 'relp0', 'b'), false],
];

for (const [name, first, second, clean] of APART) {
  test(`a session that is ${name} does not count as an earlier session`, async () => {
    using folder = temporaryFolder();
    await using spool = await openSmall(folder.path);
    spool.closeSession(await send(spool, first, lines(0, 50)), clean);
    await send(spool, second, lines(40, 60));
    assert.deepEqual(flaggedIn(folder.path), []);
  });
}

test('a sender that reconnects before its old session has ended is recognised', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  const first = await send(spool, agent(), lines(0, 50));
  await send(spool, agent(), lines(45, 60));
  spool.closeSession(first, false);
  assert.deepEqual(flaggedIn(folder.path), lines(45, 50));
});

test('several connections of one agent are distinguished, across several restarts', async () => {
  using folder = temporaryFolder();
  const names = ['a', 'b', 'c', 'd'];
  for (let run = 0; run < 3; run++) {
    await using spool = await openSmall(folder.path);
    const from = run * 40;
    await Promise.all(names.map((name) => send(spool, agent(), lines(Math.max(0, from - 5), from + 40, name))));
  }
  const want = names.flatMap((name) => [...lines(35, 40, name), ...lines(75, 80, name)]);
  assert.deepEqual(flaggedIn(folder.path).sort(), want.sort());
});

test('a session that breaks during a repetition: the third session repeats both', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    await send(spool, agent(), lines(0, 80));
  }
  {
    await using spool = await openSmall(folder.path);
    await send(spool, agent(), lines(50, 60));
  }
  await using spool = await openSmall(folder.path);
  await send(spool, agent(), lines(55, 100));
  assert.deepEqual(flaggedIn(folder.path), [...lines(50, 60), ...lines(55, 80)]);
});

test('a session over several segments is read back, its last 16,384 messages', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    const session = await send(spool, agent(), lines(0, 200));
    for (let from = 200; from < 18_000; from += 1000) {
      await spool.append(linesEntry(session, lines(from, Math.min(from + 1000, 18_000))));
    }
    for (let i = 0; i < 30; i++) await spool.append(bulkEntry(session, 300 << 10));
    await more(spool, session, lines(18_000, 20_000));
    assert.ok(spool.segments > 2);
  }
  await using spool = await openSmall(folder.path);
  await send(spool, agent(), lines(19_990, 20_010));
  await send(spool, agent(), [...lines(9990, 10_000)]);
  await send(spool, agent(), lines(100, 110));
  assert.deepEqual(flaggedIn(folder.path), [...lines(19_990, 20_000), ...lines(9990, 10_000)]);
});

test('a session that ended cleanly does not count as broken after a restart', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    spool.closeSession(await send(spool, agent(), lines(0, 50)), true);
    await send(spool, agent('192.0.2.9'), lines(0, 5));
  }
  await using spool = await openSmall(folder.path);
  await send(spool, agent(), lines(40, 60));
  assert.deepEqual(flaggedIn(folder.path), []);
});

test('senders that do not wait for acknowledgements are never flagged and cost nothing', async () => {
  using folder = temporaryFolder();
  await using spool = await openSmall(folder.path);
  for (let i = 0; i < 2; i++) {
    const session = spool.openSession({ ...agent(), transport: 'tcp' });
    await spool.append(linesEntry(session, lines(0, 5), false));
    spool.closeSession(session, false);
  }
  assert.deepEqual(flaggedIn(folder.path), []);
});

/** The agent repeats all unacknowledged messages over the next connection. */
test('law: whenever connections break, exactly the messages that are stored twice are flagged', async () => {
  const percent = fc.nat({ max: 100 });
  const breaks = fc.array(
    fc.record({ sent: fc.nat({ max: 40 }), stored: percent, heard: percent, restart: fc.boolean() }),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(breaks, async (rounds) => {
      using folder = temporaryFolder();
      let spool = await openSmall(folder.path);
      let [unheard, next] = [[] as string[], 0];
      const seen = new Set<string>();
      const wanted: [string, boolean][] = [];
      for (const { sent, stored, heard, restart } of rounds) {
        unheard = [...unheard, ...lines(next, next + sent)];
        next += sent;
        const taken = unheard.slice(0, Math.round((unheard.length * stored) / 100));
        const session = await send(spool, agent(), taken);
        for (const text of taken) wanted.push([text, seen.has(text)]);
        for (const text of taken) seen.add(text);
        unheard = unheard.slice(Math.round((taken.length * heard) / 100));
        if (restart) {
          await spool[Symbol.asyncDispose]();
          spool = await openSmall(folder.path);
        } else spool.closeSession(session, false);
      }
      await spool[Symbol.asyncDispose]();
      assert.deepEqual(readFlags(folder.path), wanted);
    }),
    { numRuns: 60 },
  );
});

test('a whole window of 10,000 messages is flagged, also after a restart and over several breaks', async () => {
  using folder = temporaryFolder();
  const window = 10_000;
  const append = async (spool: OpenSpool, session: number, from: number, to: number) => {
    for (let at = from; at < to; at += 500) {
      await spool.append(linesEntry(session, lines(at, Math.min(at + 500, to))));
    }
  };
  const expected: string[] = [];
  let received = 0;
  for (const [from, to] of [
    [0, 25_000],
    [15_000, 21_000],
    [15_000, 40_000],
    [30_000, 45_000],
  ] as const) {
    await using spool = await openSmall(folder.path);
    const session = spool.openSession(agent());
    await append(spool, session, from, to);
    spool.closeSession(session, false);
    expected.push(...lines(from, Math.min(to, received)));
    received = Math.max(received, to);
  }
  await using spool = await openSmall(folder.path);
  for (const [from, to] of [
    [35_000, 46_000],
    [36_000, 46_000],
  ] as const) {
    const session = spool.openSession(agent());
    await append(spool, session, from, to);
    spool.closeSession(session, false);
    expected.push(...lines(from, Math.min(to, received)));
    received = Math.max(received, to);
  }
  assert.ok(expected.length > 2 * window);
  const flagged = flaggedIn(folder.path);
  assert.equal(flagged.length, expected.length);
  assert.deepEqual(flagged, expected);
});
