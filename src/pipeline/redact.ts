import { SPAN, SPANS } from '../model/batch.ts';
import type { Field, StructuredElement } from '../model/message.ts';
import { Pattern } from '../model/pattern.ts';
import { formatStructuredData, parseStructuredData } from '../model/structured-data.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { Rows } from './rows.ts';
import { countSigns, REDACTORS, SECRETS, SIGNS } from './secrets.ts';
import type { RedactSettings } from './settings.ts';

/** A text without what is to be hidden; the same where nothing is. */
type Clean = (text: string) => string;

const STAR = 0x2a;

/**
 * Hides what must not be stored: in the text, in structured data, in fields, and in the frame as it came. Names of hosts
 * and programs and the peer's address stay, since they say whose message it is.
 */
export const openRedact: OpenStage<RedactSettings> = (settings, { counter }) => {
  const matches = matchOf(settings.match);
  const mayHold = signTest(settings);
  const clean = cleaner(settings);
  return {
    rewrites: true,
    run(rows) {
      let changed = 0;
      for (let row = 0; row < rows.batch.count; row++) {
        if (rows.isStored(row) && matches(rows, row) && redactRow(rows, row, mayHold, clean)) changed++;
      }
      counter.add(changed);
    },
  };
};

function redactRow(rows: Rows, row: number, mayHold: (bytes: Buffer) => boolean, clean: Clean): boolean {
  let changed = false;
  for (const span of [SPAN.message, SPAN.structuredData, SPAN.fields, SPAN.raw]) {
    if (rows.length(row, span) === 0) continue;
    const bytes = rows.bytes(row, span);
    if (!mayHold(bytes)) continue;
    const cleaned = CLEAN_SPAN[span]!(bytes, clean);
    if (cleaned === undefined) continue;
    changed = true;
    if (!rows.replace(row, span, cleaned)) blacken(rows, row, span);
  }
  return changed;
}

/** Where the arena has no room for another text, this one is lost rather than stored as it is. */
function blacken(rows: Rows, row: number, span: number): void {
  const { batch } = rows;
  if (span !== SPAN.message) {
    rows.remove(row, span);
    return;
  }
  const offset = batch.offsets[row * SPANS + span]!;
  batch.arena.fill(STAR, offset, offset + rows.length(row, span));
  rows.changed(row);
}

/** By span: the bytes without what is to be hidden, undefined where nothing is. */
const CLEAN_SPAN: Readonly<Record<number, (bytes: Buffer, clean: Clean) => Buffer | undefined>> = {
  [SPAN.message]: cleanText,
  [SPAN.raw]: cleanText,
  [SPAN.structuredData]: (bytes, clean) => {
    const elements = parseStructuredData(bytes.toString());
    const cleaned = elements.map(
      ({ id, params }): StructuredElement => ({
        id,
        params: params.map(({ name, value }) => ({ name, value: clean(value) })),
      }),
    );
    const text = formatStructuredData(cleaned);
    return text === formatStructuredData(elements) ? undefined : Buffer.from(text);
  },
  [SPAN.fields]: (bytes, clean) => {
    const text = bytes.toString();
    const fields = (JSON.parse(text) as Field[]).map(({ name, value }): Field => {
      const before = String(value);
      const after = clean(before);
      return { name: clean(name), value: after === before ? value : after };
    });
    const cleaned = JSON.stringify(fields);
    return cleaned === text ? undefined : Buffer.from(cleaned);
  },
};

/** Byte by byte, where that is enough: what is no UTF-8 stays what it was. */
function cleanText(bytes: Buffer, clean: Clean): Buffer | undefined {
  const text = bytes.toString('utf8');
  const cleaned = clean(text);
  if (cleaned === text) return undefined;
  if (!text.includes('\ufffd')) return Buffer.from(cleaned);
  const latin = bytes.toString('latin1');
  const bytewise = Buffer.from(clean(latin), 'latin1');
  // A pattern of letters beyond ASCII finds nothing in single bytes: then what is broken gives way to U+FFFD.
  return clean(bytewise.toString('utf8')) === bytewise.toString('utf8') ? bytewise : Buffer.from(cleaned);
}

function cleaner({ what, patterns, with: standIn }: RedactSettings): Clean {
  const named = SECRETS.filter((name) => what.includes(name)).map((name): Clean => {
    const replacement = standIn ?? `[${name}]`;
    return (text) => REDACTORS[name](text, replacement);
  });
  const typed = patterns.map((source): Clean => {
    const pattern = new Pattern(source);
    return (text) => pattern.replace(text, standIn ?? '[redacted]');
  });
  const all = [...named, ...typed];
  return (text) => all.reduce((cleaned, each) => each(cleaned), text);
}

/** Whether a text may hold any of it, at the cost of a look at its bytes. */
function signTest({ what, patterns }: RedactSettings): (bytes: Buffer) => boolean {
  if (patterns.length > 0) return () => true;
  const tests = what.map((name) => SIGNS[name]);
  return (bytes) => {
    const signs = countSigns(bytes);
    return tests.some((test) => test(signs));
  };
}
