import { type Ink, inkOf, type Picture, paint, type View, viewOf } from './paint.ts';
import type { Bucket } from './stack.ts';

/** A click waits so long for a second one, ms. */
const DOUBLE = 250;
/** A press that moves less is a click, CSS px. */
const DRAG = 5;

export type ChartOptions = {
  readonly zone: string;
  /** A stretch of time was chosen by dragging, or a bar by a click, ms. */
  readonly onChoose: (from: number, to: number) => void;
  readonly onWiden: () => void;
  /** The bar under the pointer, and where it is in px. */
  readonly onHover: (bucket: Bucket | undefined, left: number) => void;
};

/** The histogram on a canvas, with a line at the pointer and a brush. */
export class Chart implements Disposable {
  readonly #root: HTMLElement;
  readonly #options: ChartOptions;
  readonly #canvas = document.createElement('canvas');
  readonly #pointer = mark('chart-pointer');
  readonly #brush = mark('chart-brush');
  readonly #resizing = new ResizeObserver(() => this.#paint());
  readonly #contrast = matchMedia('(forced-colors: active)');
  readonly #listening = new AbortController();
  #picture: Picture;
  #ink: Ink;
  #view: View;
  /** Where the pointer was pressed, px. */
  #pressed: number | undefined;
  #isDragged = false;
  #clicking: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, picture: Picture, options: ChartOptions) {
    this.#root = root;
    this.#options = options;
    this.#picture = picture;
    this.#ink = inkOf(root);
    this.#view = viewOf(root, picture);
    root.append(this.#canvas, this.#pointer, this.#brush);
    this.#resizing.observe(root);
    const { signal } = this.#listening;
    this.#contrast.addEventListener('change', () => this.show(this.#picture), { signal });
    root.addEventListener('pointerdown', (event) => this.#onPress(event), { signal });
    root.addEventListener('pointermove', (event) => this.#onMove(event), { signal });
    root.addEventListener('pointerup', (event) => this.#onRelease(event), { signal });
    root.addEventListener('pointercancel', () => this.#endDrag(), { signal });
    root.addEventListener('pointerleave', () => this.#onLeave(), { signal });
    root.addEventListener('click', (event) => this.#onClick(event), { signal });
    root.addEventListener('dblclick', () => this.#onDoubleClick(), { signal });
  }

  show(picture: Picture): void {
    this.#picture = picture;
    this.#ink = inkOf(this.#root);
    this.#paint();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#clicking);
    this.#resizing.disconnect();
    this.#listening.abort();
    this.#root.replaceChildren();
  }

  #paint(): void {
    this.#view = viewOf(this.#root, this.#picture);
    paint(this.#canvas, { picture: this.#picture, view: this.#view, ink: this.#ink, zone: this.#options.zone });
  }

  #onPress(event: PointerEvent): void {
    this.#isDragged = false;
    if (event.button !== 0) return;
    this.#pressed = this.#leftOf(event);
    this.#root.setPointerCapture(event.pointerId);
  }

  #onMove(event: PointerEvent): void {
    const left = this.#leftOf(event);
    place(this.#pointer, left, 0);
    if (this.#pressed !== undefined && Math.abs(left - this.#pressed) >= DRAG) this.#isDragged = true;
    if (this.#isDragged && this.#pressed !== undefined)
      place(this.#brush, Math.min(left, this.#pressed), Math.abs(left - this.#pressed));
    this.#options.onHover(this.#bucketAt(left), left);
  }

  #onRelease(event: PointerEvent): void {
    const [pressed, released] = [this.#pressed, this.#leftOf(event)];
    this.#endDrag();
    if (!this.#isDragged || pressed === undefined) return;
    const [from, to] = [pressed, released].sort((a, b) => a - b).map((left) => this.#view.scale.timeAt(left));
    this.#options.onChoose(Math.floor(from!), Math.ceil(to!));
  }

  #endDrag(): void {
    this.#pressed = undefined;
    this.#brush.hidden = true;
  }

  #onLeave(): void {
    this.#pointer.hidden = true;
    this.#options.onHover(undefined, 0);
  }

  #onClick(event: MouseEvent): void {
    // The click that ends a drag chooses no bar.
    const bucket = this.#isDragged ? undefined : this.#bucketAt(this.#leftOf(event));
    if (!bucket || bucket.total === 0) return;
    const { every } = this.#picture;
    clearTimeout(this.#clicking);
    this.#clicking = setTimeout(() => this.#options.onChoose(bucket.at, bucket.at + every), DOUBLE);
  }

  #onDoubleClick(): void {
    clearTimeout(this.#clicking);
    this.#options.onWiden();
  }

  /** px from the left of the chart, within the bars. */
  #leftOf({ clientX }: MouseEvent): number {
    const { left, width } = this.#view.area;
    return Math.min(left + width, Math.max(left, clientX - this.#root.getBoundingClientRect().left));
  }

  #bucketAt(left: number): Bucket | undefined {
    const { buckets, every } = this.#picture;
    const at = Math.floor(this.#view.scale.timeAt(left) / every) * every;
    return buckets.find((bucket) => bucket.at === at);
  }
}

function mark(name: string): HTMLElement {
  const element = document.createElement('div');
  element.className = name;
  element.hidden = true;
  return element;
}

function place(element: HTMLElement, left: number, width: number): void {
  element.hidden = false;
  element.style.translate = `${left}px`;
  element.style.inlineSize = `${width}px`;
}
