import { reasonOf } from '../base/errors.ts';
import { fault } from '../base/fault.ts';
import { backoff } from '../base/retry.ts';
import type { StoreState } from '../store/contract.ts';
import type { AlertWorld, LetterRow, Notice, Notifier } from './contract.ts';

/** ms between tries: from some seconds to a quarter of an hour. */
const FIRST_TRY = 5000;
const LAST_TRY = 900_000;
/** How long what was sent is remembered: nothing is put in a second time. */
const REMEMBERED = 7 * 86_400_000;
/** The outbox is gone through at least this often, ms: a budget may have room again. */
const LOOK_MS = 60_000;
const PREFIX = 'outbox/';
const HOUR = 3_600_000;

/** A notice for one recipient, until it was taken, and for a week after. */
export type Letter = LetterRow & {
  /** Not to be tried before, ms. */
  readonly nextAt: number;
};

/** Puts a notice in for each of its recipients; what is there already stays as it is. */
export async function post(state: StoreState, notice: Notice): Promise<void> {
  for (const recipient of notice.to) {
    const letter: Letter = { notice, recipient, state: 'waiting', tries: 0, nextAt: notice.notBefore ?? 0 };
    await state.put(keyOf(letter), letter, 0);
  }
}

type Entry = { readonly letter: Letter; readonly key: string; readonly revision: number };

export async function letters(state: StoreState): Promise<Entry[]> {
  return (await state.scan(PREFIX)).map(({ key, value, revision }) => ({ letter: value as Letter, key, revision }));
}

function keyOf({ notice, recipient }: Letter): string {
  return `${PREFIX}${notice.id}/${recipient}`;
}

export type Delivery = {
  readonly world: AlertWorld;
  readonly notifierOf: (recipient: string) => Notifier | undefined;
  /** Mails an hour to one recipient. */
  readonly maxPerHour: number;
  /** Asked before each letter: whether it is still ours to send. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Letters by key that were taken, ms, and could not be written down: they are not sent a second time. */
  readonly unrecorded: Map<string, number>;
};

/**
 * Sends what is due, the oldest first, within the budget; what failed is tried again later.
 * @returns when there may be something to do again, ms, unless something is put in before
 */
export async function deliver(delivery: Delivery): Promise<number> {
  const { world, notifierOf, maxPerHour, mayGoOn } = delivery;
  const { state, now } = world;
  const all = (await letters(state)).sort((a, b) => a.letter.notice.at - b.letter.notice.at);
  const sent = sentTimes(
    all.map(({ letter }) => letter),
    now(),
  );
  const timesOf = (recipient: string): number => sent.get(recipient) ?? 0;
  const held: Entry[] = [];
  let lookAt = now() + LOOK_MS;
  for (const entry of all) {
    const { letter, key, revision } = entry;
    const { recipient, notice } = letter;
    if (letter.state !== 'waiting') {
      if (now() - (letter.sentAt ?? 0) > REMEMBERED) await state.put(key, undefined, revision);
    } else if (letter.nextAt > now()) lookAt = Math.min(lookAt, letter.nextAt);
    else if (timesOf(recipient) >= maxPerHour - 1 && notice.kind !== 'summary') held.push(entry);
    else if (!(await mayGoOn())) return 0;
    else if (await send(entry, notifierOf(recipient), delivery)) sent.set(recipient, timesOf(recipient) + 1);
    else lookAt = Math.min(lookAt, now() + FIRST_TRY / 2);
  }
  const last = held.filter(({ letter }) => letter.tries === 0 && timesOf(letter.recipient) === maxPerHour - 1);
  return (await summarise(last, world)) ? now() : lookAt;
}

/** How often each recipient was sent something within the last hour. */
function sentTimes(all: readonly Letter[], now: number): Map<string, number> {
  const times = new Map<string, number>();
  for (const { recipient, state, sentAt } of all) {
    if (state !== 'sent' || sentAt === undefined || now - sentAt >= HOUR) continue;
    times.set(recipient, (times.get(recipient) ?? 0) + 1);
  }
  return times;
}

async function send(
  { letter, key, revision }: Entry,
  notifier: Notifier | undefined,
  { world: { state, now, log }, unrecorded }: Delivery,
): Promise<boolean> {
  const { notice, recipient } = letter;
  const failure = unrecorded.has(key) ? undefined : await failureOf(letter, notifier);
  if (failure === undefined) {
    const sentAt = unrecorded.get(key) ?? now();
    unrecorded.set(key, sentAt);
    const { failure: _, ...rest } = letter;
    await state.put(key, { ...rest, state: 'sent', sentAt } satisfies Letter, revision);
    unrecorded.delete(key);
    return true;
  }
  const tries = letter.tries + 1;
  const nextAt = now() + backoff(tries, FIRST_TRY, LAST_TRY);
  if (tries === 1) log.error({ recipient, rule: notice.rule }, `cannot tell ${recipient}: ${failure}; trying again`);
  await state.put(key, { ...letter, tries, nextAt, failure } satisfies Letter, revision);
  return false;
}

/** Why a letter was not taken; undefined where it was. */
async function failureOf({ notice, recipient }: Letter, notifier: Notifier | undefined): Promise<string | undefined> {
  try {
    if (!notifier) throw new Error('no notifier serves it: the configuration has no mail: and none of this name');
    fault('sending');
    await notifier.send(notice, recipient);
    fault('sent');
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * The last mail of an hour's budget tells of all that would go beyond it. The summary is put in before what it stands
 * for is taken out: a crash in between tells of something twice, never of nothing.
 */
async function summarise(held: readonly Entry[], { state, now }: AlertWorld): Promise<boolean> {
  for (const [recipient, entries] of Map.groupBy(held, ({ letter }) => letter.recipient)) {
    await post(
      state,
      summaryOf(
        entries.map(({ letter }) => letter.notice),
        recipient,
        now(),
      ),
    );
    for (const { letter, key, revision } of entries) {
      await state.put(key, { ...letter, state: 'summarised', sentAt: now() } satisfies Letter, revision);
    }
  }
  return held.length > 0;
}

function summaryOf(notices: readonly Notice[], recipient: string, at: number): Notice {
  const first = notices[0]!;
  const matchesOf = (some: readonly Notice[]): number => some.reduce((sum, { incident }) => sum + incident.total, 0);
  const rules = [...Map.groupBy(notices, ({ rule }) => rule)].map(([rule, some]) => ({
    rule,
    notices: some.length,
    matches: matchesOf(some),
  }));
  const hosts = new Set(notices.flatMap(({ incident }) => incident.keys.map(([key]) => key))).size;
  const severity = Math.min(...notices.map((notice) => notice.severity));
  return {
    ...first,
    // Of what it stands for: the same summary is put in once, whoever tries.
    id: `summary.${first.id}`,
    kind: 'summary',
    severity,
    to: [recipient],
    at,
    foundAt: at,
    window: { from: Math.min(...notices.map(({ window }) => window.from)), to: at },
    samples: [],
    context: [],
    late: 0,
    summary: {
      notices: notices.length,
      matches: matchesOf(notices),
      rules: rules.sort((a, b) => b.matches - a.matches),
      hosts,
    },
  };
}
