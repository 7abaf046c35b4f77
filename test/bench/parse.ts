import { MessageBatch } from '../../src/model/batch.ts';
import { createParser } from '../../src/parse/index.ts';
import { type CorpusLine, corpus, formatLine } from './corpus.ts';
import { median } from './usage.ts';

const LINES = 100_000;
const ROUNDS = 9;
const BATCH = 4096;

/** How a line of the corpus is written, one function a format. */
const WRITERS: Readonly<Record<string, (line: CorpusLine) => string>> = {
  'RFC 5424': formatLine,
  'RFC 3164': (line) => `<${line.priority}>${bsdStamp(line.timestamp)} ${bsdRest(line)}`,
  'RFC 3164, stamp of RFC 3339': (line) =>
    `<${line.priority}>${new Date(line.timestamp).toISOString()} ${bsdRest(line)}`,
  'Cisco (slow path)': (line) =>
    `<${line.priority}>${line.procid ?? 7}: *${bsdStamp(line.timestamp)}.123: %SYS-5-NOTE: ${line.message}`,
};

/** Messages a second and bytes a line, for each format; one thread, warm, medians. */
export function benchParse(): { format: string; perSecond: number; nanoseconds: number; bytes: number }[] {
  const lines = [...corpus({ lines: LINES })];
  return Object.entries(WRITERS).map(([format, write]) => {
    const texts = lines.map((line) => Buffer.from(write(line)));
    const times = Array.from({ length: ROUNDS }, () => round(texts, lines));
    const nanoseconds = (median(times) * 1e6) / LINES;
    const bytes = texts.reduce((sum, text) => sum + text.length, 0) / LINES;
    return { format, perSecond: Math.round(1e9 / nanoseconds), nanoseconds, bytes };
  });
}

/** ms for all lines; laying them into the arena is not counted. */
function round(texts: readonly Buffer[], lines: readonly CorpusLine[]): number {
  const parser = createParser({ zoneOf: () => 'Europe/Berlin' });
  const batch = new MessageBatch(BATCH);
  const starts = new Uint32Array(BATCH);
  let time = 0;
  for (let first = 0; first < texts.length; first += BATCH) {
    const count = Math.min(BATCH, texts.length - first);
    batch.clear();
    batch.sources.push({ ip: '192.0.2.7', port: 514, transport: 'udp', listener: 'udp0' });
    for (let i = 0; i < count; i++) starts[i] = batch.put(texts[first + i]!);
    const began = performance.now();
    for (let i = 0; i < count; i++) {
      const row = batch.begin(lines[first + i]!.arrival, first + i, 0);
      parser.parse(batch, row, starts[i]!, starts[i]! + texts[first + i]!.length);
    }
    time += performance.now() - began;
  }
  return time;
}

/** The stamp as a host in Berlin in winter writes it. */
function bsdStamp(ms: number): string {
  const [, day, month, , time] = new Date(ms + 3_600_000).toUTCString().split(' ');
  return `${month} ${day!.replace(/^0/, ' ')} ${time}`;
}

function bsdRest({ hostname, appname, procid, message }: CorpusLine): string {
  return `${hostname} ${appname}${procid === undefined ? '' : `[${procid}]`}: ${message}`;
}

if (import.meta.main) {
  for (const { format, perSecond, nanoseconds, bytes } of benchParse()) {
    const rate = `${(perSecond / 1e6).toFixed(2)} M messages/s`;
    process.stdout.write(
      `${format.padEnd(30)} ${rate}, ${nanoseconds.toFixed(0)} ns each, ${bytes.toFixed(0)} bytes a line\n`,
    );
  }
}
