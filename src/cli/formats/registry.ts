import type { Format, FormatKind } from './format.ts';

/** The formats of `-o`; each is loaded when it is used. */
export const FORMATS: readonly FormatKind[] = [
  {
    name: 'short',
    about: "Nov 22 16:20:01 web1 sshd[1234]: text, by the sender's clock; ~ if a minute off",
    fields: true,
    load: async () => (await import('./short.ts')).short,
  },
  {
    name: 'short-iso',
    about: 'the same, with the time as 2026-11-22T16:20:01.123+01:00',
    fields: true,
    load: async () => (await import('./short-iso.ts')).shortIso,
  },
  {
    name: 'short-full',
    about: 'the same, with the time of arrival in a form that -S and -U take',
    fields: true,
    load: async () => (await import('./short-full.ts')).shortFull,
  },
  {
    name: 'verbose',
    about: 'each field on a line of its own',
    fields: true,
    load: async () => (await import('./verbose.ts')).verbose,
  },
  {
    name: 'json',
    about: 'one object per line, as stored',
    fields: true,
    load: async () => (await import('./json.ts')).json,
  },
  {
    name: 'cat',
    about: 'only the text of the message',
    fields: true,
    load: async () => (await import('./cat.ts')).cat,
  },
  {
    name: 'raw',
    about: 'the bytes as received, or the message as an RFC 5424 line',
    load: async () => (await import('./raw.ts')).raw,
  },
  {
    name: 'csv',
    about: 'with a header; cells that look like formulas are made harmless',
    fields: true,
    load: async () => (await import('./csv.ts')).csv,
  },
  {
    name: 'logfmt',
    about: 'key=value pairs',
    fields: true,
    load: async () => (await import('./logfmt.ts')).logfmt,
  },
];

/** A format for programs that ask over the network: nothing is coloured, and nothing is made for a terminal. */
export async function textFormat(name: string, zone: string): Promise<Format & { row(...row: Row): string }> {
  const kind = FORMATS.find((one) => one.name === name)!;
  const format = (await kind.load())({ zone, terminal: false, color: false, fields: undefined });
  // Only `raw` writes bytes, and it is not among these formats.
  return format as Format & { row(...row: Row): string };
}

type Row = Parameters<Format['row']>;
