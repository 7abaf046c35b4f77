import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import { FILLERS, PROGRAMS, type Program } from './templates.ts';

/** What all benches send and ask: RFC 5424 lines of some 219 bytes, 50 hosts, 40 programs, a day with its curve. */
export type CorpusLine = {
  /** ms since 1970, never falling from line to line. */
  readonly arrival: number;
  readonly priority: number;
  /** The sender's clock: whole ms, and microseconds 0–999 below. */
  readonly timestamp: number;
  readonly timestampUs: number;
  readonly hostname: string;
  readonly appname: string;
  readonly procid: string | undefined;
  readonly msgid: string | undefined;
  readonly structuredData: string | undefined;
  readonly message: string;
};

export type CorpusOptions = {
  readonly lines: number;
  readonly seed?: number;
  /** ms since 1970 of the first line; the rest spread over `span` ms after it. */
  readonly start?: number;
  readonly span?: number;
  /** Those of `templates.ts` unless told. */
  readonly programs?: readonly Program[];
};

/** The first millisecond of the corpus unless told: 2026-11-21T00:00:00Z. */
export const CORPUS_START = Date.UTC(2026, 10, 21);
export const DAY = 86_400_000;
/** In one line of 36,363: 55 of 2,000,000. */
export const RARE_WORD = 'heisenbug';
/** In about one line of eleven. */
export const COMMON_WORD = 'timeout';
/** A phrase that is in one line of some hundred. */
export const LITERAL = 'upstream timed out';
/** RE2 syntax with a literal that can be looked for first. */
export const PATTERN = 'killed process \\d+ \\(java\\)';
/** A host that runs web servers. */
export const HOST = 'web-03.ams1.example.org';

const RARE_EVERY = 36_363;

type Host = {
  readonly name: string;
  readonly programs: readonly Program[];
  readonly pids: number[];
  readonly delay: number;
};

/** The lines in order of arrival; the same options give the same lines. */
export function* corpus(options: CorpusOptions): Generator<CorpusLine> {
  const { lines, seed = 1, start = CORPUS_START, span = DAY, programs = PROGRAMS } = options;
  const random = new Random(seed);
  const hosts = makeHosts(random, programs);
  const byProgram = programs.map((program) => hosts.filter((host) => host.programs.includes(program)));
  const shares = cumulative(programs.map((program) => program.share));
  const times = dayCurve();
  for (let i = 0; i < lines; i++) {
    const arrival = start + Math.floor(timeAt(times, (i + random.below(1000) / 1000) / lines) * span);
    const index = pick(shares, random);
    const host = byProgram[index]![random.skewed(byProgram[index]!.length)]!;
    yield makeLine(random, { arrival, program: programs[index]!, host, rare: i % RARE_EVERY === RARE_EVERY >> 1 });
  }
}

/** The line as it goes over the wire, without a line feed. */
export function formatLine(line: CorpusLine): string {
  const { priority, hostname, appname, procid = '-', msgid = '-', structuredData = '-', message } = line;
  return `<${priority}>1 ${stamp(line)} ${hostname} ${appname} ${procid} ${msgid} ${structuredData} ${message}`;
}

/** All lines as one buffer, each ended by a line feed, with where each begins and when it arrives. */
export function fillCorpus(options: CorpusOptions): { bytes: Buffer; starts: Uint32Array; arrivals: Float64Array } {
  let bytes = Buffer.allocUnsafeSlow(options.lines * 240 + 65_536);
  const starts = new Uint32Array(options.lines + 1);
  const arrivals = new Float64Array(options.lines);
  let row = 0;
  let used = 0;
  for (const line of corpus(options)) {
    if (bytes.length - used < 8192) bytes = Buffer.concat([bytes], Math.ceil(bytes.length * 1.2) + 65_536);
    arrivals[row] = line.arrival;
    starts[row++] = used;
    used += bytes.write(formatLine(line), used);
    bytes[used++] = 0x0a;
  }
  starts[row] = used;
  return { bytes: bytes.subarray(0, used), starts, arrivals };
}

