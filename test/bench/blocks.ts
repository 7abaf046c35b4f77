import { gzipSync } from 'node:zlib';
import { parseArgs } from 'node:util';
import { MessageBatch, SPAN } from '../../src/model/batch.ts';
import { type Filter, LINE } from '../../src/model/filter.ts';
import type { Grouping, Query } from '../../src/model/query.ts';
import type { EncodedBlock } from '../../src/store/blocks/contract.ts';
import { compileSearch, createGroupCounts, encodeBlock, mergeBlocks, partsOf } from '../../src/store/blocks/index.ts';
import {
  COMMON_WORD,
  CORPUS_START,
  type CorpusLine,
  corpus,
  formatLine,
  HOST,
  LITERAL,
  PATTERN,
  RARE_WORD,
} from './corpus.ts';

/*
 * What blocks cost and hold, without files or threads: µs a row to encode, bytes a row beside gzip -6 of the raw lines,
 * and the queries of `measurements.md`, warm, in one thread. `node test/bench/blocks.ts [--lines 2000000]`.
 */

const { values } = parseArgs({ options: { lines: { type: 'string', default: '500000' }, only: { type: 'string' } } });
const lines = Number(values.lines);

/** CPU time of this thread, ns: others on the machine disturb it less than they do the clock. */
function cpu(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1000;
}

type Sizes = { rows: number; raw: number; gzip: number; parts: Record<string, number>; encodeNs: number };

function fill(batch: MessageBatch, line: CorpusLine, sequence: number): void {
  const row = batch.begin(line.arrival, sequence, 0);
  batch.priority[row] = line.priority;
  batch.format[row] = 2;
  batch.version[row] = 1;
  batch.timestamp[row] = line.timestamp;
  batch.timestampUs[row] = line.timestampUs;
  batch.timestampOffset[row] = 0;
  const texts = [line.hostname, line.appname, line.procid, line.msgid, line.structuredData, line.message];
  for (let span = 0; span <= SPAN.message; span++) {
    const text = texts[span];
    if (text === undefined) continue;
    const at = batch.used;
    batch.used += batch.arena.write(text, at);
    batch.setSpan(row, span, at, batch.used - at);
  }
}

function encodeAll(): { blocks: EncodedBlock[]; sizes: Sizes } {
  const sizes: Sizes = { rows: 0, raw: 0, gzip: 0, parts: {}, encodeNs: 0 };
  const blocks: EncodedBlock[] = [];
  const batch = new MessageBatch();
  const source = { ip: '127.0.0.1', port: 40_000, transport: 'tcp', listener: 'tcp0' } as const;
  const rows = Uint32Array.from({ length: batch.capacity }, (_, row) => row);
  let raw: string[] = [];
  const flush = (): void => {
    const begun = cpu();
    const block = encodeBlock(batch, rows.subarray(0, batch.count));
    if (blocks.length >= 20) {
      sizes.encodeNs += cpu() - begun;
      sizes.rows += batch.count;
    }
    if (blocks.length % 16 === 0) {
      const text = Buffer.from(`${raw.join('\n')}\n`);
      sizes.raw += text.length / batch.count;
      sizes.gzip += gzipSync(text, { level: 6 }).length / batch.count;
    }
    for (const part of ['summary', 'tokens', 'columns', 'text'] as const) {
      sizes.parts[part] = (sizes.parts[part] ?? 0) + block[part].length;
    }
    blocks.push(block);
    batch.clear();
    batch.sources.push(source);
    raw = [];
  };
  batch.sources.push(source);
  let sequence = 0;
  for (const line of corpus({ lines })) {
    fill(batch, line, ++sequence);
    if (blocks.length % 16 === 0) raw.push(formatLine(line));
    if (batch.count === batch.capacity) flush();
  }
  if (batch.count > 0) flush();
  return { blocks, sizes };
}

function reportSizes(blocks: readonly EncodedBlock[], sizes: Sizes): void {
  const samples = Math.ceil(blocks.length / 16);
  const bytes = Object.entries(sizes.parts).map(([part, of]) => [part, of / lines] as const);
  const total = bytes.reduce((sum, [, of]) => sum + of, 0);
  const gzip = sizes.gzip / samples;
  console.log(`encode          ${(sizes.encodeNs / sizes.rows / 1000).toFixed(3)} µs a row`);
  console.log(`raw line        ${(sizes.raw / samples).toFixed(1)} B, gzip -6 of a block's lines ${gzip.toFixed(1)} B`);
  console.log(`block           ${total.toFixed(2)} B a row, ${(total / gzip).toFixed(3)} of gzip`);
  console.log(`                ${bytes.map(([part, of]) => `${part} ${of.toFixed(2)}`).join(', ')}`);
}

