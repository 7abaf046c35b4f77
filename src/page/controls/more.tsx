import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { count } from '../text/numbers.ts';

type MoreProps<Item> = {
  readonly items: readonly Item[];
  /** How many are shown at first, and how many more each time. */
  readonly step: number;
  readonly children: (shown: readonly Item[]) => ComponentChildren;
};

/** The first items of a long list, and more on request. */
export function More<Item>({ items, step, children }: MoreProps<Item>) {
  const most = useSignal(step);
  const left = items.length - most.value;
  return (
    <>
      {children(items.slice(0, most.value))}
      {left > 0 && (
        <p class="more">
          <button type="button" onClick={() => (most.value += step)}>
            {count(Math.min(step, left))} more of {count(left)}
          </button>
        </p>
      )}
    </>
  );
}