function makeHosts(random: Random, all: readonly Program[]): Host[] {
  const groups = [
    ['web', 'w', 16],
    ['app', 'a', 18],
    ['db', 'd', 8],
    ['lb', 'l', 4],
    ['mail', 'm', 4],
  ] as const;
  return groups.flatMap(([prefix, role, count]) =>
    Array.from({ length: count }, (_, n) => {
      const programs = all.filter((program) => program.roles.includes(role));
      const name = `${prefix}-${String(n + 1).padStart(2, '0')}.ams1.example.org`;
      return { name, programs, pids: programs.map(() => 300 + random.below(60_000)), delay: random.skewed(6) };
    }),
  );
}

function makeLine(random: Random, of: { arrival: number; program: Program; host: Host; rare: boolean }): CorpusLine {
  const { arrival, program, host } = of;
  const [severity, template] = program.templates[random.skewed(program.templates.length)]!;
  let message = template.replace(/\{(\w+)\}/g, (_, name: string) => FILLERS[name]!(random));
  if (of.rare) message += ` (${RARE_WORD} ${random.hex(6)})`;
  else if (random.below(100) < 3) message += ` ${COMMON_WORD} ${random.skewed(60)}s`;
  return {
    arrival,
    priority: program.facility * 8 + severity,
    timestamp: arrival - host.delay - random.skewed(8),
    timestampUs: random.below(1000),
    hostname: host.name,
    appname: program.name,
    procid: procid(random, program, host),
    msgid: program.facility === 17 ? ['http', 'cache', 'pool', 'db'][severity & 3] : undefined,
    structuredData: random.below(10) === 0 ? structured(random) : undefined,
    message,
  };
}

function procid(random: Random, program: Program, host: Host): string | undefined {
  if (program.pid === 'none') return undefined;
  if (program.pid === 'forked') return String(1000 + random.below(60_000));
  return String(host.pids[host.programs.indexOf(program)]!);
}

function structured(random: Random): string {
  if (random.below(2)) return `[meta sequenceId="${random.below(1_000_000)}" sysUpTime="${random.below(10_000_000)}"]`;
  const origin = `[origin ip="${FILLERS['ip']!(random)}" software="agent" swVersion="8.2302.0"]`;
  return `${origin}[request@32473 user="${FILLERS['user']!(random)}" trace="${random.hex(16)}"]`;
}

/** Relative load of each of the day's 96 quarters, summed up: quiet at four, busiest in the afternoon. */
function dayCurve(): Float64Array {
  const quarters = Array.from({ length: 96 }, (_, n) => 1 - 0.75 * Math.cos(((n - 14) / 96) * 2 * Math.PI));
  return cumulative(quarters);
}

function cumulative(weights: readonly number[]): Float64Array {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return Float64Array.from(weights, (weight) => {
    sum += weight / total;
    return sum;
  });
}

function pick(shares: Float64Array, random: Random): number {
  const unit = random.below(1_000_000) / 1_000_000;
  let index = 0;
  while (index < shares.length - 1 && unit >= shares[index]!) index++;
  return index;
}

/** The share of the span at which `unit` of all lines have arrived. */
function timeAt(times: Float64Array, unit: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! > unit) high = middle;
    else low = middle + 1;
  }
  const before = low === 0 ? 0 : times[low - 1]!;
  return (low + Math.min(1, (unit - before) / (times[low]! - before))) / times.length;
}

let stampSecond = 0;
let stampPrefix = '';
function stamp(line: CorpusLine): string {
  const second = Math.floor(line.timestamp / 1000);
  if (second !== stampSecond) {
    stampSecond = second;
    stampPrefix = new Date(second * 1000).toISOString().slice(0, 19);
  }
  const micros = (line.timestamp - second * 1000) * 1000 + line.timestampUs;
  return `${stampPrefix}.${String(micros).padStart(6, '0')}+00:00`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { lines: { type: 'string', default: '2000000' }, seed: { type: 'string', default: '1' } },
    allowPositionals: true,
  });
  const file = positionals[0];
  if (!file) throw new Error('usage: node test/bench/corpus.ts [--lines 2000000] [--seed 1] FILE');
  const out = createWriteStream(file);
  let text = '';
  for (const line of corpus({ lines: Number(values.lines), seed: Number(values.seed) })) {
    text += `${formatLine(line)}\n`;
    if (text.length < 1 << 20) continue;
    if (!out.write(text)) await once(out, 'drain');
    text = '';
  }
  out.end(text);
  await once(out, 'close');
}

if (import.meta.main) await main();
