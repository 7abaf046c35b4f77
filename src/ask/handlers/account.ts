import type { Account, Interval, ListenerAccount } from '../../account/contract.ts';
import { CordwoodError } from '../../base/errors.ts';
import type { AnswerContext } from '../context.ts';
import type { AccountParams, Answer } from '../contract.ts';
import { select, uncovered } from '../scope.ts';

/** What was received, and what became of it. @throws at once if the question cannot be read */
export function account(params: AccountParams, context: AnswerContext, signal: AbortSignal): Answer<'account'> {
  const { verify = false, ...scope } = params;
  const selection = select(scope, context);
  const { since = 0, until = context.now() } = selection.window;
  if (since > context.now()) {
    const at = new Date(since).toISOString();
    throw new CordwoodError('ERR_USAGE', `cannot give an account from ${at} on: that is in the future`);
  }
  return (async function* () {
    const account = await context.account({ from: since, to: until });
    yield verify ? await verified(account, context, signal) : account;
    return { ...selection.window, ...(await uncovered(selection, context)) };
  })();
}

/** The account, compared with what the store holds. */
async function verified(account: Account, context: AnswerContext, signal: AbortSignal): Promise<Account> {
  const window: Interval = { from: account.since, to: account.until };
  const groups = await context.store.aggregate(
    { filter: { kind: 'all' }, since: window.from, until: window.to, upTo: context.visible(), order: 'oldest' },
    { by: ['source.listener'] },
    signal,
  );
  const found = new Map(groups.map(({ values, count }) => [String(values[0]), count]));
  const listeners = account.listeners.map((row) => ({ ...row, found: found.get(row.name) ?? 0 }));
  const edges = (await context.store.retentionEdges()).filter(({ until }) => until > window.from);
  const removed = edges.length > 0 ? ', and retention has removed some' : '';
  const faults = [...found.keys()].flatMap((name) => shortfall(name, account.listeners, found.get(name)!, removed));
  return { ...account, listeners, faults: [...account.faults, ...faults] };
}

/** Messages that are not safe yet may or may not be in the store. */
function shortfall(name: string, listeners: readonly ListenerAccount[], found: number, removed: string): string[] {
  const rows = listeners.filter((row) => row.name === name);
  const stored = rows.reduce((sum, row) => sum + row.stored, 0);
  const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
  if (found < stored)
    return [
      `${name}: ${stored} messages were stored, but the store holds ${found}${removed}: see \`cordwood stats\` and the server's log for damage`,
    ];
  if (found > stored + waiting)
    return [
      `${name}: the store holds ${found} messages, but only ${stored} were counted as stored: the others are from another time or receiver`,
    ];
  return [];
}
