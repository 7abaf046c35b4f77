import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Message, Messages, Row } from '../api/answers.ts';
import { ask } from '../api/client.ts';
import { lineOf } from '../list/line.ts';
import { change, view, zone } from '../state/view.ts';

const STEP = 20;

/** The lines of the same host before and after a message; more on request. */
export function Around({ message }: { message: Message }) {
  const rows = useSignal<readonly Row[] | undefined>(undefined);
  const isOpen = view.value.around === message._id;
  const context = useSignal(STEP);
  const fault = useSignal('');
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    context.value = STEP;
    rows.value = undefined;
  }, [message._id]);
  useEffect(() => {
    if (!isOpen) return;
    const abort = new AbortController();
    ask<Messages>(`messages/${message._id}`, { context: context.value }, abort.signal).then(
      (answer) => {
        rows.value = answer.items;
        fault.value = '';
      },
      (error: unknown) => {
        if (!abort.signal.aborted) fault.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => abort.abort();
  }, [isOpen, context.value, message._id]);
  useEffect(() => {
    const look = { columns: ['time', 'appname', 'message'], zone: zone.value, hasDates: false };
    list.current?.replaceChildren(...(rows.value ?? []).map((row) => plainLine(row, message._id, look)));
    const here = list.current?.querySelector<HTMLElement>('.line-here');
    // The list alone is scrolled: `scrollIntoView` would move the details, too.
    if (here && list.current) list.current.scrollTop = here.offsetTop - list.current.clientHeight / 2;
  }, [rows.value, zone.value, isOpen]);
  return (
    <section class="around" aria-label="Lines around">
      <button
        type="button"
        id="around"
        aria-expanded={isOpen}
        title="Lines of the same host before and after (c)"
        onClick={() => change({ around: isOpen ? '' : message._id })}
      >
        lines around
      </button>
      {fault.value && (
        <p class="fault" role="alert">
          {fault.value}
        </p>
      )}
      {isOpen && rows.value && (
        <>
          <div
            class="around-lines"
            ref={list}
            tabIndex={0}
            role="group"
            aria-label={`Lines around, ${context.value} on each side`}
          />
          <button type="button" class="quiet" onClick={() => (context.value = Math.min(500, context.value * 3))}>
            more
          </button>
        </>
      )}
    </section>
  );
}

/** The lines around are read, not chosen. */
export function plainLine(row: Row, here: string, look: Parameters<typeof lineOf>[1]): HTMLElement {
  const line = lineOf(row, look);
  line.removeAttribute('role');
  line.removeAttribute('aria-selected');
  line.removeAttribute('aria-disabled');
  line.removeAttribute('id');
  line.classList.remove('line-context');
  if ('_id' in row && row._id === here) line.classList.add('line-here');
  return line;
}
