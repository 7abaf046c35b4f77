import type { Chunk } from './chunk.ts';
import type { LineLook } from './line.ts';
import { Stack } from './stack.ts';

/** Lines that are elements of the page at most: the browser's own search finds these. */
const MAX_FILLED = 4000;
/** So many heights of the view above and below it are built before they are seen. */
const NEAR = 1.5;

/** What of the stack is built, and where the view is: what is in view stays in its place, whatever changes around it. */
export class Viewport implements Disposable {
  readonly stack = new Stack<Chunk>();
  readonly #root: HTMLElement;
  readonly #room = document.createElement('div');
  #look: LineLook;
  readonly #filled = new Set<Chunk>();
  #frame = 0;
  #lastTop = 0;
  /** Of the view and of all lines, px. */
  #clientHeight = 0;
  #height = 0;

  constructor(root: HTMLElement, look: LineLook) {
    this.#root = root;
    this.#look = look;
    this.#room.className = 'lines-room';
    root.replaceChildren(this.#room);
    this.measure();
  }

  get #wraps(): boolean {
    return this.#root.classList.contains('lines-wrap');
  }

  [Symbol.dispose](): void {
    cancelAnimationFrame(this.#frame);
    this.#root.replaceChildren();
  }

  /** Reads the height of a line from the style, and forgets those of lines that wrap. */
  measure(): void {
    this.stack.rowHeight = Number.parseFloat(getComputedStyle(this.#root).getPropertyValue('--row-height')) || 22;
    for (const chunk of this.stack.chunks) chunk.measured = undefined;
    this.stack.changed();
  }

  /** Builds all lines again that are built, in another look. */
  rebuild(look: LineLook): void {
    this.#look = look;
    this.change(() => {
      for (const chunk of this.#filled) chunk.fill(look);
      this.measure();
    });
  }

  /** How lines look that are built from now on. */
  set look(look: LineLook) {
    this.#look = look;
  }

  clear(): void {
    for (const chunk of this.#filled) chunk.empty();
    this.#filled.clear();
    this.stack.chunks.length = 0;
    this.stack.changed();
  }

  remove(chunk: Chunk): void {
    this.#filled.delete(chunk);
    chunk.element.remove();
    this.stack.chunks.splice(this.stack.chunks.indexOf(chunk), 1);
    this.stack.changed();
  }

  /** Changes the stack; what is in view stays in its place, also if lines come before those of its own chunk. */
  change(work: () => void, isAtStart = false): void {
    const { scrollTop } = this.#root;
    const anchor = this.stack.chunks[this.stack.between(scrollTop, scrollTop).from];
    const [top, height] = anchor ? [this.stack.topOf(anchor), this.stack.heightOf(anchor)] : [0, 0];
    const isFirst = anchor === this.stack.chunks[0];
    work();
    this.stack.changed();
    const isThere = anchor !== undefined && this.stack.chunks.includes(anchor);
    let grown = 0;
    if (isThere && isFirst && isAtStart) {
      if (this.#wraps && anchor.isFilled) anchor.measured = anchor.element.offsetHeight;
      grown = this.stack.heightOf(anchor) - height;
    }
    this.#layOut();
    if (isThere) this.#scrollTo(scrollTop + this.stack.topOf(anchor) - top + grown);
    this.place();
  }

  /** What is above and below the view and how high it is, px, as `place` left it: asking the browser would lay out. */
  get surroundings(): { readonly above: number; readonly below: number; readonly height: number } {
    const above = this.#lastTop;
    return { above, below: this.stack.height - this.#clientHeight - above, height: this.#clientHeight };
  }

  /** Builds what is in view at once, and what is near later, one chunk in a frame. */
  place(): void {
    const { scrollTop, clientHeight } = this.#root;
    const before = this.#lastTop;
    this.#lastTop = scrollTop;
    this.#clientHeight = clientHeight;
    // Lines that wrap are higher than was assumed, so less of them is in view, or other ones are.
    for (let round = 0; round < 3; round++) {
      const { from, to } = this.stack.between(this.#root.scrollTop, this.#root.scrollTop + clientHeight);
      if (!this.#build(this.stack.chunks.slice(from, to + 1))) break;
    }
    this.#layOut();
    // While the reader scrolls by whole screens, what would be built beside them is never seen.
    const isJump = Math.abs(scrollTop - before) > clientHeight;
    this.#emptyFar();
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(isJump ? () => this.place() : this.#buildNear);
  }

  readonly #buildNear = (): void => {
    const { scrollTop, clientHeight } = this.#root;
    const { from, to } = this.stack.between(scrollTop - NEAR * clientHeight, scrollTop + (1 + NEAR) * clientHeight);
    const empty = this.stack.chunks.slice(from, to + 1).filter((chunk) => !chunk.isFilled);
    if (empty.length === 0) return;
    this.#build(empty.slice(0, 1));
    this.#frame = requestAnimationFrame(this.#buildNear);
  };

  /** Builds a chunk wherever it is, so that it can be scrolled to. */
  show(chunk: Chunk): void {
    this.stack.topOf(chunk);
    this.#build([chunk]);
  }

  /** @returns whether any was not built before, or has another height now */
  #build(chunks: readonly Chunk[]): boolean {
    const added = chunks.filter((chunk) => !chunk.isFilled);
    for (const chunk of added) {
      chunk.fill(this.#look);
      this.#filled.add(chunk);
    }
    for (const chunk of added) this.#room.insertBefore(chunk.element, this.#after(chunk));
    const isMeasured = this.#wraps && this.#measure(chunks.filter(({ measured }) => measured === undefined));
    if (added.length > 0 || isMeasured) this.#layOut();
    return isMeasured;
  }

  /** The next element in the order of lines: marking a text, copying and reading aloud go by it. */
  #after({ top }: Chunk): Element | null {
    let next: Chunk | undefined;
    for (const other of this.#filled)
      if (other.element.isConnected && other.top > top && (!next || other.top < next.top)) next = other;
    return next?.element ?? null;
  }

  /** Takes the height of lines that wrap, and keeps in view what is. */
  #measure(chunks: readonly Chunk[]): boolean {
    let [above, changed] = [0, false];
    const { scrollTop } = this.#root;
    const first = this.stack.between(scrollTop, scrollTop).from;
    const heights = chunks.map(({ element }) => element.offsetHeight);
    for (const [at, chunk] of chunks.entries()) {
      const difference = heights[at]! - this.stack.heightOf(chunk);
      chunk.measured = heights[at]!;
      if (difference === 0) continue;
      changed = true;
      if (this.stack.chunks.indexOf(chunk) < first) above += difference;
    }
    if (!changed) return false;
    this.stack.changed();
    this.#layOut();
    if (above !== 0) this.#scrollTo(scrollTop + above);
    return true;
  }

  #layOut(): void {
    const { height } = this.stack;
    if (height !== this.#height) this.#room.style.blockSize = `${height}px`;
    this.#height = height;
    const wraps = this.#wraps;
    for (const chunk of this.#filled) chunk.place(chunk.top, wraps ? undefined : this.stack.heightOf(chunk));
  }

  #scrollTo(top: number): void {
    if (Math.abs(top - this.#root.scrollTop) >= 0.5) this.#root.scrollTop = top;
    this.#lastTop = this.#root.scrollTop;
  }

  /** Lets elements go that are farthest from the view. */
  #emptyFar(): void {
    let lines = [...this.#filled].reduce((sum, { rows }) => sum + rows.length, 0);
    if (lines <= MAX_FILLED) return;
    const { scrollTop } = this.#root;
    const farthest = [...this.#filled].sort((a, b) => Math.abs(b.top - scrollTop) - Math.abs(a.top - scrollTop));
    for (const chunk of farthest) {
      if (lines <= MAX_FILLED / 2) return;
      lines -= chunk.rows.length;
      chunk.empty();
      this.#filled.delete(chunk);
    }
  }
}
