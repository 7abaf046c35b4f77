import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MessageBatch } from '../../src/model/batch.ts';
import type { Filter } from '../../src/model/filter.ts';
import type { Query } from '../../src/model/query.ts';
import { createParser } from '../../src/parse/index.ts';
import type { StoreReader } from '../../src/store/contract.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../src/store/embedded/index.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { CORPUS_START, DAY, fillCorpus, HOST, LITERAL, RARE_WORD } from './corpus.ts';
import { median } from './usage.ts';

const HOUR = 3_600_000;
const SOURCE = { ip: '192.0.2.7', port: 40_000, transport: 'tcp', listener: 'tcp0' } as const;

export type FillResult = { rows: number; ms: number; storeMs: number; bytesPerRow: number };

/**
 * Parses the corpus and stores it in batches, two at a time; `storeMs` leaves parsing out. Not settled on the way but
 * every 64 MiB, as the server does.
 */
export async function fill(folder: string, lines: number): Promise<FillResult> {
  const times = await store(folder, lines);
  return { rows: lines, ...times, bytesPerRow: storeBytes(folder) / lines };
}

async function store(folder: string, lines: number): Promise<{ ms: number; storeMs: number }> {
  const { bytes, starts, arrivals } = fillCorpus({ lines });
  await using writer = await openEmbeddedWriter({ folder, streams: [], now: Date.now });
  const parser = createParser({ zoneOf: () => 'UTC' });
  const batches = [new MessageBatch(), new MessageBatch()];
  let waiting: Promise<void> = Promise.resolve();
  let [parseMs, sinceSettled] = [0, 0];
  const began = performance.now();
  for (let from = 0, turn = 0; from < lines; from += 4096, turn++) {
    const batch = batches[turn % 2]!;
    const parseBegan = performance.now();
    const to = Math.min(lines, from + 4096);
    load(batch, { bytes, starts, arrivals, from, to }, (row, start, end) => parser.parse(batch, row, start, end));
    parseMs += performance.now() - parseBegan;
    const insert = writer.insert(batch);
    await waiting;
    waiting = insert;
    sinceSettled += starts[to]! - starts[from]!;
    if (sinceSettled < 64 << 20) continue;
    await writer.makeSafe({ receivedAt: arrivals[to - 1]!, node: 1, sequence: to });
    sinceSettled = 0;
  }
  await waiting;
  await writer.makeSafe({ receivedAt: arrivals[lines - 1]!, node: 1, sequence: lines });
  const ms = performance.now() - began;
  return { ms, storeMs: ms - parseMs };
}

type Lines = { bytes: Buffer; starts: Uint32Array; arrivals: Float64Array; from: number; to: number };

function load(batch: MessageBatch, lines: Lines, parse: (row: number, start: number, end: number) => void): void {
  const { bytes, starts, arrivals, from, to } = lines;
  batch.clear();
  batch.node = 1;
  batch.sources.push(SOURCE);
  const base = starts[from]!;
  batch.put(bytes.subarray(base, starts[to]!));
  for (let line = from; line < to; line++) {
    const row = batch.begin(arrivals[line]!, line + 1, 0);
    parse(row, starts[line]! - base, starts[line + 1]! - base - 1);
  }
}

function storeBytes(folder: string): number {
  const store = join(folder, 'store', 'default');
  return readdirSync(store).reduce((sum, name) => sum + statSync(join(store, name)).size, 0);
}

const ALL: Filter = { kind: 'all' };
const HOST_ERRORS: Filter = {
  kind: 'and',
  of: [
    { kind: 'equals', field: 'hostname', value: HOST },
    { kind: 'range', field: 'severity', max: 3 },
  ],
};
const literal: Filter = { kind: 'substring', field: 'message', text: LITERAL };

