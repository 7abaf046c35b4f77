import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { errorsOnly, isDark } from '../state/settings.ts';
import { reasonText } from '../list/gap-text.ts';
import { removedBefore } from '../state/retention.ts';
import { answered, histogram } from '../state/search.ts';
import { go, zone } from '../state/view.ts';
import { LEVELS } from '../state/terms.ts';
import { widened } from '../state/window.ts';
import { count, counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { rfc3339, shortTime, span } from '../time/zone.ts';
import { Chart } from './chart.ts';
import type { Picture } from './paint.ts';
import { type Bucket, bucketsOf, errorsOf, summaryOf } from './stack.ts';
import { BucketTable } from './table.tsx';

/** Messages over time: drag to choose a window, click a bar, or use the arrow keys. */
export function HistogramView() {
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart>(null);
  const cursor = useSignal<{ from: number; to: number } | undefined>(undefined);
  const hovered = useSignal<{ bucket: Bucket; left: number } | undefined>(undefined);
  const isTable = useSignal(false);
  const picture = useComputed(() => pictureOf(cursor.value));
  useEffect(() => {
    const { value } = picture;
    if (!value || !root.current) return;
    chart.current = new Chart(root.current, value, {
      zone: zone.value,
      onChoose: chooseWindow,
      onWiden: widen,
      onHover: (bucket, left) => {
        hovered.value = bucket && { bucket, left };
      },
    });
    return () => chart.current?.[Symbol.dispose]();
  }, [picture.value !== undefined, zone.value]);
  useEffect(() => {
    if (picture.value) chart.current?.show(picture.value);
  }, [picture.value, isDark.value]);
  const shown = picture.value;
  return (
    <section class="histogram" aria-label="Messages over time">
      <div
        class="chart"
        ref={root}
        tabIndex={0}
        role="img"
        aria-label={shown ? sentence(shown) : 'not counted yet'}
        onKeyDown={(event) => onKey(event, shown, cursor)}
        onPointerLeave={() => {
          hovered.value = undefined;
        }}
      />
      {hovered.value && shown && <Tooltip {...hovered.value} picture={shown} />}
      <p class="histogram-notes">
        {shown && <GapNotes picture={shown} />}
        {shown?.removedBefore !== undefined && shown.removedBefore > shown.since && (
          <span class="hint">removed by retention before {shortTime(shown.removedBefore, zone.value, Date.now())}</span>
        )}
        <button
          type="button"
          class="quiet"
          aria-pressed={errorsOnly.value}
          onClick={() => (errorsOnly.value = !errorsOnly.value)}
        >
          errors only
        </button>
        <button
          type="button"
          class="quiet"
          aria-pressed={isTable.value}
          onClick={() => (isTable.value = !isTable.value)}
        >
          table
        </button>
      </p>
      {isTable.value && shown && <BucketTable picture={shown} />}
    </section>
  );
}

function pictureOf(cursor: Picture['cursor']): Picture | undefined {
  const [answer, counts] = [answered.value, histogram.value];
  if (!answer || !counts) return undefined;
  const buckets = bucketsOf(counts, answer.window);
  const since = answer.window.since ?? buckets[0]?.at ?? answer.window.until - 1;
  const { until } = answer.window;
  return {
    buckets,
    every: counts.every,
    since,
    until,
    gaps: answer.gaps,
    removedBefore: removedBefore.value,
    errorsOnly: errorsOnly.value,
    cursor,
  };
}

function sentence({ buckets, every }: Picture): string {
  const { total, errors, highest } = summaryOf(buckets);
  const most = highest ? `, most at ${shortTime(highest.at, zone.value, Date.now())}` : '';
  return `${counted(total, 'message')}, ${counted(errors, 'error')} or worse${most}; a bar is ${span(every)}`;
}

function chooseWindow(from: number, to: number): void {
  go({ from: rfc3339(from, zone.value), to: rfc3339(to, zone.value), isLive: false });
}

function widen(): void {
  const window = answered.value?.window;
  if (window?.since !== undefined) chooseWindow(...widened(window.since, window.until, Date.now()));
}

function onKey(
  event: KeyboardEvent,
  picture: Picture | undefined,
  cursor: { value: { from: number; to: number } | undefined },
): void {
  if (!picture || picture.buckets.length === 0) return;
  const { every, buckets } = picture;
  const [first, last] = [buckets[0]!.at, buckets.at(-1)!.at];
  const step = { ArrowLeft: -every, ArrowRight: every }[event.key];
  if (step !== undefined) {
    const now = cursor.value ?? { from: step > 0 ? first - every : last + every, to: 0 };
    const at = Math.min(last, Math.max(first, (event.shiftKey && cursor.value ? now.to - every : now.from) + step));
    const from = event.shiftKey && cursor.value ? Math.min(now.from, at) : at;
    cursor.value = { from, to: at + every };
  } else if (event.key === 'Enter' && cursor.value) {
    chooseWindow(cursor.value.from, cursor.value.to);
    cursor.value = undefined;
  } else if (event.key === '-') widen();
  else if (event.key === 'Escape' && cursor.value) cursor.value = undefined;
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function Tooltip({ bucket, left, picture }: { bucket: Bucket; left: number; picture: Picture }) {
  const inside = picture.gaps.filter((gap) => gap.from < bucket.at + picture.every && gap.to > bucket.at);
  const isRight = left > (globalThis.innerWidth ?? 0) / 2;
  return (
    <div class={`tooltip ${isRight ? 'tooltip-left' : ''}`} style={{ insetInlineStart: `${left}px` }}>
      <strong>{shortTime(bucket.at, zone.value, Date.now())}</strong> · {span(picture.every)}
      <br />
      {counted(bucket.total, 'message')}
      {errorsOf(bucket) > 0 && `, ${counted(errorsOf(bucket), 'error')} or worse`}
      {bucket.counts.map((each, level) =>
        each > 0 ? (
          <span class={`tooltip-level level-${LEVELS[level]}`} key={level}>
            <span class="mark" />
            {LEVELS[level]} {count(each)}
          </span>
        ) : null,
      )}
      {inside.map((gap) => (
        <span class="tooltip-gap" key={`${gap.from} ${gap.reason}`}>
          <Text text={reasonText(gap)} />
        </span>
      ))}
    </div>
  );
}

/** What is missing in the window, in words beside the hatched bands. */
function GapNotes({ picture: { gaps } }: { picture: Picture }) {
  const [first] = gaps;
  if (!first) return null;
  return (
    <span class="gap-note">
      <span class="swatch-gap" aria-hidden="true" />
      {shortTime(first.from, zone.value, Date.now())} <Text text={reasonText(first)} />
      {gaps.length > 1 && `, and ${counted(gaps.length - 1, 'more gap')}`}
    </span>
  );
}
