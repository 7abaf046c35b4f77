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

/* Templates read by the words of `docs/format.md`, without regard to time. */

/** Reads streams one byte after another. */
class StreamReader {
  readonly #streams: readonly Buffer[];
  readonly #at: number[] = Array(STREAMS).fill(0);

  constructor(streams: readonly Buffer[]) {
    this.#streams = streams;
  }

  take(stream: number, length: number): string {
    const at = this.#at[stream]!;
    this.#at[stream] = at + length;
    return this.#streams[stream]!.toString('latin1', at, at + length);
  }

  byte(stream: number): number {
    return this.take(stream, 1).charCodeAt(0);
  }

  number(stream: number): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte(stream);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  line(stream: number): string {
    const end = this.#streams[stream]!.indexOf('\n', this.#at[stream]);
    const line = this.take(stream, end - this.#at[stream]!);
    this.#at[stream] = end + 1;
    return line;
  }
}

/** The lines of streams. */
export function joinByReference(streams: readonly Buffer[]): string[] {
  const reader = new StreamReader(streams);
  const lines: { template: string; shape: number; row: number }[] = [];
  const shapes: { slots: number; rows: number }[] = [];
  for (let group = reader.number(SHAPES); group > 0n; group--) {
    const rows = Number(reader.number(SHAPES));
    const templates = Array.from({ length: Number(reader.number(SHAPES)) }, () => {
      const text = reader.line(TEXTS);
      const shape = shapes.length - Number(reader.number(SHAPES));
      shapes[shape] ??= { slots: text.split(MARK).length - 1, rows: 0 };
      return { text, shape };
    });
    const low = Array.from({ length: rows }, () => (templates.length > 1 ? reader.byte(IDS) : 0));
    const high = Array.from({ length: rows }, () => (templates.length > 256 ? reader.byte(IDS_HIGH) : 0));
    for (let row = 0; row < rows; row++) {
      const { text, shape } = templates[low[row]! + high[row]! * 256]!;
      lines.push({ template: text, shape, row: shapes[shape]!.rows++ });
    }
  }
  const columns = shapes.map(({ slots, rows }) => Array.from({ length: slots }, () => readColumn(reader, rows)));
  return lines.map(({ template, shape, row }) => {
    let slot = 0;
    return template.replaceAll(MARK, () => columns[shape]![slot++]![row]!);
  });
}

function readColumn(reader: StreamReader, rows: number): string[] {
  const each = (read: () => string): string[] => Array.from({ length: rows }, read);
  const form = reader.byte(HEADS);
  if (form === 0) {
    const value = reader.take(STRINGS, Number(reader.number(HEADS)));
    return each(() => value);
  }
  if (form <= 4) return readIntegers(reader, rows, form);
  if (form === 5) {
    const lengths = Array.from({ length: Number(reader.number(HEADS)) }, () => Number(reader.number(HEADS)));
    const entries = lengths.map((length) => reader.take(STRINGS, length));
    return each(() => entries[reader.byte(SHORT)]!);
  }
  if (form <= 7) {
    const [shortest, longest] = [Number(reader.number(HEADS)), Number(reader.number(HEADS))];
    const lengths = Array.from({ length: rows }, () => shortest + (longest > shortest ? reader.byte(SHORT) : 0));
    const digits = lengths.reduce((sum, length) => sum + length, 0);
    const hex = Buffer.from(reader.take(HEXES, Math.ceil(digits / 2)), 'latin1').toString('hex');
    const all = form === 7 ? hex.toUpperCase() : hex;
    let at = 0;
    return lengths.map((length) => {
      at += length;
      return all.slice(at - length, at);
    });
  }
  if (form === 8) return each(() => reader.line(STRINGS));
  if (form === 9) {
    const [before, after] = [Number(reader.number(HEADS)), Number(reader.number(HEADS))];
    const [prefix, suffix] = [reader.take(STRINGS, before), reader.take(STRINGS, after)];
    return readIntegers(reader, rows, reader.byte(HEADS)).map((digits) => prefix + digits + suffix);
  }
  if (form === 10) return each(() => reader.line(WHOLES));
  return each(() => {
    const line = reader.take(WHOLES, Number(reader.number(SHORT)));
    reader.take(WHOLES, 1);
    return line;
  });
}

function readIntegers(reader: StreamReader, rows: number, form: number): string[] {
  const width = form === 2 || form === 4 ? Number(reader.number(HEADS)) : 0;
  const first = reader.number(HEADS);
  const span = reader.number(HEADS);
  const numbers: bigint[] = Array(form >= 3 ? rows - 1 : rows).fill(0n);
  for (let plane = 0n; span >> (plane * 8n) > 0n; plane++) {
    const stream = PLANES + Math.min(Number(plane), 3);
    for (let row = 0; row < numbers.length; row++) numbers[row]! += BigInt(reader.byte(stream)) << (plane * 8n);
  }
  if (form < 3) return numbers.map((number) => String(first + number).padStart(width, '0'));
  const values = [first];
  for (const step of numbers) values.push(values.at(-1)! + (step % 2n === 0n ? step / 2n : -(step + 1n) / 2n));
  return values.map((value) => String(value).padStart(width, '0'));
}
