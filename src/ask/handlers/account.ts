import type { Account, Interval, ListenerAccount } from '../../account/contract.ts';
import { CordwoodError } from '../../base/errors.ts';
import type { AnswerContext } from '../context.ts';
import type { AccountParams, Answer } from '../contract.ts';
import { select, uncovered } from '../scope.ts';

/** What was received, and what became of it. @throws at once where the question cannot be read */
export function account(params: AccountParams, context: AnswerContext, signal: AbortSignal): Answer<'account'> {
  const { verify = false, ...scope } = params;
  const selection = select(scope, context);
  const { since = 0, until = context.now() } = selection.window;
  if (since > context.now()) {
    const at = new Date(since).toISOString();
    throw new CordwoodError('ERR_USAGE', `cannot give an account from ${at} on: that is yet to come`);
  }
  return (async function* () {
    const account = await context.account({ from: since, to: until });
    yield verify ? await verified(account, context, signal) : account;
    return { ...selection.window, ...(await uncovered(selection, context)) };
  })();
}

/** The account, with what the store holds beside what was stored. */
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
  const gone = edges.length > 0 ? ', some of which is past its retention' : '';
  const faults = [...found.keys()].flatMap((name) => shortfall(name, account.listeners, found.get(name)!, gone));
  return { ...account, listeners, faults: [...account.faults, ...faults] };
}

/** What lies beyond *safe* may be in the store already, or not yet. */
function shortfall(name: string, listeners: readonly ListenerAccount[], found: number, gone: string): string[] {
  const rows = listeners.filter((row) => row.name === name);
  const stored = rows.reduce((sum, row) => sum + row.stored, 0);
  const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
  if (found < stored)
    return [
      `${name}: of ${stored} stored messages the store shows ${found}${gone}: see \`cordwood stats\` and the server's log for what cannot be read`,
    ];
  if (found > stored + waiting)
    return [
      `${name}: the store shows ${found} messages, ${stored} were counted when they were stored: it has messages of another time or receiver`,
    ];
  return [];
}
