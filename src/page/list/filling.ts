import type { Chunk } from './chunk.ts';
import type { LineLook } from './line.ts';

/** Chunks whose lines are in the document at most: 10,000 lines. */
const MAX_FILLED = 50;

/**
 * Fills what is in view at once, and of what is near one chunk, so that scrolling stays smooth.
 * @returns whether a chunk that is near is still empty
 */
export function fillNear(root: HTMLElement, near: Iterable<Chunk>, look: LineLook): boolean {
  const { scrollTop, clientHeight } = root;
  const empty = [...near].filter((chunk) => !chunk.isFilled);
  const inView = empty.filter(
    ({ element }) =>
      element.offsetTop < scrollTop + clientHeight && element.offsetTop + element.offsetHeight > scrollTop,
  );
  const filled = inView.length > 0 ? inView : empty.slice(0, 1);
  for (const chunk of filled) chunk.fill(look);
  return filled.length < empty.length;
}

/** Empties the chunks that are farthest from those that are near, or from the newest end if none is. */
export function emptyFar(chunks: readonly Chunk[], near: ReadonlySet<Chunk>, order: 'oldest' | 'newest'): void {
  const filled = chunks.filter((chunk) => chunk.isFilled);
  if (filled.length <= MAX_FILLED) return;
  const centre = chunks.findIndex((chunk) => near.has(chunk));
  const place = centre < 0 ? (order === 'oldest' ? chunks.length - 1 : 0) : centre;
  const distance = new Map(chunks.map((chunk, at) => [chunk, Math.abs(at - place)]));
  filled.sort((a, b) => distance.get(b)! - distance.get(a)!);
  for (const chunk of filled.slice(0, filled.length - MAX_FILLED)) if (!near.has(chunk)) chunk.empty();
}
