import type { Outbox as OutboxStatus } from '../api/operations.ts';
import { may } from '../state/may.ts';
import { counted } from '../text/numbers.ts';
import { Text } from '../text/text.tsx';
import { shortTime, span } from '../time/zone.ts';
import { askToRetry } from './actions.ts';

type OutboxProps = {
  readonly outbox: OutboxStatus;
  readonly zone: string;
  readonly now: number;
  readonly reload: () => Promise<void>;
};

/** Shown first: while notices cannot be sent, alerts reach no one. */
export function Outbox({ outbox, zone, now, reload }: OutboxProps) {
  const { waiting, since = now, failure, nextAt, refused, lastRefused } = outbox;
  return (
    <section class="card outbox" aria-label="Outbox">
      <h2>Not sent</h2>
      {waiting > 0 && (
        <p>
          {counted(waiting, 'notice')} waiting since {shortTime(since, zone, now)} ({span(Math.max(0, now - since))}):{' '}
          <Text text={failure ?? 'the limit mail.max_per_hour is reached'} />
          {nextAt !== undefined && <span class="hint"> next try {shortTime(nextAt, zone, now)}</span>}
        </p>
      )}
      {lastRefused && (
        <p>
          {counted(refused, 'notice')} rejected for good, the last for <Text text={lastRefused.recipient} /> at{' '}
          {shortTime(lastRefused.at, zone, now)}: <Text text={lastRefused.failure} />
        </p>
      )}
      {may('operate') && (
        <p class="row">
          <button type="button" onClick={() => askToRetry(waiting + refused, reload)}>
            try again
          </button>
        </p>
      )}
    </section>
  );
}
