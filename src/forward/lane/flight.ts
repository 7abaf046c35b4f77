import { type Cursor, cutAt, furthest } from '../../model/cursor.ts';
import { nodeOf } from '../../model/id.ts';

/** A line on its way, or the last of several: its number, the id of its message, and how many messages it stands for. */
type Entry = { readonly line: number; readonly id: string | undefined; readonly count: number };

/** Up to this line, a step of reading the store went; and what it has covered then. */
type Step = { readonly line: number; readonly cursor: Cursor };

/** What was sent over one connection and is not done yet, so that it is known how far everything is done. */
export class Flight {
  readonly #every: number;
  #entries: Entry[] = [];
  #first = 0;
  #steps: Step[] = [];
  #base: Cursor;
  /** The positions of all nodes in the step that is under way. */
  #reach: Cursor = new Map();
  #lastDone: string | undefined;
  #line = 0;
  #skipped = 0;

  /**
   * @param begin everything up to here is done
   * @param every of how many lines one is remembered: after a break, up to so many are sent again
   * without need
   */
  constructor(begin: Cursor, every = 1) {
    this.#base = begin;
    this.#every = every;
  }

  /** The number of the last line. */
  get lines(): number {
    return this.#line;
  }

  /** Whether lines are on their way. */
  get isEmpty(): boolean {
    return this.#first === this.#entries.length;
  }

  /** How many lines are on their way, about. */
  get pending(): number {
    return this.isEmpty ? 0 : this.#line - this.#entries[this.#first]!.line + 1;
  }

  /** A step of reading begins, up to there. */
  begin(reach: Cursor): void {
    this.#reach = reach;
  }

  /** The next line is that of a message; without an id, it is a beat or another line of our own. */
  push(id?: string): void {
    this.#line++;
    if (id !== undefined && ++this.#skipped < this.#every) return;
    this.#entries.push({ line: this.#line, id, count: id === undefined ? 0 : this.#skipped });
    if (id !== undefined) this.#skipped = 0;
  }

  /** The step is over: once all lines so far are done, everything up to this cursor is. */
  end(cursor: Cursor, last: string | undefined): void {
    if (this.#skipped > 0 && last !== undefined) {
      this.#entries.push({ line: this.#line, id: last, count: this.#skipped });
      this.#skipped = 0;
    }
    this.#steps.push({ line: this.#line, cursor });
    if (this.isEmpty) this.done(this.#line, () => {});
  }

  /**
   * All lines up to this one are done. @param count is called for each node's messages among them
   */
  done(line: number, count: (node: number, messages: number) => void): void {
    for (;;) {
      const entry = this.#entries[this.#first];
      const [step] = this.#steps;
      if (entry && entry.line <= line && entry.line <= (step?.line ?? Infinity)) {
        this.#first++;
        if (entry.id === undefined) continue;
        count(nodeOf(entry.id), entry.count);
        this.#lastDone = entry.id;
      } else if (step && step.line <= line) {
        this.#base = step.cursor;
        this.#lastDone = undefined;
        this.#steps.shift();
      } else break;
    }
    if (this.#first > 4096 || this.isEmpty) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Everything up to here is done. */
  get cursor(): Cursor {
    if (this.#lastDone === undefined) return this.#base;
    // The last line that is done may be of a step whose end is known, or of the one under way.
    const upTo = this.#steps[0]?.cursor ?? this.#reach;
    return furthest(this.#base, cutAt(upTo, this.#lastDone));
  }

  /** The message of a line; undefined for a line of our own, or one that is not remembered. */
  idOf(line: number): string | undefined {
    return this.#entries.find((entry) => entry.line === line)?.id;
  }
}
