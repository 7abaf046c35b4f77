import type { Message, Row } from '../api/answers.ts';
import type { Lines } from '../state/lines.ts';
import { Chunk, CHUNK_LINES } from './chunk.ts';
import type { LineLook } from './line.ts';
import { copyLines } from './copy.ts';
import { Viewport } from './viewport.ts';

/** So near to an end, more lines are wanted, in heights of the view. */
const NEAR = 8;
/** So near to the end counts as being there, px. */
const AT_END = 24;

export type ListOptions = {
  readonly lines: Lines;
  /** How lines look, asked for with each answer. */
  readonly look: () => LineLook;
  readonly order: 'oldest' | 'newest';
  /** More lines are wanted beyond the oldest. */
  readonly onOldest: () => void;
  /** A line was made the current one, by a click or a key. */
  readonly onCurrent: (message: Message | undefined) => void;
  /** Lines that came while the reader looks elsewhere; 0 when he is back. */
  readonly onUnseen: (count: number) => void;
};

/** The list of lines: owns its element, and changes nothing that is in view when lines come. */
export class LineList implements Disposable {
  readonly #root: HTMLElement;
  readonly #options: ListOptions;
  #look: LineLook;
  readonly #viewport: Viewport;
  readonly #chunkOf = new WeakMap<Element, Chunk>();
  /** What is above the list grows when counts come, and the newest line must stay in view. */
  readonly #resizing = new ResizeObserver(() => this.#onResize());
  readonly #stopListening: () => void;
  #current: string | undefined;
  #unseen = 0;
  /** Whether the newest line is kept in view. */
  #follows = true;