/** Blocks as merges leave them: texts as templates, 16,384 rows each. */
function reportMerged(blocks: readonly EncodedBlock[], sizes: Sizes): void {
  const begun = cpu();
  const merged: EncodedBlock[] = [];
  for (let from = 0; from < blocks.length; from += 4) merged.push(mergeBlocks(blocks.slice(from, from + 4)));
  const ns = (cpu() - begun) / lines;
  const bytes = merged.reduce((sum, { summary, tokens, columns, text }) => {
    return sum + summary.length + tokens.length + columns.length + text.length;
  }, 0);
  const gzip = sizes.gzip / Math.ceil(blocks.length / 16);
  console.log(`merged          ${(bytes / lines).toFixed(2)} B a row, ${(bytes / lines / gzip).toFixed(3)} of gzip`);
  console.log(`                ${(ns / 1000).toFixed(3)} µs a row to merge`);
}

/** Median of five runs, ms of CPU. */
function time(name: string, run: () => string | number): void {
  if (values.only && !name.includes(values.only)) return;
  const times: number[] = [];
  let result: string | number = '';
  for (let i = 0; i < 5; i++) {
    const begun = cpu();
    result = run();
    times.push((cpu() - begun) / 1e6);
  }
  console.log(
    `${name.padEnd(36)} ${times
      .sort((a, b) => a - b)[2]!
      .toFixed(1)
      .padStart(8)} ms  ${result}`,
  );
}

function find(blocks: readonly EncodedBlock[], filter: Filter, more: Partial<Query> = {}, limit = 100): string {
  const search = compileSearch({ filter, order: 'newest', ...more });
  let [found, read] = [0, 0];
  for (let i = blocks.length - 1; i >= 0 && found < limit; i--) {
    const parts = partsOf(blocks[i]!, 'default');
    if (!search.canHold(parts)) continue;
    read++;
    found += search.find(parts, limit - found).length;
  }
  return `${found} rows from ${read} of ${blocks.length} blocks`;
}

function count(blocks: readonly EncodedBlock[], filter: Filter, grouping: Grouping, more: Partial<Query> = {}): string {
  const search = compileSearch({ filter, order: 'newest', ...more });
  const counts = createGroupCounts(grouping);
  for (const block of blocks) {
    const parts = partsOf(block, 'default');
    if (search.canHold(parts)) search.count(parts, counts);
  }
  const groups = counts.groups();
  return `${groups.length} groups, ${groups.reduce((sum, group) => sum + group.count, 0)} rows`;
}

const { blocks, sizes } = encodeAll();
reportSizes(blocks, sizes);
reportMerged(blocks, sizes);
const all: Filter = { kind: 'all' };
const severe: Filter = { kind: 'range', field: 'severity', max: 3 };
const host: Filter = { kind: 'equals', field: 'hostname', value: HOST };
const pattern = (source: string): Filter => ({ kind: 'pattern', field: 'message', source, ignoreCase: true });
time('newest 100', () => find(blocks, all));
time('newest 100 of host and severity', () => find(blocks, { kind: 'and', of: [host, severe] }));
time('rare word', () => find(blocks, { kind: 'word', field: LINE, token: RARE_WORD }, {}, 10_000));
time('common word, newest 100', () => find(blocks, { kind: 'word', field: LINE, token: COMMON_WORD }));
const hour = { since: CORPUS_START + 15 * 3_600_000, until: CORPUS_START + 16 * 3_600_000 };
const literal: Filter = { kind: 'substring', field: LINE, text: LITERAL };
time('literal, one hour, count', () => count(blocks, literal, { by: [] }, hour));
time('literal, 24 h, count', () => count(blocks, literal, { by: [] }));
time('unprovable part of a word, 24 h', () =>
  count(blocks, { kind: 'substring', field: LINE, text: 'onnection time' }, { by: [] }),
);
time('pattern with a literal, 24 h', () => count(blocks, pattern(PATTERN), { by: [] }));
time('pattern without a literal, 24 h', () => count(blocks, pattern('[a-f]{5}[0-9]{5}'), { by: [] }));
time('count by severity and 5 minutes', () => count(blocks, all, { by: ['severity'], every: 300_000 }));
time('count by host and app', () => count(blocks, all, { by: ['hostname', 'appname'] }));
time('count of a host by severity', () => count(blocks, host, { by: ['severity'] }));
time('export of 20,000', () => find(blocks, all, {}, 20_000));
const small = [0, 1, 2, 3].map((index) => blocks[index]!);
time('skip all by summary', () => find(blocks, { kind: 'equals', field: 'hostname', value: 'nobody' }));
time('merge of one full block', () => mergeBlocks(small.slice(0, 1)).text.length);
