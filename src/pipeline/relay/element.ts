import { SPAN } from '../../model/batch.ts';
import type { StructuredParam } from '../../model/message.ts';
import { readElement } from '../../model/structured-data.ts';
import { TRAIL_ID } from '../../relay/contract.ts';
import type { StageRows } from '../stage-rows.ts';

const OPENING = Buffer.from(`[${TRAIL_ID}`);
const AFTER_ID = [0x20, 0x5d];

/** The element of a row by which a relay says where its message came from, and the elements after it, as received. */
export type FirstElement = { readonly params: readonly StructuredParam[]; readonly own: Uint8Array };

/** Whether the structured data of a row begins with such an element; costs little for rows that have none. */
export function hasTrail(rows: StageRows, row: number): boolean {
  if (rows.length(row, SPAN.structuredData) <= OPENING.length) return false;
  const bytes = rows.bytes(row, SPAN.structuredData);
  if (bytes[1] !== OPENING[1] || !bytes.subarray(0, OPENING.length).equals(OPENING)) return false;
  return AFTER_ID.includes(bytes[OPENING.length]!);
}

/** Reads that element; undefined if it does not fit the grammar. */
export function readFirst(rows: StageRows, row: number): FirstElement | undefined {
  const bytes = rows.bytes(row, SPAN.structuredData);
  // One character for each byte, so that the elements after it stay as they were received.
  const found = readElement(bytes.toString('latin1'), 0);
  if (!found) return undefined;
  const params = found.element.params.map(({ name, value }) => ({ name: decoded(name), value: decoded(value) }));
  return { params, own: bytes.subarray(found.end) };
}

function decoded(text: string): string {
  return /^[\0-\x7f]*$/.test(text) ? text : Buffer.from(text, 'latin1').toString();
}