  constructor(root: HTMLElement, options: ListOptions) {
    this.#root = root;
    this.#options = options;
    this.#look = options.look();
    this.#viewport = new Viewport(root, this.#look);
    this.#stopListening = options.lines.listen((change) => {
      if (change.kind === 'reset') this.#reset();
      else if (change.kind === 'dropped') this.#drop(change.from, change.count);
      else this.#add(change.rows, change.kind);
    });
    root.addEventListener('scroll', this.#onScroll, { passive: true });
    root.addEventListener('click', this.#onClick);
    root.addEventListener('copy', this.#onCopy);
    this.#resizing.observe(root);
    this.#reset();
  }

  /** Shows the same lines in other columns or in another zone. */
  refresh(): void {
    this.#look = this.#lookNow();
    this.#viewport.rebuild(this.#look);
    this.#markCurrent();
  }

  /** Makes the next or previous message the current one, or the next that is an error or worse. */
  move(step: 1 | -1, wanted: (message: Message) => boolean = () => true): void {
    const rows = this.#chunks.flatMap(({ rows: own }) => own);
    const start = rows.findIndex((row) => '_id' in row && row._id === this.#current);
    let at = start < 0 ? (step > 0 ? this.#firstInView(rows) - 1 : rows.length) : start;
    for (at += step; at >= 0 && at < rows.length; at += step) {
      const row = rows[at]!;
      if ('_id' in row && wanted(row)) {
        this.#choose(row);
        return;
      }
    }
  }

  /** Goes to the end with the newest lines, and stays there as lines come. */
  toNewest(): void {
    this.#follows = true;
    this.#toEnd(this.#options.order === 'oldest');
    this.#see();
  }

  toOldest(): void {
    this.#follows = false;
    this.#toEnd(this.#options.order === 'newest');
  }

  #toEnd(isBottom: boolean): void {
    // Lines that wrap are as high as they are only once they are built.
    for (let round = 0; round < 3; round++) {
      this.#root.scrollTop = isBottom ? this.#root.scrollHeight : 0;
      this.#viewport.place();
    }
  }

  /** Makes the message with this id the current one without scrolling to it, or none. */
  setCurrent(id: string | undefined): void {
    this.#current = id;
    this.#markCurrent();
  }

  /** Scrolls the message with this id into the middle. */
  reveal(id: string): void {
    this.setCurrent(id);
    this.#elementOf(id)?.scrollIntoView({ block: 'center' });
  }

  [Symbol.dispose](): void {
    this.#stopListening();
    this.#viewport[Symbol.dispose]();
    this.#resizing.disconnect();
    this.#root.removeEventListener('scroll', this.#onScroll);
    this.#root.removeEventListener('click', this.#onClick);
    this.#root.removeEventListener('copy', this.#onCopy);
  }

  get #chunks(): Chunk[] {
    return this.#viewport.stack.chunks;
  }

  #reset(): void {
    this.#look = this.#lookNow();
    this.#viewport.look = this.#look;
    this.#viewport.clear();
    const { rows } = this.#options.lines;
    this.#append(this.#options.order === 'oldest' ? rows : rows.toReversed(), 'end');
    this.toNewest();
    this.#markCurrent();
  }

  #add(rows: readonly Row[], age: 'older' | 'newer'): void {
    const isOldestFirst = this.#options.order === 'oldest';
    const at = (age === 'newer') === isOldestFirst ? 'end' : 'start';
    const ordered = isOldestFirst ? rows : rows.toReversed();
    this.#viewport.change(() => this.#append(ordered, at), at === 'start');
    if (age === 'older') return;
    if (this.#follows && !this.#isReading()) this.toNewest();
    else {
      this.#unseen += rows.length;
      this.#options.onUnseen(this.#unseen);
    }
  }

  /** Whether the reader looks at one line, or marks a text: then the list stands still, and lines wait below. */
  #isReading(): boolean {
    const selection = getSelection();
    const isMarking = selection?.type === 'Range' && this.#root.contains(selection.anchorNode);
    return isMarking || this.#current !== undefined;
  }

  #append(rows: readonly Row[], at: 'start' | 'end'): void {
    let rest = rows;
    while (rest.length > 0) {
      const chunk = this.#chunkWithRoom(at);
      const part = at === 'end' ? rest.slice(0, chunk.room) : rest.slice(-chunk.room);
      rest = at === 'end' ? rest.slice(part.length) : rest.slice(0, rest.length - part.length);
      chunk.add(part, at, this.#look);
    }
    this.#viewport.stack.changed();
  }

  #chunkWithRoom(at: 'start' | 'end'): Chunk {
    const last = at === 'end' ? this.#chunks.at(-1) : this.#chunks[0];
    if (last && last.room > 0 && last.rows.length < CHUNK_LINES) return last;
    const chunk = new Chunk();
    this.#chunkOf.set(chunk.element, chunk);
    if (at === 'end') this.#chunks.push(chunk);
    else this.#chunks.unshift(chunk);
    return chunk;
  }

  /** Lets lines go at one end; what is in view stays where it is. */
  #drop(from: 'oldest' | 'newest', count: number): void {
    const isStart = (from === 'oldest') === (this.#options.order === 'oldest');
    this.#viewport.change(() => {
      for (let rest = count; rest > 0; ) {
        const chunk = isStart ? this.#chunks[0] : this.#chunks.at(-1);
        if (!chunk) return;
        rest -= chunk.drop(rest, isStart ? 'start' : 'end');
        if (chunk.rows.length === 0) this.#viewport.remove(chunk);
      }
    });
  }

  #lookNow(): LineLook {
    return { ...this.#options.look(), current: this.#current };
  }

  #onResize(): void {
    this.#viewport.change(() => this.#viewport.measure());
    if (this.#follows && !this.#isReading()) this.toNewest();
  }

  readonly #onScroll = (): void => {
    this.#viewport.place();
    const { above, below, height } = this.#viewport.surroundings;
    const [toNewest, toOldest] = this.#options.order === 'oldest' ? [below, above] : [above, below];
    this.#follows = toNewest <= AT_END;
    if (this.#follows && !this.#isReading()) this.#see();
    if (toOldest < NEAR * height) this.#options.onOldest();
  };

  readonly #onClick = (event: MouseEvent): void => {
    if (getSelection()?.type === 'Range') return;
    const row = this.#rowOf(event.target);
    if (row && '_id' in row) this.#choose(row);
  };

  readonly #onCopy = (event: ClipboardEvent): void => {
    copyLines(event, this.#root, (element) => this.#rowOf(element), this.#look.zone);
  };

  #rowOf(target: EventTarget | null): Row | undefined {
    const line = target instanceof Element ? target.closest('.line') : null;
    const chunk = line?.parentElement ? this.#chunkOf.get(line.parentElement) : undefined;
    return chunk && line ? chunk.rows[Array.prototype.indexOf.call(chunk.element.children, line)] : undefined;
  }

  #choose(message: Message): void {
    this.#current = message._id;
    this.#markCurrent();
    this.#elementOf(message._id)?.scrollIntoView({ block: 'nearest' });
    this.#options.onCurrent(message);
  }

  #elementOf(id: string): HTMLElement | null {
    const chunk = this.#chunks.find(({ rows }) => rows.some((row) => '_id' in row && row._id === id));
    if (chunk) this.#viewport.show(chunk);
    return document.getElementById(`line-${id}`);
  }

  #markCurrent(): void {
    this.#look = { ...this.#look, current: this.#current };
    this.#viewport.look = this.#look;
    for (const line of this.#root.querySelectorAll('[aria-selected="true"]'))
      line.setAttribute('aria-selected', 'false');
    const element = this.#current === undefined ? null : this.#elementOf(this.#current);
    element?.setAttribute('aria-selected', 'true');
    if (element) this.#root.setAttribute('aria-activedescendant', element.id);
    else this.#root.removeAttribute('aria-activedescendant');
  }

  #firstInView(rows: readonly Row[]): number {
    const { top } = this.#root.getBoundingClientRect();
    const first = [...this.#root.querySelectorAll('.line[id]')].find((line) => line.getBoundingClientRect().top >= top);
    return first ? rows.findIndex((row) => '_id' in row && `line-${row._id}` === first.id) : 0;
  }

  #see(): void {
    if (this.#unseen === 0) return;
    this.#unseen = 0;
    this.#options.onUnseen(0);
  }
}
