import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';
import { ask } from '../api/client.ts';
import { scopeOf, answered } from '../state/search.ts';
import { termFor } from '../state/terms.ts';
import { Text } from '../text/text.tsx';

type Offer = { readonly text: string; readonly detail: string };

/** How long the keyboard must rest before values are asked for, ms. */
const REST = 150;
const MAX_OFFERS = 8;

/** Names of fields and their values below the query: arrow keys choose, Tab or Enter takes. */
export function Completion({ input, typed }: { input: RefObject<HTMLInputElement | null>; typed: Signal<string> }) {
  const offers = useSignal<readonly Offer[]>([]);
  const chosen = useSignal(-1);
  useEffect(() => {
    const element = input.current;
    if (!element) return;
    const controller = new AbortController();
    const close = () => {
      offers.value = [];
      chosen.value = -1;
    };
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onInput = () => {
      clearTimeout(timer);
      close();
      timer = setTimeout(async () => {
        offers.value = await offersFor(wordBefore(element), controller.signal).catch(() => []);
      }, REST);
    };
    const take = (offer: Offer) => {
      const { selectionStart } = element;
      const word = wordBefore(element);
      const before = typed.value.slice(0, (selectionStart ?? 0) - word.length) + offer.text;
      typed.value = before + typed.value.slice(selectionStart ?? 0);
      element.value = typed.value;
      element.setSelectionRange(before.length, before.length);
      close();
      if (offer.text.endsWith(':')) onInput();
    };
    const onKey = (event: KeyboardEvent) => {
      const list = offers.value;
      if (list.length === 0) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) chosen.value = (chosen.value + step + list.length) % list.length;
      else if (event.key === 'Tab' && !event.shiftKey) take(list[Math.max(0, chosen.value)]!);
      else if (event.key === 'Enter' && chosen.value >= 0) take(list[chosen.value]!);
      else if (event.key === 'Escape') close();
      else return;
      event.preventDefault();
    };
    const { signal } = controller;
    element.addEventListener('input', onInput, { signal });
    element.addEventListener('keydown', onKey, { signal, capture: true });
    element.addEventListener('blur', () => setTimeout(close, 150), { signal });
    element.addEventListener('offer', (event) => take((event as CustomEvent<Offer>).detail), { signal });
    element.form?.addEventListener('submit', () => clearTimeout(timer), { signal });
    return () => controller.abort();
  }, []);
  if (offers.value.length === 0) return null;
  return (
    <ul class="offers" aria-label="Completions">
      {offers.value.map((offer, index) => (
        <li key={offer.text} class={index === chosen.value ? 'offer offer-chosen' : 'offer'}>
          <button
            type="button"
            tabIndex={-1}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => input.current?.dispatchEvent(new CustomEvent('offer', { detail: offer }))}
          >
            <Text text={offer.text} />
            <span class="offer-detail">{offer.detail}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What is being typed: the text from the last blank or parenthesis to the caret. */
function wordBefore(element: HTMLInputElement): string {
  return /[^\s()]*$/.exec(element.value.slice(0, element.selectionStart ?? 0))?.[0] ?? '';
}

async function offersFor(word: string, abort: AbortSignal): Promise<Offer[]> {
  const sign = /^[-!]?/.exec(word)?.[0] ?? '';
  const [, field, value] = /^([\w.@]+):"?([^"]*)$/.exec(word.slice(sign.length)) ?? [];
  const scope = answered.value ? scopeOf(answered.value.window) : { since: '-24h' };
  if (field !== undefined) {
    const { items } = await ask<{ items: { value: string | number; count: number }[] }>(
      `fields/${encodeURIComponent(field)}/values`,
      { ...scope, prefix: value, limit: MAX_OFFERS },
      abort,
    );
    return items.map((item) => ({ text: sign + termFor(field, item.value), detail: String(item.count) }));
  }
  const start = word.slice(sign.length).toLowerCase();
  if (start.length === 0) return [];
  const { items } = await ask<{ items: { name: string; count: number }[] }>('fields', scope, abort);
  return items
    .filter(({ name }) => name.toLowerCase().startsWith(start))
    .slice(0, MAX_OFFERS)
    .map(({ name, count }) => ({ text: `${sign}${name}:`, detail: String(count) }));
}
