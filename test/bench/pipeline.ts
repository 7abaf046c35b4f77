import { MessageBatch } from '../../src/model/batch.ts';
import { createParser } from '../../src/parse/index.ts';
import { openPipeline, type PipelineSettings } from '../../src/pipeline/index.ts';
import { stage } from '../pipeline/kit.ts';
import { type CorpusLine, corpus, formatLine } from './corpus.ts';
import { median } from './usage.ts';

const LINES = 100_000;
const ROUNDS = 7;
const BATCH = 4096;

const STREAMS = [
  { name: 'auth', match: 'facility:(auth OR authpriv)' },
  { name: 'debug', match: 'severity:debug' },
  { name: 'default' },
];

/** What passes the pipeline, from nothing to everything at once. */
const CASES: Readonly<Record<string, Partial<PipelineSettings>>> = {
  nothing: {},
  'two streams by facility and severity': { streams: STREAMS },
  'a stream by host': { streams: [{ name: 'web', match: 'hostname:web*' }] },
  'drop by program and phrase': { pipeline: [stage({ kind: 'drop', match: 'appname:systemd "started session"' })] },
  'drop by a word of the text': { pipeline: [stage({ kind: 'drop', match: 'unlikely' })] },
  'drop by a pattern': { pipeline: [stage({ kind: 'drop', match: 'message:/unlikely [a-z]+ thing/' })] },
  'redact ipv4, email, card, bearer': {
    pipeline: [stage({ kind: 'redact', what: ['ipv4', 'email', 'card', 'bearer'] })],
  },
  'redact card': { pipeline: [stage({ kind: 'redact', what: ['card'] })] },
  'rate-limit by host': { pipeline: [stage({ kind: 'rate-limit', limit: 1e6 })] },
  'rate-limit by peer': { pipeline: [stage({ kind: 'rate-limit', by: 'source.ip', limit: 1e6 })] },
  json: { pipeline: [stage({ kind: 'json' })] },
};

/** Nanoseconds of CPU a message that each case costs; one thread, warm, medians. */
export async function benchPipeline(): Promise<{ what: string; nanoseconds: number }[]> {
  const lines = [...corpus({ lines: LINES })];
  const texts = lines.map((line) => Buffer.from(formatLine(line)));
  const results: { what: string; nanoseconds: number }[] = [];
  for (const [what, settings] of Object.entries(CASES)) {
    const times: number[] = [];
    for (let n = 0; n < ROUNDS; n++) times.push(await round({ pipeline: [], streams: [], ...settings }, texts, lines));
    results.push({ what, nanoseconds: (median(times) * 1e6) / LINES });
  }
  return results;
}

/** ms of this thread's CPU that the pipeline takes of all lines; parsing them is not counted. */
async function round(
  settings: PipelineSettings,
  texts: readonly Buffer[],
  lines: readonly CorpusLine[],
): Promise<number> {
  const pipeline = await openPipeline(settings);
  const parser = createParser({ zoneOf: () => 'Europe/Berlin' });
  const batch = new MessageBatch(BATCH);
  let time = 0;
  for (let first = 0; first < texts.length; first += BATCH) {
    const count = Math.min(BATCH, texts.length - first);
    batch.clear();
    batch.sources.push({ ip: '192.0.2.7', port: 514, transport: 'udp', listener: 'udp0' });
    for (let i = 0; i < count; i++) {
      const start = batch.put(texts[first + i]!);
      const row = batch.begin(lines[first + i]!.arrival, first + i, 0);
      parser.parse(batch, row, start, start + texts[first + i]!.length);
    }
    const { user, system } = process.threadCpuUsage();
    pipeline.run(batch);
    const after = process.threadCpuUsage();
    time += (after.user + after.system - user - system) / 1000;
  }
  return time;
}

if (import.meta.main) {
  for (const { what, nanoseconds } of await benchPipeline()) {
    process.stdout.write(`${what.padEnd(40)} ${nanoseconds.toFixed(0).padStart(5)} ns a message\n`);
  }
}
