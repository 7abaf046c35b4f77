import type { MessageBatch } from '../../model/batch.ts';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { encodeBlock, mergeOverlapping, sequencesOf } from '../blocks/index.ts';
import { StoredRuns } from './stored-sequences.ts';
import type { Part, BlockSpan } from './part.ts';
import { isContentError, storeError } from './sqlite.ts';
import type { Stream } from './stream.ts';

/** Rows to insert together: into an existing block, or between two blocks. */
type Insertion = { readonly part: Part; readonly span: BlockSpan | undefined; readonly rows: number[] };

/**
 * Stores rows that do not all lie above the rows of their stream, and of which some may be stored
 * already. Those are skipped; the others become new blocks in gaps, or are merged into the block
 * whose range contains them.
 */
export function insertRows(stream: Stream, batch: MessageBatch, rows: Uint32Array, log: Logger): void {
  for (const { part, span, rows: together } of findInsertions(stream, batch, rows)) {
    if (span) insertIntoBlock(stream, part, span, batch, together, log);
    else stream.write(part, [encodeBlock(batch, Uint32Array.from(together))]);
  }
}

function findInsertions(stream: Stream, batch: MessageBatch, rows: Uint32Array): Insertion[] {
  const insertions: Insertion[] = [];
  let gap = -1;
  for (const row of rows) {
    const id = batch.id(row);
    const part = stream.partOf(id);
    const index = part.indexOf(id);
    const at = part.spans[index];
    const span = at && at.first <= id ? at : undefined;
    const last = insertions.at(-1);
    if (last?.part === part && last.span === span && gap === index) {
      last.rows.push(row);
    } else {
      insertions.push({ part, span, rows: [row] });
      gap = index;
    }
  }
  return insertions;
}

/**
 * A block that cannot be read is replaced by the rows that were sent again: nothing else could
 * restore its range.
 */
function insertIntoBlock(
  stream: Stream,
  part: Part,
  span: BlockSpan,
  batch: MessageBatch,
  rows: readonly number[],
  log: Logger,
): void {
  try {
    const stored = new StoredRuns(sequencesOf(part.parts(span)).filter(({ node }) => node === batch.node));
    const fresh = rows.filter((row) => !stored.has(batch.sequence[row]!));
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
