import { DAY } from '../base/units.ts';
import { decodeId, encodeId } from '../model/id.ts';
import type { BacktestOptions, BacktestRow } from './contract.ts';
import { Channels } from './delivery/channels.ts';
import { deliver } from './delivery/deliver.ts';
import { deliveries, type DeliveryRow, post } from './delivery/outbox.ts';
import { advance, readyRule } from './evaluate/evaluate.ts';
import { noticeOf } from './evaluate/rule-notice.ts';
import type { RuleState } from './evaluate/rule-state.ts';
import type { AlertWorld } from './evaluate/world.ts';
import type { Notice } from './notices/notice.ts';
import { judgeOf } from './registry.ts';
import type { Judge } from './rules/judge.ts';
import type { Rule } from './rules/schemas.ts';

const WEEK = 7 * DAY;
/** Ticks between two reports of progress. */
const STEP = 250;
const NO_RECIPIENT = 'no-recipient';

type Options = BacktestOptions & { readonly maxPerHour: number };

/**
 * Judges a rule over what is stored, by the code that judges it in operation, with the clock set to
 * each tick. Yields the deliveries that would have been made, after grouping, repeats, quiet hours
 * and the hourly limit.
 */
export async function* backtest(
  given: Rule,
  real: AlertWorld,
  { since, until, perWeek, maxPerHour, signal }: Options,
): AsyncGenerator<DeliveryRow | BacktestRow> {
  // A rule without recipients is tried as if it had one.
  const rule = given.to.length > 0 ? given : { ...given, to: [NO_RECIPIENT] };
  let now = since;
  const world: AlertWorld = {
    ...real,
    now: () => now,
    visible: () => real.visible().map((id) => visibleAt(id, now)),
    isComplete: () => true,
  };
  const peaks: number[] = [];
  const ready = readyRule(rule, recordingPeaks(await judgeOf(rule), peaks));
  const ticks = ready.schedule.ticks(since, until);
  const sent: DeliveryRow[] = [];
  const notifier = {
    name: 'backtest',
    send: async (notice: Notice, recipient: string) => {
      sent.push({ notice, recipient, state: 'sent', tries: 0, sentAt: now });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  let state: RuleState | undefined;
  let mails = 0;
  for (const [index, tick] of ticks.entries()) {
    signal.throwIfAborted();
    now = tick;
    const step = await advance(ready, state, world);
    state = step?.state ?? state;
    for (const finding of step?.findings ?? []) await post(world.state, await noticeOf(ready, finding, world));
    if ((await deliveries(world.state)).some((delivery) => delivery.state === 'waiting')) {
      await deliver({
        world,
        notifierOf: () => notifier,
        maxPerHour,
        channels: new Channels(),
        mayGoOn: async () => true,
        unrecorded: new Map(),
      });
    }
    for (const delivery of sent.splice(0)) {
      mails++;
      yield delivery;
    }
    if (index % STEP === STEP - 1) yield { progress: (index + 1) / ticks.length };
  }
  const hasLimit = rule.kind === 'count' && rule.above !== undefined && peaks.length > 0;
  const above = hasLimit ? threshold(rule, peaks, { ms: until - since, perWeek }) : undefined;
  yield {
    ticks: ticks.length,
    mails,
    days: (until - since) / DAY,
    ...(above !== undefined && { threshold: { above, perWeek } }),
  };
}

/** The id, or if it is younger than `now`, the highest id that its node could have had then. */
function visibleAt(id: string, now: number): string {
  const { receivedAt, node } = decodeId(id)!;
  return receivedAt < now ? id : encodeId(Math.max(0, now - 1), node, Number.MAX_SAFE_INTEGER);
}

/** Records the largest count of each window. */
function recordingPeaks(judge: Judge, peaks: number[]): Judge {
  return {
    ...judge,
    judge: (window) => {
      let most = 0;
      for (const count of window.sums().values()) most = Math.max(most, count);
      peaks.push(most);
      return judge.judge(window);
    },
  };
}

type Span = { readonly ms: number; readonly perWeek: number };

/** The lowest limit that would have caused at most `perWeek` mails a week. */
function threshold(rule: Rule, peaks: readonly number[], { ms, perWeek }: Span): number {
  const most = perWeek * Math.max(1, ms / WEEK);
  const ticksToRepeat = Math.max(1, Math.round(rule.repeat / (ms / peaks.length)));
  const mails = rule.to.length * (rule.resolve === 'on' ? 2 : 1);
  let low = 0;
  let high = peaks.reduce((highest, count) => Math.max(highest, count), 0);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (noticesAbove(peaks, middle, ticksToRepeat) * mails <= most) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many notices, repeats included, this limit would have caused. */
function noticesAbove(peaks: readonly number[], above: number, ticksToRepeat: number): number {
  let notices = 0;
  let firing = 0;
  for (const count of peaks) {
    firing = count > above ? firing + 1 : 0;
    if (firing > 0 && (firing - 1) % ticksToRepeat === 0) notices++;
  }
  return notices;
}
