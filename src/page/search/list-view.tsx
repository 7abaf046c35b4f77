import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Row } from '../api/answers.ts';
import { cellText, COLUMN_SPACE, type LineLook } from '../list/line.ts';
import { LineList } from '../list/list.ts';
import { current } from '../state/current.ts';
import { pauseLive, resumeLive } from '../state/live.ts';
import { answered, failure, isLoadingOlder, isSearching, lines, loadOlder } from '../state/search.ts';
import { wordsOf } from '../state/terms.ts';
import { change, view, zone } from '../state/view.ts';
import { counted } from '../text/numbers.ts';
import { markerOf } from '../text/pieces.ts';
import { ColumnHeads } from './columns.tsx';
import { Empty } from './empty.tsx';
import { Footer } from './footer.tsx';
import { theList } from './the-list.ts';

/** So many lines that are not looked at pause the live view; it goes on from there. */
const MOST_UNSEEN = 5000;

/** The lines with their heads, what is said in place of them, and the pill that leads back to the newest. */
export function ListView() {
  const root = useRef<HTMLDivElement>(null);
  const shown = useSignal(lines.messages);
  const unseen = useSignal(0);
  const { order, columns, wraps, selected } = view.value;
  const answer = answered.value;
  useEffect(() => {
    const list = new LineList(root.current!, {
      lines,
      look: () => lookIn(root.current!),
      order,
      onOldest: () => void loadOlder(),
      onCurrent: (message) => {
        current.value = message;
        change({ selected: message?._id ?? '' });
      },
      onUnseen: (count) => {
        unseen.value = count;
        if (count > MOST_UNSEEN) pauseLive();
        else if (count === 0) resumeLive();
      },
    });
    theList.value = list;
    const stop = lines.listen(({ kind }) => {
      shown.value = lines.messages;
      if (kind === 'reset' && view.value.selected) list.reveal(view.value.selected);
    });
    return () => {
      stop();
      list[Symbol.dispose]();
      theList.value = undefined;
    };
  }, [order]);
  useEffect(() => {
    theList.value?.refresh();
  }, [columns.join(), zone.value, wraps]);
  useEffect(() => theList.value?.setCurrent(selected || undefined), [selected]);
  const isEmpty = answer !== undefined && !isSearching.value && shown.value === 0;
  const fault = failure.value && failure.value.problem.column === undefined ? failure.value.message : undefined;
  return (
    <section class="lines-area" aria-label="Lines" aria-busy={isSearching.value}>
      <ColumnHeads />
      {fault && (
        <p class="banner" role="alert">
          {fault}
        </p>
      )}
      <div
        id="lines"
        class={`lines ${wraps ? 'lines-wrap' : ''} ${isSearching.value ? 'lines-old' : ''}`}
        ref={root}
        role="listbox"
        aria-label="Messages"
        tabIndex={0}
      />
      {isEmpty && !fault && <Empty />}
      {isLoadingOlder.value && <p class="loading-older">loading older lines</p>}
      {unseen.value > 0 && (
        <button type="button" class="unseen-pill" onClick={toNewest}>
          {order === 'oldest' ? '↓' : '↑'} {counted(unseen.value, 'new line')}
        </button>
      )}
      <p class="unseen" aria-live="polite">
        {isSearching.value ? '' : counted(shown.value, 'line')}
      </p>
      <Footer shown={shown.value} />
    </section>
  );
}

/** How lines look now. The columns get their widths before lines are built: the heights of those that wrap follow. */
function lookIn(list: HTMLElement): LineLook {
  const { columns, query } = view.value;
  const { since, until = Date.now() } = answered.value?.window ?? {};
  const hasDates = since === undefined || until - since > 20 * 3_600_000;
  const room = roomOf(columns, lines.rows, hasDates);
  setWidths(list, columns, room);
  return { columns, zone: zone.value, marks: markerOf(wordsOf(query)), hasDates, room };
}

/** Back to the lines that come: the details would hold the list still. */
function toNewest(): void {
  current.value = undefined;
  change({ selected: '' });
  theList.value?.setCurrent(undefined);
  theList.value?.toNewest();
}

/** The heads are beside the list and have the same columns. */
function setWidths(list: HTMLElement, columns: readonly string[], room: ReadonlyMap<string, number>): void {
  const widths = columns.map((column) =>
    column === 'message' ? 'minmax(20ch, 1fr)' : `${room.get(column)! + COLUMN_SPACE}ch`,
  );
  if (!columns.includes('message')) widths.push('1fr');
  list.parentElement?.style.setProperty('--columns', widths.join(' '));
}

/** Letters that columns have room for: names as many as the longest of the lines needs, within limits. */
function roomOf(columns: readonly string[], rows: readonly Row[], hasDates: boolean): Map<string, number> {
  const sample = rows.slice(-1000);
  const longest = (column: string, least: number) => {
    let room = least;
    for (const row of sample) if ('_id' in row) room = Math.max(room, cellText(column, row).length);
    return Math.min(room, 24);
  };
  const roomFor = (column: string) => {
    if (column === 'message') return 0;
    if (column === 'time') return hasDates ? 18 : 12;
    if (column === 'level') return 9;
    return longest(column, column === 'hostname' ? 6 : column === 'appname' ? 8 : column.length);
  };
  return new Map(columns.map((column) => [column, roomFor(column)]));
}
