import type { Gap } from '../api/answers.ts';
import { LEVELS } from '../state/terms.ts';
import { shortCount } from '../text/numbers.ts';
import { type Area, countTicks, Scale, timeTicks } from './scale.ts';
import { type Bucket, errorsOf } from './stack.ts';

export type Picture = {
  readonly buckets: readonly Bucket[];
  readonly every: number;
  readonly since: number;
  readonly until: number;
  readonly gaps: readonly Gap[];
  /** What retention has removed: everything before this time, ms. */
  readonly removedBefore?: number | undefined;
  readonly errorsOnly: boolean;
  /** The bucket that keys have chosen, and how many of them. */
  readonly cursor?: { readonly from: number; readonly to: number } | undefined;
};

export type Ink = {
  readonly levels: readonly string[];
  readonly gap: string;
  readonly shade: string;
  readonly line: string;
  readonly edge: string;
  readonly text: string;
  readonly font: string;
};

/** How large the chart is, and where what is. */
export type View = {
  readonly width: number;
  readonly height: number;
  readonly area: Area;
  readonly scale: Scale;
  readonly highest: number;
};

type Drawing = { readonly ctx: CanvasRenderingContext2D; readonly picture: Picture; readonly ink: Ink } & View;

/** Room for counts at the left, for times below, and above and right of the bars, CSS px. */
const MARGIN = { left: 46, bottom: 22, top: 6, right: 8 };

/** The colours of the theme, as the canvas needs them. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const colour = (name: string) => {
    probe.style.color = '';
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color || style.color;
  };
  const probe = document.createElement('span');
  probe.className = 'chart-probe';
  element.append(probe);
  const ink = {
    levels: LEVELS.map((level) => colour(`bar-${level}`)),
    gap: colour('gap'),
    shade: colour('shade'),
    line: colour('accent'),
    edge: colour('line'),
    text: colour('dim'),
    font: `12px ${style.fontFamily}`,
  };
  probe.remove();
  return ink;
}

export function viewOf(root: HTMLElement, { buckets, errorsOnly, since, until }: Picture): View {
  const [width, height] = [root.clientWidth, root.clientHeight];
  const area = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: Math.max(1, width - MARGIN.left - MARGIN.right),
    height: Math.max(1, height - MARGIN.top - MARGIN.bottom),
  };
  const highest = Math.max(0, ...buckets.map((bucket) => heightOf(bucket, errorsOnly)));
  return { width, height, area, highest, scale: new Scale(area, { since, until, highest }) };
}

/** Draws everything, sharp on any screen. */
export function paint(
  canvas: HTMLCanvasElement,
  { picture, view, ink, zone }: { picture: Picture; view: View; ink: Ink; zone: string },
): void {
  const ctx = canvas.getContext('2d')!;
  const { width, height, area } = view;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  ctx.scale(devicePixelRatio, devicePixelRatio);
  const drawing = { ctx, picture, ink, ...view };
  paintAxes(drawing, zone);
  ctx.beginPath();
  ctx.rect(area.left, area.top, area.width, area.height);
  ctx.clip();
  paintBands(drawing);
  for (const bucket of picture.buckets) if (bucket.total > 0) paintBar(drawing, bucket);
  if (picture.cursor) paintCursor(drawing, picture.cursor);
}

/** The most that a bar shows. */
function heightOf(bucket: Bucket, errorsOnly: boolean): number {
  return errorsOnly ? errorsOf(bucket) : bucket.total;
}

function paintAxes({ ctx, picture, ink, area, scale, width, highest }: Drawing, zone: string): void {
  const bottom = area.top + area.height;
  ctx.fillStyle = ink.edge;
  ctx.fillRect(area.left, bottom, area.width, 1);
  ctx.fillStyle = ink.text;
  ctx.font = ink.font;
  ctx.textAlign = 'right';
  ctx.textBaseline = 'middle';
  for (const count of countTicks(highest, area.height)) ctx.fillText(shortCount(count), area.left - 6, scale.y(count));
  ctx.textAlign = 'center';
  ctx.textBaseline = 'top';
  for (const { at, label } of timeTicks(picture.since, picture.until, zone, area.width)) {
    const half = ctx.measureText(label).width / 2;
    const x = scale.x(at);
    ctx.fillRect(Math.round(x), bottom + 1, 1, 3);
    ctx.fillText(label, Math.min(width - half, x), bottom + 7);
  }
}

/** Bars in a stack, the most severe at the bottom, so that errors are seen under a mass of info. */
function paintBar({ ctx, picture, ink, scale }: Drawing, bucket: Bucket): void {
  const from = Math.max(bucket.at, picture.since);
  const to = Math.min(bucket.at + picture.every, picture.until);
  const [left, right] = [sharp(scale.x(from)), sharp(scale.x(to))];
  const width = Math.max(1, right - left - (right - left > 6 ? 1 : 0));
  let below = 0;
  for (const [level, count] of bucket.counts.entries()) {
    if (count === 0 || (picture.errorsOnly && level > 3)) continue;
    const [bottom, top] = [scale.y(below), scale.y(below + count)];
    // A single error must be seen beside a million of info.
    const height = Math.max(level <= 4 ? 2 : 1, bottom - top);
    ctx.fillStyle = ink.levels[level]!;
    ctx.fillRect(left, bottom - height, width, height);
    below += count;
  }
  if (to - from >= picture.every) return;
  const top = scale.y(heightOf(bucket, picture.errorsOnly));
  hatch(ctx, { left, top, width, height: scale.y(0) - top }, ink.shade);
}

/** Times in which messages are missing, and those that retention has emptied. */
function paintBands({ ctx, picture, ink, area, scale }: Drawing): void {
  const { removedBefore, since, until, gaps } = picture;
  if (removedBefore !== undefined && removedBefore > since) {
    ctx.globalAlpha = 0.25;
    ctx.fillStyle = ink.shade;
    ctx.fillRect(area.left, area.top, scale.x(removedBefore) - area.left, area.height);
    ctx.globalAlpha = 1;
  }
  for (const gap of gaps) {
    const left = scale.x(Math.max(gap.from, since));
    const right = scale.x(Math.min(gap.to, until));
    if (right < left) continue;
    const band = { ...area, left, width: Math.max(3, right - left) };
    ctx.globalAlpha = 0.14;
    ctx.fillStyle = ink.gap;
    ctx.fillRect(band.left, band.top, band.width, band.height);
    ctx.globalAlpha = 1;
    hatch(ctx, band, ink.gap);
  }
}

function paintCursor({ ctx, ink, area, scale }: Drawing, { from, to }: { from: number; to: number }): void {
  const left = scale.x(from);
  ctx.strokeStyle = ink.line;
  ctx.lineWidth = 2;
  ctx.strokeRect(left, area.top + 1, Math.max(2, scale.x(to) - left), area.height - 2);
}

function hatch(ctx: CanvasRenderingContext2D, { left, top, width, height }: Area, ink: string): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = ink;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += 6) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

/** The nearest edge of a pixel of the screen. */
function sharp(x: number): number {
  return Math.round(x * devicePixelRatio) / devicePixelRatio;
}
