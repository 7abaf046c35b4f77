import { type Account, EARLIER_RUN, type ListenerAccount } from '../account/contract.ts';
import { countOf } from '../base/text.ts';
import { DAY } from '../base/units.ts';
import { sdFieldName } from '../model/fields.ts';
import type { Filter } from '../model/filter.ts';
import type { Group } from '../model/query.ts';
import { TRAIL_ID } from '../relay/contract.ts';
import type { AnswerContext } from './context.ts';

/** Days named in a sentence, at most. */
const DAYS = 5;

/** Numbers of messages by listener. */
type Counts = ReadonlyMap<string, number>;

/** The account, compared with what the store holds. */
export async function verified(account: Account, context: AnswerContext, signal: AbortSignal): Promise<Account> {
  const found = byListener(await foundIn(account, context, signal));
  const readBack = readBackOf(account, found);
  const listeners = account.listeners.map((row) => ({
    ...row,
    found: found.get(row.name) ?? 0,
    ...(readBack.has(row.name) && { readBack: readBack.get(row.name)! }),
  }));
  const names = new Set([...account.listeners.map(({ name }) => name), ...found.keys()]);
  const less = [...names].filter((name) => (found.get(name) ?? 0) < sum(account, name, 'stored'));
  const from = await comparedSince(account, context);
  const lost = less.length === 0 ? [] : await losses(account, from, context, signal);
  const faults = [...account.faults, ...lost, ...(await surpluses(account, found, context))];
  return { ...account, listeners, faults, ...(from > account.since && { comparedSince: from }) };
}

/** The start of the first day of which retention has removed nothing, or that of the window if it is later. */
async function comparedSince({ since }: Account, { store }: AnswerContext): Promise<number> {
  const edges = (await store.retentionEdges()).filter(({ until }) => until > since);
  return edges.length === 0 ? since : Math.ceil(Math.max(...edges.map(({ until }) => until)) / DAY) * DAY;
}

/** The parameter of a relayed message with the listener that received it here: its source names one of another server. */
const RECEIVED_BY = sdFieldName(TRAIL_ID, 'in');
const RELAYED: Filter = { kind: 'exists', field: RECEIVED_BY };

/** What the store holds of the window, by listener. */
async function foundIn(window: Account, context: AnswerContext, signal: AbortSignal, every?: number): Promise<Group[]> {
  const count = (filter: Filter, by: string): Promise<Group[]> =>
    context.store.aggregate(
      { filter, since: window.since, until: window.until, upTo: context.visible(), order: 'oldest' },
      { by: [by], ...(every !== undefined && { every }) },
      signal,
    );
  if (!window.relays) return await count({ kind: 'all' }, 'source.listener');
  const own = await count({ kind: 'not', of: RELAYED }, 'source.listener');
  return [...own, ...(await count(RELAYED, RECEIVED_BY))];
}

function byListener(groups: readonly Group[]): Counts {
  const counts = new Map<string, number>();
  for (const { values, count } of groups) {
    const name = String(values[0]);
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}

/**
 * Messages that an earlier run has stored, and that this one reads back from the spool: they are counted as stored once it
 * has read them. By listener, as far as the store has more than was counted.
 */
function readBackOf(account: Account, found: Counts): Counts {
  let left = sum(account, EARLIER_RUN, 'waiting');
  const readBack = new Map<string, number>();
  for (const [name, count] of found) {
    const more = Math.min(left, Math.max(0, count - sum(account, name, 'stored') - sum(account, name, 'waiting')));
    if (more > 0) readBack.set(name, more);
    left -= more;
  }
  return readBack;
}

/** Days of which the store holds less than was stored, though retention has removed nothing of them. */
async function losses(account: Account, from: number, context: AnswerContext, signal: AbortSignal): Promise<string[]> {
  const stored = new Map<number, Account>();
  for (let day = Math.floor(from / DAY) * DAY; day < account.until; day += DAY) {
    stored.set(day, await context.account({ from: Math.max(from, day), to: Math.min(day + DAY, account.until) }));
  }
  // Asked last: what was counted as stored by then is in the store.
  const found = Map.groupBy(await foundIn(account, context, signal, DAY), ({ at }) => at ?? 0);
  const lost = new Map<string, Loss>();
  for (const [day, counted] of stored) addLosses(lost, day, counted, byListener(found.get(day) ?? []));
  return Array.from(lost, ([name, { stored: messages, found: have, days }]) => {
    const counts = `${countOf(messages, 'message')} of ${daysText(days)} were stored, but the store holds ${have} of them`;
    return `${name}: ${counts}, and retention removed none: see \`cordwood stats\` and the server's log for damage`;
  });
}

type Loss = { stored: number; found: number; readonly days: string[] };

function addLosses(lost: Map<string, Loss>, day: number, counted: Account, found: Counts): void {
  for (const name of new Set(counted.listeners.map((row) => row.name))) {
    const [stored, have] = [sum(counted, name, 'stored'), found.get(name) ?? 0];
    if (have >= stored) continue;
    const loss = lost.get(name) ?? { stored: 0, found: 0, days: [] };
    lost.set(name, loss);
    loss.stored += stored;
    loss.found += have;
    loss.days.push(new Date(day).toISOString().slice(0, 10));
  }
}

function daysText(days: readonly string[]): string {
  const more = days.length - DAYS;
  return `${days.slice(0, DAYS).join(', ')}${more > 0 ? ` and ${countOf(more, 'more day')}` : ''}`;
}

/** Listeners of which the store holds more than was received. */
async function surpluses(account: Account, found: Counts, context: AnswerContext): Promise<string[]> {
  const counted = (now: Account, name: string): number => sum(now, name, 'stored') + sum(now, name, 'waiting');
  const more = [...found.keys()].filter((name) => found.get(name)! > counted(account, name));
  if (more.length === 0) return [];
  // More may have arrived before the store was asked: what it holds is compared with what is counted by now.
  const now = await context.account({ from: account.since, to: account.until });
  const readBack = readBackOf(now, found);
  return more
    .filter((name) => found.get(name)! > counted(now, name) + (readBack.get(name) ?? 0))
    .map(
      (name) =>
        `${name}: the store holds ${countOf(found.get(name)!, 'message')}, but only ${sum(now, name, 'stored')} were ` +
        'counted as stored: the others are from another time or receiver',
    );
}

function sum({ listeners }: Account, name: string, what: keyof Pick<ListenerAccount, 'stored' | 'waiting'>): number {
  return listeners.filter((row) => row.name === name).reduce((all, row) => all + row[what], 0);
}
