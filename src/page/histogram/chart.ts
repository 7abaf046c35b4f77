import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { shortCount } from '../text/numbers.ts';
import { clock, date } from '../time/zone.ts';
import { heightOf, type Ink, inkOf, paintBands, paintBars, type Picture } from './paint.ts';
import type { Bucket } from './stack.ts';

const HEIGHT = 104;
const DAY = 86_400_000;
/** A click waits so long for a second one, ms. */
const DOUBLE = 250;

export type ChartOptions = {
  readonly zone: string;
  /** A stretch of time was chosen by dragging, or a bar by a click, ms. */
  readonly onChoose: (from: number, to: number) => void;
  readonly onWiden: () => void;
  /** The bar under the pointer, and where it is in px. */
  readonly onHover: (bucket: Bucket | undefined, left: number) => void;
};

/** The histogram as uPlot draws it: axis, cursor and brush are uPlot's; bars and bands are drawn by `paint.ts`. */
export class Chart implements Disposable {
  readonly #root: HTMLElement;
  readonly #options: ChartOptions;
  readonly #plot: uPlot;
  readonly #resizing: ResizeObserver;
  #picture: Picture;
  #ink: Ink;
  #isDragged = false;
  #clicking: ReturnType<typeof setTimeout> | undefined;

  constructor(root: HTMLElement, picture: Picture, options: ChartOptions) {
    this.#root = root;
    this.#options = options;
    this.#picture = picture;
    this.#ink = inkOf(root);
    this.#plot = new uPlot(this.#plotOptions(), this.#data(), root);
    this.#resizing = new ResizeObserver(() => this.#plot.setSize({ width: root.clientWidth, height: HEIGHT }));
    this.#resizing.observe(root);
    this.#plot.over.addEventListener('click', this.#onClick);
    this.#plot.over.addEventListener('dblclick', this.#onDoubleClick);
  }

  show(picture: Picture): void {
    this.#picture = picture;
    this.#ink = inkOf(this.#root);
    this.#plot.setData(this.#data(), false);
    this.#plot.batch(() => {
      this.#plot.setScale('x', { min: picture.since, max: picture.until });
      this.#plot.setScale('y', { min: 0, max: this.#highest() });
    });
    this.#plot.redraw(false);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#clicking);
    this.#resizing.disconnect();
    this.#plot.destroy();
  }

  #data(): uPlot.AlignedData {
    const { buckets, errorsOnly } = this.#picture;
    return [buckets.map(({ at }) => at), buckets.map((bucket) => heightOf(bucket, errorsOnly))];
  }

  #highest(): number {
    const { buckets, errorsOnly } = this.#picture;
    return Math.max(1, ...buckets.map((bucket) => heightOf(bucket, errorsOnly))) * 1.05;
  }

  #plotOptions(): uPlot.Options {
    const { since, until } = this.#picture;
    const style = getComputedStyle(this.#root);
    const stroke = () => style.color;
    const font = `12px ${style.fontFamily}`;
    const axis = { stroke, font, grid: { show: false }, ticks: { show: false } };
    return {
      width: this.#root.clientWidth,
      height: HEIGHT,
      ms: 1,
      legend: { show: false },
      padding: [6, 8, 0, 0],
      scales: {
        x: { time: true, min: since, max: until, range: (_, min, max) => [min, max] },
        y: { min: 0, max: this.#highest(), range: (_, __, max) => [0, max] },
      },
      tzDate: (ms) => uPlot.tzDate(new Date(ms), this.#options.zone),
      series: [{}, { paths: () => null, points: { show: false } }],
      axes: [
        { ...axis, size: 22, gap: 4, space: 84, values: (_, splits) => this.#timeLabels(splits) },
        {
          ...axis,
          size: 46,
          gap: 6,
          space: 30,
          values: (_, splits) => splits.map((value) => (value % 1 ? '' : shortCount(value))),
        },
      ],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false, dist: 5 } },
      hooks: {
        drawClear: [(plot) => paintBands(plot, this.#picture, this.#ink)],
        draw: [(plot) => paintBars(plot, this.#picture, this.#ink)],
        setSelect: [(plot) => this.#onSelect(plot)],
        setCursor: [(plot) => this.#onCursor(plot)],
      },
    };
  }

  #timeLabels(splits: readonly number[]): string[] {
    const { since, until } = this.#picture;
    const { zone } = this.#options;
    return splits.map((at, index) => {
      const time = clock(at, zone).slice(0, until - since < 180_000 ? 8 : 5);
      const isNewDay = index > 0 && date(at, zone) !== date(splits[index - 1]!, zone);
      if (until - since > 3 * DAY) return date(at, zone).slice(5);
      return isNewDay ? date(at, zone).slice(5) : time;
    });
  }

  #onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 5) return;
    this.#isDragged = true;
    const [from, to] = [plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.#options.onChoose(Math.floor(from), Math.ceil(to));
  }

  readonly #onClick = (): void => {
    // The click that ends a drag chooses no bar.
    if (this.#isDragged) {
      this.#isDragged = false;
      return;
    }
    const bucket = this.#bucketAt(this.#plot.cursor.left ?? -1);
    if (!bucket || bucket.total === 0) return;
    const { every } = this.#picture;
    clearTimeout(this.#clicking);
    this.#clicking = setTimeout(() => this.#options.onChoose(bucket.at, bucket.at + every), DOUBLE);
  };

  readonly #onDoubleClick = (): void => {
    clearTimeout(this.#clicking);
    this.#options.onWiden();
  };

  #onCursor(plot: uPlot): void {
    const left = plot.cursor.left ?? -1;
    const bucket = left < 0 ? undefined : this.#bucketAt(left);
    this.#options.onHover(bucket, left + plot.over.offsetLeft);
  }

  #bucketAt(left: number): Bucket | undefined {
    const { buckets, every } = this.#picture;
    const at = Math.floor(this.#plot.posToVal(left, 'x') / every) * every;
    return buckets.find((bucket) => bucket.at === at);
  }
}
