import { decodeId, encodeId } from '../../model/id.ts';
import { judgeOf } from '../alerting.ts';
import type { AlertWorld, BacktestOptions, BacktestRow, Judge, LetterRow, Notice, Rule } from '../contract.ts';
import { advance, readyRule, type RuleState } from './evaluate.ts';
import { noticeOf } from '../notice.ts';
import { deliver } from '../delivery/delivery.ts';
import { letters, post } from '../delivery/outbox.ts';
import { Ways } from '../delivery/channels.ts';

const WEEK = 7 * 86_400_000;
const DAY = 86_400_000;
/** Ticks between two words about progress. */
const STEP = 250;

type Options = BacktestOptions & { readonly maxPerHour: number };

/**
 * Judges a rule over what is stored, by the code that judges it every day, with the clock of then: the letters that
 * would have been sent, after grouping, repeats, quiet hours and budget.
 */
export async function* backtest(
  rule: Rule,
  real: AlertWorld,
  { since, until, perWeek, maxPerHour, signal }: Options,
): AsyncGenerator<LetterRow | BacktestRow> {
  let now = since;
  const world: AlertWorld = {
    ...real,
    now: () => now,
    visible: () => real.visible().map((id) => upTo(id, now)),
    reached: () => true,
  };
  const loudest: number[] = [];
  const ready = readyRule(rule, watched(await judgeOf(rule), loudest));
  const ticks = ready.schedule.ticks(since, until);
  const told: LetterRow[] = [];
  const notifier = {
    name: 'backtest',
    send: async (notice: Notice, recipient: string) => {
      told.push({ notice, recipient, state: 'sent', tries: 0, sentAt: now });
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
    if ((await letters(world.state)).some(({ letter }) => letter.state === 'waiting')) {
      await deliver({
        world,
        notifierOf: () => notifier,
        maxPerHour,
        ways: new Ways(),
        mayGoOn: async () => true,
        unrecorded: new Map(),
      });
    }
    for (const letter of told.splice(0)) {
      mails++;
      yield letter;
    }
    if (index % STEP === STEP - 1) yield { progress: (index + 1) / ticks.length };
  }
  const limited = rule.kind === 'count' && rule.above !== undefined && loudest.length > 0;
  const above = limited ? threshold(rule, loudest, { ms: until - since, perWeek }) : undefined;
  yield {
    ticks: ticks.length,
    mails,
    days: (until - since) / DAY,
    ...(above !== undefined && { threshold: { above, perWeek } }),
  };
}

/** The id, or where it is younger than `now` the highest that its node could have had then. */
function upTo(id: string, now: number): string {
  const { receivedAt, node } = decodeId(id)!;
  return receivedAt < now ? id : encodeId(Math.max(0, now - 1), node, Number.MAX_SAFE_INTEGER);
}

/** Remembers the largest count of each window. */
function watched(judge: Judge, loudest: number[]): Judge {
  return {
    ...judge,
    judge: (window) => {
      let most = 0;
      for (const count of window.sums().values()) most = Math.max(most, count);
      loudest.push(most);
      return judge.judge(window);
    },
  };
}

type Span = { readonly ms: number; readonly perWeek: number };

/** The lowest limit with which no more than `perWeek` mails a week would have been sent. */
function threshold(rule: Rule, loudest: readonly number[], { ms, perWeek }: Span): number {
  const most = perWeek * Math.max(1, ms / WEEK);
  const ticksToRepeat = Math.max(1, Math.round(rule.repeat / (ms / loudest.length)));
  const mails = rule.to.length * (rule.resolve === 'on' ? 2 : 1);
  let low = 0;
  let high = loudest.reduce((highest, count) => Math.max(highest, count), 0);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (incidentsAbove(loudest, middle, ticksToRepeat) * mails <= most) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How often it would have been told that the limit was passed, repeats included. */
function incidentsAbove(loudest: readonly number[], above: number, ticksToRepeat: number): number {
  let told = 0;
  let firing = 0;
  for (const count of loudest) {
    firing = count > above ? firing + 1 : 0;
    if (firing > 0 && (firing - 1) % ticksToRepeat === 0) told++;
  }
  return told;
}
