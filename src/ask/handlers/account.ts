import { CordwoodError } from '../../base/errors.ts';
import type { AnswerContext } from '../context.ts';
import type { AccountParams, Answer } from '../contract.ts';
import { select, uncovered } from '../scope.ts';
import { verified } from '../verification.ts';

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
