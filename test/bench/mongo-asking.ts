import { type Collection, type Document, MongoClient } from 'mongodb';
import type { Grouping, Query } from '../../src/model/query.ts';
import { addMessage } from '../../src/model/add-message.ts';
import { MessageBatch } from '../../src/model/batch.ts';
import { encodeId } from '../../src/model/id.ts';
import { SEVERITIES } from '../../src/model/priority.ts';
import { parseQuery } from '../../src/query/index.ts';
import type { StoreReader, StoreWriter } from '../../src/store/contract.ts';
import { openMongoReader, openMongoWriter } from '../../src/store/mongo/index.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { COMMON_WORD, CORPUS_START, type CorpusLine, corpus, DAY, HOST, LITERAL } from './corpus.ts';
import { type Row, say, times } from './table.ts';
import { median } from './usage.ts';
import { expectCount } from './wrong.ts';
import { nodeNumber } from '../../src/cluster/nodes.ts';

/** Documents; each question is asked this often, ours and the bare one in turns. */
const LINES = 1_000_000;
const ROUNDS = 7;
const MINUTES_5 = 300_000;
const SOURCE = { ip: '192.0.2.1', port: 40_000, transport: 'tcp', listener: 'tcp0' } as const;

type Asked = {
  readonly claim: string;
  readonly ours: (reader: StoreReader) => Promise<number>;
  /** What someone would type who asks MongoDB itself. */
  readonly bare?: (collection: Collection) => Promise<number>;
  readonly goal: string;
  readonly met: (ms: number, ratio: number) => boolean;
};

const within: Document = { received_at: { $gte: new Date(CORPUS_START), $lt: new Date(CORPUS_START + DAY) } };
const fiveMinutes: Document = { $dateTrunc: { date: '$received_at', unit: 'minute', binSize: 5 } };
const quick = { goal: '≤ 30 ms', met: (ms: number) => ms <= 30 };
const beside = { goal: '≤ 1.2×', met: (_: number, ratio: number) => ratio <= 1.2 };

const ASKED: readonly Asked[] = [
  { claim: 'newest 100', ours: finding(''), ...quick },
  { claim: 'newest 100 of a host and severity', ours: finding(`hostname:${HOST} severity:<=err`), ...quick },
  { claim: 'newest 100 with a common word', ours: finding(COMMON_WORD), ...quick },
  {
    claim: 'severity by five minutes',
    ours: counting('', { by: ['severity'], every: MINUTES_5 }),
    bare: grouping({ severity: '$severity', at: fiveMinutes }),
    ...beside,
  },
  {
    claim: 'top hosts and programs',
    ours: counting('', { by: ['hostname', 'appname'] }),
    bare: grouping({ host: '$hostname', app: '$appname' }),
    ...beside,
  },
  {
    claim: 'a literal, counted',
    ours: counting(`"${LITERAL}"`, { by: [] }),
    bare: (collection) => collection.countDocuments({ ...within, message: { $regex: LITERAL } }),
    ...beside,
  },
];

/** Questions to a million documents of a day, in one process, beside what MongoDB itself takes for the like. */
export async function benchMongoAsking(lines = LINES): Promise<Row[]> {
  if (await needsMongod({ own: true })) return [];
  await using mongod = await Mongod.start();
  using folder = temporaryFolder();
  const target = { uri: mongod.uri, database: 'bench', nodeNumber };
  const options = { folder: folder.path, streams: [], now: () => CORPUS_START + DAY };
  await using writer = await openMongoWriter(target, options);
  await insertCorpus(writer, lines);
  await using reader = await openMongoReader(target, options);
  await using client = new MongoClient(mongod.uri, { readConcern: { level: 'majority' } });
  const collection = client.db(target.database).collection('logs_default');
  expectCount('documents', await counting('', { by: [] })(reader), lines);
  const rows: Row[] = [];
  for (const asked of ASKED) rows.push(await measure(asked, reader, collection));
  return rows;
}

async function measure(
  { claim, ours, bare, goal, met }: Asked,
  reader: StoreReader,
  collection: Collection,
): Promise<Row> {
  const mine: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [ms, found] = await timed(() => ours(reader));
    if (round > 0) mine.push(ms);
    if (!bare) continue;
    const [bareMs, bareFound] = await timed(() => bare(collection));
    if (round > 0) theirs.push(bareMs);
    expectCount(claim, found, bareFound);
  }
  const ms = median(mine);
  const ratio = bare ? ms / median(theirs) : Number.NaN;
  say(`${claim}: ${ms.toFixed(1)} ms${bare ? `, bare ${median(theirs).toFixed(1)} ms` : ''}`);
  return {
    claim: `MongoDB: ${claim}`,
    ours: `${ms.toFixed(0)} ms`,
    ...(bare && { peer: `bare ${median(theirs).toFixed(0)} ms`, ratio: times(ratio) }),
    goal,
    met: met(ms, ratio),
  };
}

async function timed(work: () => Promise<number>): Promise<[ms: number, result: number]> {
  const began = performance.now();
  const result = await work();
  return [performance.now() - began, result];
}

function queryOf(text: string): Query {
  const now = CORPUS_START + DAY;
  return { filter: parseQuery(text, { now }), since: CORPUS_START, until: now, order: 'newest' };
}

export function finding(text: string): Asked['ours'] {
  return async (reader) => {
    let found = 0;
    const { signal } = new AbortController();
    for await (const messages of reader.find({ ...queryOf(text), limit: 100 }, signal)) found += messages.length;
    return found;
  };
}

/** The groups, or, where there is nothing to group by, the messages. */
export function counting(text: string, wanted: Grouping): Asked['ours'] {
  return async (reader) => {
    const groups = await reader.aggregate(queryOf(text), wanted, new AbortController().signal);
    return wanted.by.length === 0 ? groups[0]!.count : groups.length;
  };
}

function grouping(by: Document): (collection: Collection) => Promise<number> {
  const stages = [{ $match: within }, { $group: { _id: by, count: { $sum: 1 } } }];
  return async (collection) => (await collection.aggregate(stages, { allowDiskUse: true }).toArray()).length;
}

/** Stores the lines of the corpus, in full batches. */
export async function insertCorpus(writer: StoreWriter, lines: number): Promise<void> {
  const batch = new MessageBatch();
  batch.node = 1;
  let sequence = 0;
  for (const line of corpus({ lines })) {
    const message = messageOf(line, ++sequence);
    if (addMessage(batch, message, sequence)) continue;
    await writer.insert(batch);
    batch.clear();
    addMessage(batch, message, sequence);
  }
  await writer.insert(batch);
}

function messageOf(line: CorpusLine, sequence: number): Parameters<typeof addMessage>[1] {
  const severity = line.priority & 7;
  return {
    _id: encodeId(line.arrival, 1, sequence),
    received_at: new Date(line.arrival),
    timestamp: new Date(line.timestamp),
    timestamp_us: line.timestampUs,
    facility: line.priority >> 3,
    severity,
    level: SEVERITIES[severity]!,
    hostname: line.hostname,
    appname: line.appname,
    ...(line.procid !== undefined && { procid: line.procid }),
    ...(line.msgid !== undefined && { msgid: line.msgid }),
    version: 1,
    message: line.message,
    source: SOURCE,
    stream: 'default',
    format: 'rfc5424',
    flags: [],
  };
}

if (import.meta.main) for (const row of await benchMongoAsking()) console.log(JSON.stringify(row));
