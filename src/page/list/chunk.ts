import type { Row } from '../api/answers.ts';
import { type LineLook, lineOf } from './line.ts';

/** Lines that the browser lays out and paints together, and skips while they are far away. */
export const CHUNK_LINES = 200;

/** A block of lines of the list. An emptied one keeps its height and is filled again when it comes near. */
export class Chunk {
  readonly element: HTMLElement;
  readonly rows: Row[] = [];
  isFilled = true;

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'chunk';
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', 'lines');
  }

  get room(): number {
    return CHUNK_LINES - this.rows.length;
  }

  add(rows: readonly Row[], at: 'start' | 'end', look: LineLook): void {
    if (at === 'end') this.rows.push(...rows);
    else this.rows.unshift(...rows);
    if (this.isFilled) {
      const elements = rows.map((row) => lineOf(row, look));
      if (at === 'end') this.element.append(...elements);
      else this.element.prepend(...elements);
    }
    this.#estimate();
  }

  fill(look: LineLook): void {
    this.element.replaceChildren(...this.rows.map((row) => lineOf(row, look)));
    this.element.style.blockSize = '';
    this.isFilled = true;
    this.#estimate();
  }

  empty(): void {
    if (!this.isFilled) return;
    this.element.style.blockSize = `${this.element.offsetHeight}px`;
    this.element.replaceChildren();
    this.isFilled = false;
  }

  /** The height to assume until the browser has laid the chunk out once; then it remembers the true one. */
  #estimate(): void {
    this.element.style.setProperty('--lines', String(this.rows.length));
  }
}
