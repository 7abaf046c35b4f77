import { counter, type Counters, gauge, labelledNames } from '../base/counters.ts';
import { countOf } from '../base/text.ts';
import { DAY, formatDuration, MINUTE, SECOND } from '../base/units.ts';

/** A destination that cannot be reached for this long makes the server degraded, ms. */
const DEGRADED_MS = 5 * MINUTE;

/** What each destination counts. */
export const FORWARD_COUNTERS = [
  counter('forward.<forward>.sent', 'messages', 'Messages that a destination has taken'),
  counter('forward.<forward>.bytes', 'bytes', 'Bytes of lines that were sent to a destination'),
  counter('forward.<forward>.again', 'messages', 'Messages that were sent again after a connection broke'),
  counter('forward.<forward>.failures', 'failures', 'Connections to a destination that failed or broke'),
  counter('forward.<forward>.cut', 'messages', 'Messages that were cut at `max_size`'),
  counter('forward.<forward>.dead', 'messages', 'Messages that a destination refused, and that are dead letters now'),
  counter('forward.<forward>.lost', 'messages', 'Messages that retention deleted before they were sent'),
  gauge('forward.<forward>.connected', '0 or 1', '1 while a destination is connected'),
  gauge('forward.<forward>.waiting', 'messages', 'Messages stored and not yet sent, or not to be sent, at most'),
  gauge('forward.<forward>.behind', 'milliseconds', 'How long ago the oldest message arrived that is not done'),
  gauge('forward.<forward>.down', 'milliseconds', 'How long no address of a destination can be reached'),
  gauge(
    'forward.<forward>.loss_in',
    'milliseconds',
    'Time until retention begins to delete what waits, if all goes on as in the last minutes; 0 if it catches up',
  ),
] as const;

/** The names of the counters of these destinations. */
export function forwardCounters(names: readonly string[]): string[] {
  return labelledNames(FORWARD_COUNTERS, names);
}

/** What only grows. */
export type CounterName = 'sent' | 'bytes' | 'again' | 'failures' | 'cut' | 'dead' | 'lost';
type What = CounterName | 'connected' | 'waiting' | 'behind' | 'down' | 'loss_in';

/** The handle of a destination's counter. */
export function forwardCounter(counters: Counters, name: string, what: What): ReturnType<Counters['counter']> {
  return counters.counter(`forward.${name}.${what}`);
}

type Chosen = {
  readonly forward: readonly { readonly name: string }[];
  readonly streams: readonly { readonly keep?: number | undefined }[];
};

/** Which destinations cannot be reached for longer than five minutes, and which soon lose messages, a line for each. */
export function forwardTroubles(counters: Readonly<Record<string, number>>, { forward, streams }: Chosen): string[] {
  // A loss is announced a day before, or once half of what is kept waits.
  const soon = Math.min(DAY, ...streams.map(({ keep = Infinity }) => keep / 2));
  const shown = (ms: number) => formatDuration(Math.max(1, Math.floor(ms / SECOND)) * SECOND);
  return forward.flatMap(({ name }) => {
    const [down, waiting, lossIn] = ['down', 'waiting', 'loss_in'].map(
      (what) => counters[`forward.${name}.${what}`] ?? 0,
    );
    const troubles: string[] = [];
    if (down! >= DEGRADED_MS) {
      const much = countOf(waiting!, 'message');
      troubles.push(
        `cannot forward to ${name} for ${shown(down!)}, ${much} wait at most; cordwood forward list says why`,
      );
    }
    if (lossIn! > 0 && lossIn! < soon) {
      troubles.push(
        `${name} loses messages in ${shown(lossIn!)} if it goes on like this: retention deletes them before they are ` +
          'forwarded; give its streams a longer keep, or it a smaller query',
      );
    }
    return troubles;
  });
}
