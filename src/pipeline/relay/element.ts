import { type MessageBatch, SPAN } from '../../model/batch.ts';
import type { StructuredParam } from '../../model/message.ts';
import { readElement } from '../../model/structured-data.ts';
import { TRAIL_ID } from '../../relay/contract.ts';
import type { StageRows } from '../stage-rows.ts';

const OPENING = Buffer.from(`[${TRAIL_ID}`);
/** What an element of ours that no relay has sent becomes. */
const UNTRUSTED = Buffer.from('untrusted-');
const OTHER_LETTER = 0x78;
const ASCII = /^[\0-\x7f]*$/;

/** The element of a row by which a relay says where its message came from, and the elements after it, as received. */
export type FirstElement = { readonly params: readonly StructuredParam[]; readonly own: Buffer };

/** Whether a row of a batch may have an element of ours: one search through its bytes, in place of one for each row. */
export function mayHaveTrails({ arena, used }: MessageBatch): boolean {
  return arena.subarray(0, used).includes(OPENING);
}

/** Whether a row may have such an element; costs little for rows without structured data. */
export function mayHaveTrail(rows: StageRows, row: number): boolean {
  const length = rows.length(row, SPAN.structuredData);
  return length > OPENING.length && rows.bytes(row, SPAN.structuredData).includes(OPENING);
}

/** Reads the first element; undefined if it is another one. */
export function readFirst(rows: StageRows, row: number): FirstElement | undefined {
  const bytes = rows.bytes(row, SPAN.structuredData);
  // One character for each byte, so that the elements after it stay as they were received.
  const text = bytes.toString('latin1');
  const found = readElement(text, 0);
  if (found?.element.id !== TRAIL_ID) return undefined;
  const own = bytes.subarray(found.end);
  const { params } = found.element;
  if (ASCII.test(text)) return { params, own };
  return { params: params.map(({ name, value }) => ({ name: decoded(name), value: decoded(value) })), own };
}

/**
 * The elements with another id in place of ours, which only a relay may send: a sender can write such elements, too.
 * @returns the same bytes if they have none
 */
export function withoutTrails(elements: Buffer): Buffer {
  const places = trailsIn(elements);
  if (places.length === 0) return elements;
  const parts = places.flatMap((at, index) => [UNTRUSTED, elements.subarray(at, places[index + 1])]);
  return Buffer.concat([elements.subarray(0, places[0]), ...parts]);
}

/** Does that to a row. If the arena has no room, the id only gets another first letter. @returns whether it had one */
export function removeTrails(rows: StageRows, row: number): boolean {
  const elements = rows.bytes(row, SPAN.structuredData);
  const places = trailsIn(elements);
  if (places.length > 0 && !rows.replace(row, SPAN.structuredData, withoutTrails(elements))) {
    for (const at of places) elements[at] = OTHER_LETTER;
    rows.changed(row);
  }
  return places.length > 0;
}

/** Where the ids of our elements begin. */
function trailsIn(elements: Buffer): number[] {
  if (!elements.includes(OPENING)) return [];
  const text = elements.toString('latin1');
  const places: number[] = [];
  for (let at = 0, found = readElement(text, 0); found; at = found.end, found = readElement(text, at)) {
    if (found.element.id === TRAIL_ID) places.push(at + 1);
  }
  return places;
}

function decoded(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
