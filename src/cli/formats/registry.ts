import type { FormatKind } from './format.ts';

/** What `-o` takes; each is loaded when it is used. */
export const FORMATS: readonly FormatKind[] = [
  {
    name: 'short',
    about: "Nov 22 16:20:01 web1 sshd[1234]: text, by the sender's clock; ~ where it is off by more than a minute",
    load: async () => (await import('./short.ts')).short,
  },
  {
    name: 'short-iso',
    about: 'the same with 2026-11-22T16:20:01.123+01:00',
    load: async () => (await import('./short-iso.ts')).shortIso,
  },
  {
    name: 'short-full',
    about: 'the same with the time of arrival, as -S and -U take it',
    load: async () => (await import('./short-full.ts')).shortFull,
  },
  {
    name: 'verbose',
    about: 'every field on a line',
    fields: true,
    load: async () => (await import('./verbose.ts')).verbose,
  },
  {
    name: 'json',
    about: 'one object a line, as it is stored',
    fields: true,
    load: async () => (await import('./json.ts')).json,
  },
  {
    name: 'cat',
    about: 'the text alone',
    fields: true,
    load: async () => (await import('./cat.ts')).cat,
  },
  {
    name: 'raw',
    about: 'the bytes as they came, or the message as an RFC 5424 line',
    load: async () => (await import('./raw.ts')).raw,
  },
  {
    name: 'csv',
    about: 'with a header; no cell is a formula',
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
