import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { idOf, type Position } from '../../model/id.ts';
import { type SequenceRun, sequencesOf } from '../blocks/index.ts';
import type { StoredSequences } from '../contract.ts';
import { dayOf } from './files.ts';
import type { Part, BlockSpan } from './part.ts';
import { isContentError, storeError } from './sqlite.ts';
import type { Stream } from './stream.ts';

/**
 * The stored sequences of the position's node above it, in any stream. Messages in a damaged block
 * count as not stored: they are stored again.
 */
export function storedAfter(position: Position, streams: readonly Stream[], log: Logger): StoredSequences {
  const after = idOf(position);
  const runs: SequenceRun[] = [];
  for (const stream of streams) {
    for (const file of stream.files.filter(({ day }) => day >= dayOf(position.receivedAt))) {
      stream.peek(file, (part) => {
        for (const span of part.spans.slice(part.indexOf(after))) {
          if (span.last > after) runs.push(...runsIn(part, span, log));
        }
      });
    }
  }
  return storedAbove(position, runs);
}

/** The part of these runs that lies above a position of its node. */
export function storedAbove(position: Position, runs: readonly SequenceRun[]): StoredSequences {
  return new StoredRuns(
    runs.filter(({ node }) => node === position.node).flatMap((run) => cut(run, position.sequence)),
  );
}

function runsIn(part: Part, span: BlockSpan, log: Logger): SequenceRun[] {
  try {
    return sequencesOf(part.parts(span));
  } catch (error) {
    if (!isContentError(error)) throw storeError(`read ${part.file.path}`, error);
    log.error(
      { file: part.file.path },
      `cannot read block ${span.id} of ${part.file.path}: ${reasonOf(error)}; its messages of the last seconds are stored again`,
    );
    return [];
  }
}

function cut(run: SequenceRun, above: number): SequenceRun[] {
  if (run.last <= above) return [];
  return [{ ...run, first: Math.max(run.first, above + 1) }];
}

/** Sequences as runs: the messages beyond *safe* after a crash form few runs, however many they are. */
export class StoredRuns implements StoredSequences {
  readonly size: number;
  readonly #runs: readonly SequenceRun[];

  /** @param runs of one node, which do not overlap */
  constructor(runs: readonly SequenceRun[]) {
    this.#runs = runs.toSorted((a, b) => a.first - b.first);
    this.size = runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  has(sequence: number): boolean {
    let low = 0;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#runs[middle]!.last < sequence) low = middle + 1;
      else high = middle;
    }
    return low < this.#runs.length && this.#runs[low]!.first <= sequence;
  }
}
