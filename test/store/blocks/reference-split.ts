import {
  HEADS,
  HEXES,
  IDS,
  IDS_HIGH,
  MARK,
  PLANES,
  SHAPES,
  SHORT,
  STREAMS,
  STRINGS,
  TEXTS,
  WHOLES,
} from './reference-streams.ts';

/*
 * Templates written by the words of `docs/format.md`, without regard to time. Lines are Latin-1 strings, one
 * character for each byte.
 */

export type ReferenceGroup = { readonly end: number; readonly whole: boolean };

const TOKEN = /[A-Za-z0-9_\x80-\xff]+/g;
const VARIABLE = /[0-9]|^[A-Fa-f]{2,}$/;

/** The bytes of streams, as arrays of numbers. */
class Streams {
  readonly bytes: number[][] = Array.from({ length: STREAMS }, () => []);

  put(stream: number, ...bytes: number[]): void {
    this.bytes[stream]!.push(...bytes);
  }

  number(stream: number, value: bigint | number): void {
    let rest = BigInt(value);
    for (; rest > 127n; rest >>= 7n) this.put(stream, Number(rest & 127n) | 128);
    this.put(stream, Number(rest));
  }

  text(stream: number, text: string): void {
    for (const byte of Buffer.from(text, 'latin1')) this.bytes[stream]!.push(byte);
  }
}

type Split = { readonly template: string; readonly variables: readonly string[]; readonly whole: boolean };

function wholeLine(line: string): Split {
  return { template: MARK, variables: [line], whole: true };
}

function split(line: string): Split {
  const variables: string[] = [];
  const template = line.replace(TOKEN, (token) => {
    if (!VARIABLE.test(token)) return token;
    variables.push(token);
    return MARK;
  });
  const whole = line.includes(MARK) || line.includes('\n') || variables.length > 255;
  return whole ? wholeLine(line) : { template, variables, whole: false };
}

function splitGroup(lines: readonly string[], whole: boolean): Split[] {
  if (whole) return lines.map(wholeLine);
  const all = lines.map(split);
  const templates = new Map(all.map(({ template, whole }) => [`${whole} ${template}`, template]));
  const size = [...templates.values()].reduce((sum, { length }) => sum + length + 1, 0);
  const bytes = lines.reduce((sum, { length }) => sum + length + 1, 0);
  return size * 2 > bytes ? lines.map(wholeLine) : all;
}

/** The streams of lines. */
export function splitByReference(lines: readonly string[], groups: readonly ReferenceGroup[]): Buffer[] {
  const out = new Streams();
  const columns: { rows: string[][]; whole: boolean }[] = [];
  out.number(SHAPES, groups.length);
  let from = 0;
  for (const { end, whole } of groups) {
    const splits = splitGroup(lines.slice(from, end), whole);
    const templates = new Map<string, number>();
    const shapes = new Map<string, number>();
    const shapeOf: number[] = [];
    const ids: number[] = [];
    for (const { template, variables, whole } of splits) {
      const key = `${whole} ${template}`;
      if (!templates.has(key)) {
        const shape = `${whole} ${variables.length} ${template.replace(/[^\x11\x00-\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f]+/g, '')}`;
        if (!shapes.has(shape)) shapes.set(shape, columns.push({ rows: [], whole }) - 1);
        shapeOf[templates.size] = shapes.get(shape)!;
        templates.set(key, templates.size);
        out.text(TEXTS, `${template}\n`);
      }
      ids.push(templates.get(key)!);
      columns[shapeOf[templates.get(key)!]!]!.rows.push([...variables]);
    }
    out.number(SHAPES, end - from);
    out.number(SHAPES, templates.size);
    let known = columns.length - shapes.size;
    for (const shape of shapeOf) {
      out.number(SHAPES, known - shape);
      if (shape === known) known++;
    }
    if (templates.size > 1) out.put(IDS, ...ids.map((id) => id & 255));
    if (templates.size > 256) out.put(IDS_HIGH, ...ids.map((id) => id >> 8));
    from = end;
  }
  for (const { rows, whole } of columns) {
    if (whole) {
      writeWholes(
        out,
        rows.map(([line]) => line!),
      );
      continue;
    }
    for (let slot = 0; slot < rows[0]!.length; slot++) {
      writeColumn(
        out,
        rows.map((row) => row[slot]!),
      );
    }
  }
  return out.bytes.map((bytes) => Buffer.from(bytes));
}

