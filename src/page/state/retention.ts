import { effect, signal } from '@preact/signals';
import { ask } from '../api/client.ts';
import { answered } from './search.ts';

/** Until when retention has removed messages of at least one stream, ms; undefined if it has not, or is not known. */
export const removedBefore = signal<number | undefined>(undefined);

type Streams = { readonly streams: readonly { readonly taken?: { readonly until: number } }[] };

/** Asks for the edges of retention once the server says that a window is not all covered. */
export function keepRetention(): () => void {
  let asked = '';
  return effect(() => {
    const reasons = answered.value?.uncovered.join() ?? '';
    if (reasons === '' || reasons === asked) return;
    asked = reasons;
    ask<Streams>('streams')
      .then(({ streams }) => {
        const edges = streams.flatMap(({ taken }) => (taken ? [taken.until] : []));
        removedBefore.value = edges.length > 0 ? Math.max(...edges) : undefined;
      })
      .catch(() => {
        removedBefore.value = undefined;
      });
  });
}
