import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeToken, tokenHash } from '../../src/api/access/tokens.ts';
import { freePort } from '../support/ports.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { spoolDay } from './day.ts';
import { buildPackage } from './package.ts';
import { send } from './send.ts';
import { big, milliseconds, type Row, say, times } from './table.ts';
import { median } from './usage.ts';
import { linesWanted, makeCorpus, type WholeCorpus } from './whole-corpus.ts';
import { expectCount, wrong } from './wrong.ts';

const USERS = 50;
/** Messages that are exported at most: so many take some seconds. Each way has so many turns, and its best one counts. */
const MAX_EXPORT = 500_000;
const TURNS = 2;
const ROUNDS = 20;
/** Lines of one process that sends beside the users; the next one follows at once. */
const LINES = 100_000;
/** What the users search for, in turns. */
const SEARCHES = ['severity:<=warning', 'timeout', 'hostname:web*', 'appname:nginx error', '*'];
const LOOK_MS = 200;

type Rates = { readonly rest: number; readonly socket: number };
type Busy = {
  /** Messages stored a second. */
  readonly rate: number;
  /** Answers that all users got together. */
  readonly answers: number;
  /** How long after its tick a rule was judged at most, ms; undefined if no tick came. */
  readonly late: number | undefined;
};
export type RestResult = {
  readonly messages: number;
  readonly exported: Rates;
  readonly newest: Rates;
  readonly alone: Busy;
  readonly crowded: Busy;
};

/** The REST API of a real server beside its socket, and what 50 users who search cost the writer and the rules. */
export async function benchRest(corpus: WholeCorpus, bin: string, seconds: number): Promise<RestResult> {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const port = await freePort();
  const tokens = Array.from({ length: USERS }, () => makeToken());
  await spoolDay(data, corpus);
  await using server = await Server.start({ data, bin, config: configIn(folder.path, port, tokens), listen: [] });
  const stored = async (): Promise<number> => (await server.stats()).counters['writer.messages'] ?? 0;
  await until('the day to be stored', async () => (await stored()) >= corpus.lines, 120_000);
  const web = { port, headers: { authorization: `Bearer ${tokens[0]}` } };
  const socketPath = join(data, 'control.sock');
  const search = (params: object): Asked => ({
    socketPath,
    path: '/search',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(params),
  });
  const messages = Math.min(corpus.lines, MAX_EXPORT);
  const exported = { rest: 0, socket: 0 };
  for (let turn = 0; turn < TURNS; turn++) {
    const rest = await rateOf({ ...web, path: '/api/v1/export?since=all' }, messages);
    const socket = await rateOf(search({ since: 'all', order: 'oldest' }), messages);
    exported.rest = Math.max(exported.rest, rest);
    exported.socket = Math.max(exported.socket, socket);
  }
  say(`exported ${JSON.stringify(exported)} messages/s`);
  const newest = {
    rest: await timeOf({ ...web, path: '/api/v1/messages?since=all&limit=100' }),
    socket: await timeOf(search({ since: 'all', limit: 100 })),
  };
  say(`newest 100 ${JSON.stringify(newest)} ms`);
  const by = { port: await server.port('tcp0'), file: corpus.file, lines: Math.min(LINES, corpus.lines), seconds };
  const alone = await busy({ ...by, stored, web, users: [] });
  const crowded = await busy({ ...by, stored, web, users: tokens });
  say(`alone ${JSON.stringify(alone)}, beside ${USERS} users ${JSON.stringify(crowded)}`);
  return { messages, exported, newest, alone, crowded };
}

function configIn(folder: string, port: number, tokens: readonly string[]): string {
  const users = tokens.map((token, at) => [`user${at}`, { role: 'read', sha256: tokenHash(token) }]);
  writeFileSync(join(folder, 'users.yaml'), JSON.stringify({ tokens: Object.fromEntries(users) }), { mode: 0o640 });
  const rule = "{name: errors, kind: count, query: 'severity:<=err', schedule: '* * * * *', above: 1000000000, to: []}";
  const config = join(folder, 'cordwood.yaml');
  writeFileSync(
    config,
    `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]
web: {address: '127.0.0.1:${port}'}
alerts: [${rule}]
`,
  );
  return config;
}

type Asked = RequestOptions & { readonly body?: string };

