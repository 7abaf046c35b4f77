import type { Row } from '../api/answers.ts';
import { type LineLook, lineOf } from './line.ts';

/** So many lines are built together: less than a screen, so that a frame of scrolling builds little more than it shows. */
export const CHUNK_LINES = 20;

/** Lines that stand together. They are elements of the page only while they are near what is in view. */
export class Chunk {
  readonly element: HTMLElement;
  readonly rows: Row[] = [];
  isFilled = false;
  /** px from the top of the list. */
  top = 0;
  /** px, once it was laid out with lines that wrap; undefined if its height follows from the number of lines. */
  measured: number | undefined;
  #placed = '';

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
    this.measured = undefined;
    if (!this.isFilled) return;
    const elements = rows.map((row) => lineOf(row, look));
    if (at === 'end') this.element.append(...elements);
    else this.element.prepend(...elements);
  }

  /** Lets this many lines go, or as many as it has. @returns how many */
  drop(count: number, at: 'start' | 'end'): number {
    const dropped = Math.min(count, this.rows.length);
    this.rows.splice(at === 'start' ? 0 : this.rows.length - dropped, dropped);
    this.measured = undefined;
    const { element } = this;
    for (let rest = this.isFilled ? dropped : 0; rest > 0; rest--)
      (at === 'start' ? element.firstChild : element.lastChild)?.remove();
    return dropped;
  }

  fill(look: LineLook): void {
    this.element.replaceChildren(...this.rows.map((row) => lineOf(row, look)));
    this.isFilled = true;
  }

  /** Puts its element at this height. @param height px; undefined for as high as its lines are */
  place(top: number, height: number | undefined): void {
    const place = `${top} ${height}`;
    if (place === this.#placed) return;
    this.#placed = place;
    this.element.style.top = `${top}px`;
    this.element.style.blockSize = height === undefined ? '' : `${height}px`;
  }

  empty(): void {
    this.element.remove();
    this.element.replaceChildren();
    this.isFilled = false;
  }
}
