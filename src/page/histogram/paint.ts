import type uPlot from 'uplot';
import type { Gap } from '../api/answers.ts';
import { LEVELS } from '../state/terms.ts';
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
};

/** The colours of the theme, as the canvas needs them. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const colour = (name: string) => {
    probe.style.color = '';
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color || style.color;
  };
  const probe = document.createElement('span');
  element.append(probe);
  const ink = {
    levels: LEVELS.map((level) => colour(`bar-${level}`)),
    gap: colour('gap'),
    shade: colour('shade'),
    line: colour('accent'),
  };
  probe.remove();
  return ink;
}

/** The most that a bar shows. */
export function heightOf(bucket: Bucket, errorsOnly: boolean): number {
  return errorsOnly ? errorsOf(bucket) : bucket.total;
}

/** Bars in a stack, the most severe at the bottom, so that errors are seen under a mass of info. */
export function paintBars(plot: uPlot, picture: Picture, ink: Ink): void {
  const { ctx } = plot;
  ctx.save();
  clip(plot);
  for (const bucket of picture.buckets) {
    if (bucket.total === 0) continue;
    const from = Math.max(bucket.at, picture.since);
    const to = Math.min(bucket.at + picture.every, picture.until);
    const left = plot.valToPos(from, 'x', true);
    const width = plot.valToPos(to, 'x', true) - left;
    const gap = width > 6 ? devicePixelRatio : 0;
    paintStack(plot, bucket, picture.errorsOnly, { left, width: Math.max(1, width - gap) }, ink);
    if (to - from < picture.every) {
      const top = plot.valToPos(heightOf(bucket, picture.errorsOnly), 'y', true);
      hatch(ctx, left, top, width, plot.valToPos(0, 'y', true) - top, ink.shade);
    }
  }
  if (picture.cursor) paintCursor(plot, picture.cursor, ink);
  ctx.restore();
}

function paintStack(
  plot: uPlot,
  bucket: Bucket,
  errorsOnly: boolean,
  { left, width }: { left: number; width: number },
  ink: Ink,
): void {
  let below = 0;
  for (const [level, count] of bucket.counts.entries()) {
    if (count === 0 || (errorsOnly && level > 3)) continue;
    const bottom = plot.valToPos(below, 'y', true);
    const top = plot.valToPos(below + count, 'y', true);
    // A single error must be seen beside a million of info.
    const height = Math.max(level <= 4 ? 2 * devicePixelRatio : 1, bottom - top);
    plot.ctx.fillStyle = ink.levels[level]!;
    plot.ctx.fillRect(left, bottom - height, width, height);
    below += count;
  }
}

/** Times in which messages are missing, and those that retention has emptied. */
export function paintBands(plot: uPlot, picture: Picture, ink: Ink): void {
  const { ctx, bbox } = plot;
  ctx.save();
  clip(plot);
  const { removedBefore } = picture;
  if (removedBefore !== undefined && removedBefore > picture.since) {
    const left = plot.valToPos(picture.since, 'x', true);
    ctx.globalAlpha = 0.25;
    ctx.fillStyle = ink.shade;
    ctx.fillRect(left, bbox.top, plot.valToPos(removedBefore, 'x', true) - left, bbox.height);
    ctx.globalAlpha = 1;
  }
  for (const gap of picture.gaps) {
    const left = plot.valToPos(Math.max(gap.from, picture.since), 'x', true);
    const right = plot.valToPos(Math.min(gap.to, picture.until), 'x', true);
    if (right < left) continue;
    const width = Math.max(3 * devicePixelRatio, right - left);
    ctx.globalAlpha = 0.14;
    ctx.fillStyle = ink.gap;
    ctx.fillRect(left, bbox.top, width, bbox.height);
    ctx.globalAlpha = 1;
    hatch(ctx, left, bbox.top, width, bbox.height, ink.gap);
  }
  ctx.restore();
}

function paintCursor(plot: uPlot, { from, to }: { from: number; to: number }, ink: Ink): void {
  const { ctx, bbox } = plot;
  const left = plot.valToPos(from, 'x', true);
  const width = Math.max(2, plot.valToPos(to, 'x', true) - left);
  ctx.strokeStyle = ink.line;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.strokeRect(left, bbox.top + 1, width, bbox.height - 2);
}

function hatch(ctx: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, ink: string) {
  const step = 6 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = ink;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += step) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

function clip({ ctx, bbox }: uPlot): void {
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
}
