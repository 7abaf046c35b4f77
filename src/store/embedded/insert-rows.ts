import type { MessageBatch } from '../../model/batch.ts';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { encodeBlock, sequencesOf } from '../blocks/index.ts';
import { mergeOverlapping } from '../blocks/write/merge-overlapping.ts';
import { StoredRuns } from './stored-sequences.ts';
import type { Part, Span } from './part.ts';
import { isContentError, storeError } from './sqlite.ts';
import type { Stream } from './stream.ts';

/** Rows that go to the same place: into a block that is there, or between two. */
type Insertion = { readonly part: Part; readonly span: Span | undefined; readonly rows: number[] };

/**
 * Stores rows of which some may be held already, and some may belong between rows that are held: those that are held
 * are left out, and the others get blocks of their own where there is a gap, or are woven into the block around them.
 */
export function insertRows(stream: Stream, batch: MessageBatch, rows: Uint32Array, log: Logger): void {
  for (const { part, span, rows: together } of findPlaces(stream, batch, rows)) {
    if (span) weave(stream, { part, span }, { batch, rows: together, log });
    else stream.write(part, [encodeBlock(batch, Uint32Array.from(together))]);
  }
}

function findPlaces(stream: Stream, batch: MessageBatch, rows: Uint32Array): Insertion[] {
  const places: Insertion[] = [];
  let gap = -1;
  for (const row of rows) {
    const id = batch.id(row);
    const part = stream.partOf(id);
    const index = part.indexOf(id);
    const at = part.spans[index];
    const span = at && at.first <= id ? at : undefined;
    const place = places.at(-1);
    if (place?.part === part && place.span === span && gap === index) {
      place.rows.push(row);
    } else {
      places.push({ part, span, rows: [row] });
      gap = index;
    }
  }
  return places;
}

type Held = { readonly part: Part; readonly span: Span };
type Sent = { readonly batch: MessageBatch; readonly rows: readonly number[]; readonly log: Logger };

/** A block that cannot be read gives way to what is sent again: nothing else could ever take its place. */
function weave(stream: Stream, { part, span }: Held, { batch, rows, log }: Sent): void {
  try {
    const held = new StoredRuns(sequencesOf(part.parts(span)).filter(({ node }) => node === batch.node));
    const fresh = rows.filter((row) => !held.has(batch.sequence[row]!));
    if (fresh.length === 0) return;
    const added = encodeBlock(batch, Uint32Array.from(fresh));
    stream.write(part, mergeOverlapping([part.block(span), added]), [span]);
  } catch (error) {
    if (!isContentError(error)) throw storeError(`read ${part.file.path}`, error);
    log.error(
      { file: part.file.path },
      `cannot read block ${span.id} of ${part.file.path}: ${reasonOf(error)}; replaced`,
    );
    stream.write(part, [encodeBlock(batch, Uint32Array.from(rows))], [span]);
  }
}
