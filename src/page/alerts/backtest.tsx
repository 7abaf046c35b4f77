import { useSignal } from '@preact/signals';
import { change } from '../api/client.ts';
import type { Backtest, Letter, Verdict } from '../api/operations.ts';
import { More } from '../controls/more.tsx';
import { counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { LetterList } from './letters.tsx';

const SPANS = [
  ['-1h', 'hour'],
  ['-24h', '24 hours'],
  ['-7d', '7 days'],
  ['-30d', '30 days'],
] as const;
const STEP = 20;

/** Judges a rule over the past: the mails that it would have sent. It changes nothing. */
export function BacktestView({ rule, zone }: { rule: string; zone: string }) {
  const since = useSignal('-24h');
  const isBusy = useSignal(false);
  const answer = useSignal<Backtest | undefined>(undefined);
  const fault = useSignal('');
  const run = async () => {
    isBusy.value = true;
    fault.value = '';
    try {
      const path = `alerts/${encodeURIComponent(rule)}/test`;
      answer.value = await change<Backtest>('POST', path, { since: since.value, zone });
    } catch (error) {
      answer.value = undefined;
      fault.value = error instanceof Error ? error.message : String(error);
    }
    isBusy.value = false;
  };
  return (
    <div class="backtest">
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy.value) void run();
        }}
      >
        <label>
          Judge the last{' '}
          <select value={since.value} onChange={(event) => (since.value = event.currentTarget.value)}>
            {SPANS.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={isBusy.value}>
          {isBusy.value ? 'judging' : 'run'}
        </button>
        <span class="hint">nothing is sent</span>
      </form>
      {fault.value && (
        <p class="fault" role="alert">
          <Text text={fault.value} />
        </p>
      )}
      {answer.value && <Result answer={answer.value} zone={zone} />}
    </div>
  );
}

function Result({ answer: { items }, zone }: { answer: Backtest; zone: string }) {
  const letters = items.filter((row): row is Letter => 'notice' in row);
  const verdict = items.find((row): row is Verdict => 'ticks' in row);
  return (
    <>
      {verdict && <p role="status">{verdictOf(verdict)}</p>}
      <More items={letters} step={STEP}>
        {(shown) => <LetterList letters={shown} zone={zone} areSupposed={true} />}
      </More>
    </>
  );
}

/** `12 mails in 7.0 days, judged 2,016 times; above: 34 would send at most 5 a week` */
function verdictOf({ ticks, mails, days, threshold }: Verdict): string {
  const over = days < 1 ? `${Math.max(1, Math.round(days * 24))} h` : `${days.toFixed(1)} days`;
  const first = `${counted(mails, 'mail')} in ${over}, judged ${counted(ticks, 'time')}`;
  const isFew = threshold && mails <= Math.max(1, days / 7) * threshold.perWeek;
  return threshold && !isFew
    ? `${first}; “above: ${threshold.above}” would send at most ${counted(threshold.perWeek, 'mail')} a week.`
    : `${first}.`;
}
