import type { Account } from '../api/answers.ts';
import { account } from '../state/account.ts';
import { summaryOf, bucketsOf } from '../histogram/stack.ts';
import { liveState } from '../state/live.ts';
import { answered, histogram } from '../state/search.ts';
import { zone } from '../state/view.ts';
import { count, counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { shortTime, span } from '../time/zone.ts';

/** One sentence under the lines: how many there are, and whether everything received is accounted for. */
export function Footer({ shown }: { shown: number }) {
  const answer = answered.value;
  if (!answer) return <footer class="footer" />;
  const { since, until } = answer.window;
  const now = Date.now();
  const found = histogram.value && summaryOf(bucketsOf(histogram.value, answer.window)).total;
  const start = since === undefined ? 'the beginning' : shortTime(since, zone.value, now);
  return (
    <footer class="footer">
      <span>
        {found === undefined
          ? counted(shown, 'line')
          : `${count(shown)} of ${counted(Math.max(found, shown), 'line')} shown`}
      </span>
      <span>
        {start} – {shortTime(until, zone.value, now)}
      </span>
      {account.value && <span>{balanceOf(account.value)}</span>}
      <span class={liveState.value === 'off' ? 'footer-took' : ''}>
        {liveText() ?? `${Math.round(answer.took)} ms`}
      </span>
      {answer.uncovered.length > 0 && (
        <span class="footer-warning" title={answer.uncovered.join('\n')}>
          <Text text={answer.uncovered[0]!} />
        </span>
      )}
    </footer>
  );
}

/** How far the live view is behind; undefined if it is off. */
function liveText(): string | undefined {
  const state = liveState.value;
  if (state === 'off') return undefined;
  if (state === 'connecting') return 'live: connecting';
  if (state === 'paused') return 'live: paused';
  return state.behind < 1000 ? 'live' : `live, ${span(state.behind)} behind`;
}

/** `81,565 received = 81,553 stored + 12 dropped by a limit`: all that arrived in the window, whatever the query. */
function balanceOf({ total, listeners }: Account): string {
  const parts = [
    [total.stored, 'stored'],
    [total.dropped, 'dropped by the pipeline'],
    [total.limited, 'dropped by a limit'],
    [total.lost, 'lost'],
    [total.dead, 'set aside'],
    [total.waiting, 'waiting'],
  ] as const;
  const named = parts.filter(([number], index) => index === 0 || number > 0);
  const kernel = listeners.reduce((sum, listener) => sum + listener.kernel, 0);
  const sum = named.map(([number, name]) => `${count(number)} ${name}`).join(' + ');
  const never = kernel > 0 ? `; ${count(kernel)} more dropped by the kernel` : '';
  return `${count(total.received)} received = ${sum}${never}`;
}