/** What is measured: a name, the target in ms on 2 M messages, and the question. */
const QUESTIONS: readonly { name: string; target: number; ask: (reader: StoreReader) => Promise<number> }[] = [
  { name: 'newest 100', target: 20, ask: (reader) => found(reader, { filter: ALL, limit: 100 }) },
  {
    name: 'host and severity, newest 100',
    target: 40,
    ask: (reader) => found(reader, { filter: HOST_ERRORS, limit: 100 }),
  },
  {
    name: 'rare word',
    target: 200,
    ask: (reader) => found(reader, { filter: { kind: 'word', field: 'message', token: RARE_WORD } }),
  },
  { name: 'literal, 24 h, newest 100', target: 800, ask: (reader) => found(reader, { filter: literal, limit: 100 }) },
  { name: 'literal, 24 h, counted', target: 800, ask: (reader) => groups(reader, { filter: literal }, { by: [] }) },
  {
    name: 'literal, 1 h, all',
    target: 100,
    ask: (reader) =>
      found(reader, { filter: literal, since: CORPUS_START + 12 * HOUR, until: CORPUS_START + 13 * HOUR }),
  },
  {
    name: 'count by severity and 5 min',
    target: 150,
    ask: (reader) => groups(reader, { filter: ALL }, { by: ['severity'], every: 300_000 }),
  },
  {
    name: 'count by host and app',
    target: 150,
    ask: (reader) => groups(reader, { filter: ALL }, { by: ['hostname', 'appname'] }),
  },
  { name: 'stats', target: 20, ask: async (reader) => (await reader.stats()).days.length },
];

async function found(reader: StoreReader, query: Partial<Query> & { filter: Filter }): Promise<number> {
  let count = 0;
  const whole: Query = { since: CORPUS_START, until: CORPUS_START + DAY, order: 'newest', ...query };
  for await (const chunk of reader.find(whole, new AbortController().signal)) count += chunk.length;
  return count;
}

async function groups(
  reader: StoreReader,
  query: { filter: Filter },
  grouping: { by: string[]; every?: number },
): Promise<number> {
  const whole: Query = { since: CORPUS_START, until: CORPUS_START + DAY, order: 'newest', ...query };
  return (await reader.aggregate(whole, grouping, new AbortController().signal)).length;
}

export type Answer = { name: string; target: number; cold: number; warm: number; cpu: number; answers: number };

/** ms of the first asking, the median of those after it, and the CPU time of one of them. */
export async function ask(folder: string): Promise<Answer[]> {
  await using reader = await openEmbeddedReader({ folder, streams: [], now: Date.now });
  const results = [];
  for (const { name, target, ask: question } of QUESTIONS) {
    const times: number[] = [];
    let answers = 0;
    let used = process.cpuUsage();
    for (let round = 0; round < 6; round++) {
      const began = performance.now();
      answers = await question(reader);
      times.push(performance.now() - began);
      if (round === 0) used = process.cpuUsage();
    }
    const { user, system } = process.cpuUsage(used);
    const cpu = (user + system) / 1000 / (times.length - 1);
    results.push({ name, target, cold: times[0]!, warm: median(times.slice(1)), cpu, answers });
  }
  return results;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { lines: { type: 'string', default: '2000000' }, keep: { type: 'string' } },
  });
  using temporary = temporaryFolder();
  const folder = values.keep ?? temporary.path;
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'store'))) {
    const { rows, ms, storeMs, bytesPerRow } = await fill(folder, Number(values.lines));
    const rate = (of: number): string => `${Math.round(rows / of)}k rows/s`;
    console.log(`stored: ${rate(ms)} with parsing, ${rate(storeMs)} without, ${bytesPerRow.toFixed(1)} bytes a row`);
  }
  for (const { name, target, cold, warm, cpu, answers } of await ask(folder)) {
    const warmly = `warm ${warm.toFixed(1)} ms (CPU ${cpu.toFixed(1)}, target ${target})`;
    const times = `first ${cold.toFixed(1)} ms, ${warmly}`;
    console.log(`${name.padEnd(32)} ${times}, ${answers} answers`);
  }
  console.log(`memory ${Math.round(process.memoryUsage().rss / 1e6)} MB`);
}

if (import.meta.main) await main();
