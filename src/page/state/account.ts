import { effect, signal } from '@preact/signals';
import type { Account } from '../api/answers.ts';
import { ask } from '../api/client.ts';
import { answered, scopeOf } from './search.ts';

/** What became of everything received in the window on the screen; undefined if the user may not see it. */
export const account = signal<Account | undefined>(undefined);

/** Asks again whenever another window is on the screen. */
export function keepAccount(): () => void {
  let key = '';
  let abort = new AbortController();
  return effect(() => {
    const window = answered.value?.window;
    if (!window) return;
    const { since, until } = window;
    if (key === `${since} ${until}`) return;
    key = `${since} ${until}`;
    abort.abort();
    abort = new AbortController();
    ask<Account>('account', scopeOf(window), abort.signal)
      .then((answer) => {
        account.value = answer;
      })
      .catch(() => {
        account.value = undefined;
      });
  });
}