async function ask({ body = '', ...options }: Asked): Promise<IncomingMessage> {
  const sent = request({ host: '127.0.0.1', ...options }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${options.path} answered ${response.statusCode}`);
  return response;
}

/** Messages a second of an NDJSON answer, of which the first so many are read; they are counted, not parsed. */
async function rateOf(asked: Asked, messages: number): Promise<number> {
  const began = performance.now();
  let lines = 0;
  for await (const chunk of await ask(asked)) {
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
    if (lines > messages) break;
  }
  expectCount(`rows of ${asked.path}`, Math.min(lines, messages), messages);
  return (lines / (performance.now() - began)) * 1000;
}

/** ms until the whole answer is there, the median after one that is not counted. */
async function timeOf(asked: Asked): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    await (await ask(asked)).toArray();
    all.push(performance.now() - began);
  }
  return median(all.slice(1));
}

type Load = {
  readonly port: number;
  readonly file: string;
  readonly lines: number;
  readonly seconds: number;
  readonly stored: () => Promise<number>;
  readonly web: Asked;
  /** The tokens of those who search meanwhile. */
  readonly users: readonly string[];
};

/** How many messages are stored, and when that was so. */
async function storedNow(stored: () => Promise<number>): Promise<{ readonly count: number; readonly at: number }> {
  const count = await stored();
  return { count, at: performance.now() };
}

/** Sends for so long as fast as the server takes it. */
async function busy({ port, file, lines, seconds, stored, web, users }: Load): Promise<Busy> {
  const stop = new AbortController();
  let answers = 0;
  const searching = users.map(async (token, at) => {
    for (let turn = at; !stop.signal.aborted; turn++) {
      const query = encodeURIComponent(SEARCHES[turn % SEARCHES.length]!);
      const path = `/api/v1/messages?limit=100&since=-24h&query=${query}`;
      await (await ask({ ...web, headers: { authorization: `Bearer ${token}` }, path })).toArray();
      answers++;
    }
  });
  const watching = lateness(web, stop.signal);
  const before = await storedNow(stored);
  let sent = 0;
  for (; performance.now() - before.at < seconds * 1000; sent += lines) await send({ port, file, lines });
  // The question is answered by the thread that searches: to ask until all is stored would measure that thread.
  const after = await storedNow(stored);
  const rate = ((after.count - before.count) / (after.at - before.at)) * 1000;
  stop.abort();
  await until('the lines to be stored', async () => (await stored()) >= before.count + sent, 120_000);
  await Promise.all(searching);
  return { rate, answers, late: await watching };
}

/** How long after its tick the rule is seen to be judged, at most, ms. */
async function lateness(web: Asked, signal: AbortSignal): Promise<number | undefined> {
  let worst: number | undefined;
  let known: number | undefined;
  while (!signal.aborted) {
    const text = Buffer.concat(await (await ask({ ...web, path: '/api/v1/alerts' })).toArray()).toString();
    const { items } = JSON.parse(text) as { items: { tick?: number }[] };
    const tick = items[0]?.tick;
    if (tick !== undefined && known !== undefined && tick > known) worst = Math.max(worst ?? 0, Date.now() - tick);
    known = tick ?? known;
    await sleep(LOOK_MS);
  }
  return worst;
}

export function restRows({ messages, exported, newest, alone, crowded }: RestResult): Row[] {
  const late = (given: Busy): string => (given.late === undefined ? 'no tick came' : milliseconds(given.late));
  return [
    {
      claim: `REST: export of ${messages.toLocaleString('en')} messages as NDJSON, messages/s`,
      ours: big(exported.rest),
      peer: `by the socket ${big(exported.socket)}`,
      ratio: times(exported.rest / exported.socket),
    },
    {
      claim: 'REST: newest 100 messages',
      ours: milliseconds(newest.rest),
      peer: `by the socket ${milliseconds(newest.socket)}`,
      ratio: times(newest.rest / newest.socket),
    },
    {
      claim: `TCP → stored beside ${USERS} users who search, messages/s`,
      ours: `${big(crowded.rate)}, ${crowded.answers.toLocaleString('en')} answers meanwhile`,
      peer: `without them ${big(alone.rate)}`,
      ratio: times(crowded.rate / alone.rate),
      goal: '≥ 0.95×',
      met: crowded.rate >= 0.95 * alone.rate,
    },
    {
      claim: 'a rule is judged after its tick, at most',
      ours: late(crowded),
      peer: `without them ${late(alone)}`,
      goal: '≤ 2 s',
      ...(crowded.late !== undefined && { met: crowded.late <= 2000 }),
    },
  ];
}

if (import.meta.main) {
  using built = buildPackage();
  using corpus = makeCorpus(linesWanted());
  await benchRest(corpus, built.bin, process.argv.includes('--quick') ? 5 : 70);
  for (const what of wrong) say(`WRONG: ${what}`);
}
