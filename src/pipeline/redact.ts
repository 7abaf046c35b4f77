import { SPAN, SPANS } from '../model/batch.ts';
import type { Field, StructuredElement } from '../model/message.ts';
import { Pattern } from '../model/pattern.ts';
import { formatStructuredData, parseStructuredData } from '../model/structured-data.ts';
import type { OpenStage } from './contract.ts';
import { matchOf } from './match.ts';
import type { StageRows } from './stage-rows.ts';
import { REDACTORS, readSigns, SECRETS, SIGNS } from './secrets.ts';
import type { RedactSettings } from './settings.ts';

/** Returns the text without what is to be hidden; the same text if there is nothing to hide. */
type Clean = (text: string) => string;

const STAR = 0x2a;
const REDACTED = [SPAN.message, SPAN.structuredData, SPAN.fields, SPAN.raw];

/**
 * Hides what must not be stored, in the text, in structured data, in fields, and in the raw frame.
 * Host names, program names and the address of the peer stay, because they identify the origin of
 * the message.
 */
export const openRedact: OpenStage<RedactSettings> = (settings, { counter }) => {
  const matches = matchOf(settings.match);
  const cleaner = cleanerFor(settings);
  return {
    rewrites: true,
    run(rows) {
      let changed = 0;
      for (let row = 0; row < rows.batch.count; row++) {
        if (rows.isStored(row) && matches(rows, row) && redactRow(rows, row, cleaner)) changed++;
      }
      counter.add(changed);
    },
  };
};

function redactRow(rows: StageRows, row: number, cleaner: Cleaner): boolean {
  const { arena, offsets, lengths } = rows.batch;
  let changed = false;
  for (const span of REDACTED) {
    const length = lengths[row * SPANS + span]!;
    if (length <= 0) continue;
    const offset = offsets[row * SPANS + span]!;
    const clean = cleaner(arena, offset, offset + length);
    const cleaned = clean && CLEAN_SPAN[span]!(rows.bytes(row, span), clean);
    if (cleaned === undefined) continue;
    changed = true;
    if (!rows.replace(row, span, cleaned)) blankOut(rows, row, span);
  }
  return changed;
}

/** If the arena has no room for the redacted text, the text is lost: it must not be stored as it is. */
function blankOut(rows: StageRows, row: number, span: number): void {
  const { batch } = rows;
  if (span !== SPAN.message) {
    rows.remove(row, span);
    return;
  }
  const offset = batch.offsets[row * SPANS + span]!;
  batch.arena.fill(STAR, offset, offset + rows.length(row, span));
  rows.changed(row);
}

/** By span: the bytes without what is to be hidden; undefined if there is nothing to hide. */
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

/** Keeps bytes that are not UTF-8 unchanged if it can. */
function cleanText(bytes: Buffer, clean: Clean): Buffer | undefined {
  const text = bytes.toString('utf8');
  const cleaned = clean(text);
  if (cleaned === text) return undefined;
  if (!text.includes('\ufffd')) return Buffer.from(cleaned);
  const latin = bytes.toString('latin1');
  const bytewise = Buffer.from(clean(latin), 'latin1');
  // A pattern with letters beyond ASCII finds nothing in single bytes: then invalid bytes become U+FFFD.
  return clean(bytewise.toString('utf8')) === bytewise.toString('utf8') ? bytewise : Buffer.from(cleaned);
}

/** Chooses what to search a text for, by its bytes; undefined if there is nothing to search for. */
type Cleaner = (bytes: Buffer, from: number, end: number) => Clean | undefined;

function cleanerFor({ what, patterns, with: standIn }: RedactSettings): Cleaner {
  const named = SECRETS.filter((name) => what.includes(name)).map((name) => {
    const replacement = standIn ?? `[${name}]`;
    const clean: Clean = (text) => REDACTORS[name](text, replacement);
    return { clean, hasSign: SIGNS[name] };
  });
  const typed = patterns.map((source): Clean => {
    const pattern = new Pattern(source);
    return (text) => pattern.replace(text, standIn ?? '[redacted]');
  });
  return (bytes, from, end) => {
    const signs = named.length > 0 ? readSigns(bytes, from, end) : undefined;
    let all = typed;
    if (signs) {
      for (const { hasSign, clean } of named) if (hasSign(signs, bytes, from, end)) all = [...all, clean];
    }
    if (all.length === 0) return undefined;
    return (text) => all.reduce((cleaned, clean) => clean(cleaned), text);
  };
}