function writeWholes(out: Streams, lines: readonly string[]): void {
  const feeds = lines.some((line) => line.includes('\n'));
  out.put(HEADS, feeds ? 11 : 10);
  for (const line of lines) {
    out.text(WHOLES, `${line}\n`);
    if (feeds) out.number(SHORT, line.length);
  }
}

function writeColumn(out: Streams, values: readonly string[]): void {
  const [first] = values;
  if (values.every((value) => value === first)) {
    out.put(HEADS, 0);
    out.number(HEADS, first!.length);
    out.text(STRINGS, first!);
    return;
  }
  const lengths = values.map(({ length }) => length);
  const [shortest, longest] = [Math.min(...lengths), Math.max(...lengths)];
  const leading = values.some((value) => /^0./.test(value));
  if (values.every((value) => /^\d{1,18}$/.test(value)) && (!leading || shortest === longest)) {
    writeIntegers(out, values.map(BigInt), leading ? shortest : 0);
    return;
  }
  const all = values.join('');
  const oneCase = !(/[a-f]/.test(all) && /[A-F]/.test(all));
  if (/^[0-9a-fA-F]*$/.test(all) && oneCase && longest - shortest < 256) writeHex(out, values, shortest, longest);
  else if (!writeAffixes(out, values) && !writeDictionary(out, values)) {
    out.put(HEADS, 8);
    out.text(STRINGS, values.map((value) => `${value}\n`).join(''));
  }
}

function bits(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function writeIntegers(out: Streams, values: readonly bigint[], width: number): void {
  const lowest = values.reduce((low, value) => (value < low ? value : low));
  const highest = values.reduce((high, value) => (value > high ? value : high));
  const steps = values.slice(1).map((value, index) => {
    const step = value - values[index]!;
    return step < 0n ? -step * 2n - 1n : step * 2n;
  });
  const plain = values.slice(1).reduce((sum, value) => sum + bits(value - lowest), 0);
  const stepped = steps.reduce((sum, step) => sum + bits(step), 0);
  const isStepped = values.length > 4 && stepped * 4 < plain * 3;
  out.put(HEADS, (isStepped ? 3 : 1) + (width > 0 ? 1 : 0));
  if (width > 0) out.number(HEADS, width);
  const span = isStepped ? steps.reduce((high, step) => (step > high ? step : high)) : highest - lowest;
  out.number(HEADS, isStepped ? values[0]! : lowest);
  out.number(HEADS, span);
  const numbers = isStepped ? steps : values.map((value) => value - lowest);
  for (let plane = 0n; span >> (plane * 8n) > 0n; plane++) {
    const stream = PLANES + Math.min(Number(plane), 3);
    out.put(stream, ...numbers.map((value) => Number((value >> (plane * 8n)) & 255n)));
  }
}

function writeHex(out: Streams, values: readonly string[], shortest: number, longest: number): void {
  const digits = values.join('');
  out.put(HEADS, /[A-F]/.test(digits) ? 7 : 6);
  out.number(HEADS, shortest);
  out.number(HEADS, longest);
  if (longest > shortest) out.put(SHORT, ...values.map(({ length }) => length - shortest));
  out.put(HEXES, ...Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex'));
}

function writeAffixes(out: Streams, values: readonly string[]): boolean {
  const prefix = /^[^0-9]*/.exec(values[0]!)![0];
  const suffix = /[^0-9]*$/.exec(values[0]!.slice(prefix.length))![0];
  const digits = values.map((value) => {
    const fits = value.length > prefix.length + suffix.length && value.startsWith(prefix) && value.endsWith(suffix);
    return fits ? value.slice(prefix.length, value.length - suffix.length) : '';
  });
  if (!digits.every((each) => /^\d{1,18}$/.test(each))) return false;
  const leading = digits.some((each) => /^0./.test(each));
  if (leading && new Set(digits.map(({ length }) => length)).size > 1) return false;
  out.put(HEADS, 9);
  out.number(HEADS, prefix.length);
  out.number(HEADS, suffix.length);
  out.text(STRINGS, prefix + suffix);
  writeIntegers(out, digits.map(BigInt), leading ? digits[0]!.length : 0);
  return true;
}

function writeDictionary(out: Streams, values: readonly string[]): boolean {
  const entries = [...new Set(values)];
  if (entries.length > Math.min(255, values.length >> 1)) return false;
  out.put(SHORT, ...values.map((value) => entries.indexOf(value)));
  out.put(HEADS, 5);
  out.number(HEADS, entries.length);
  for (const entry of entries) {
    out.number(HEADS, entry.length);
    out.text(STRINGS, entry);
  }
  return true;
}
