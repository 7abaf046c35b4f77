import { setTimeout as sleep } from 'node:timers/promises';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import type { Client, SearchParams, SearchRow } from '../../ask/contract.ts';
import type { LogMessage } from '../../model/message.ts';
import { BrokenAnswer } from '../io/answer.ts';
import { isCursor, openClient, openServer } from './ask.ts';
import type { Context } from './command.ts';
import { zoneOf } from '../args/scope.ts';
import { stampsIn } from '../views/stamps.ts';

/** ms between attempts to find the server again. */
const RETRY_MS = 500;
/** A line that arrived so long before one that was shown already comes late, ms: whoever took it was away. */
const LATE_MS = 60_000;

type Seen = {
  cursor: string | undefined;
  /**
   * The last id shown of each node: an answer that begins anew at the cursor brings again what came after it. Those of
   * one node always come in ascending order.
   */
  readonly last: Map<string, string>;
  /** When the newest line shown arrived, ms, and whose lines come late. */
  newest: number;
  readonly late: Set<string>;
};

/**
 * What matches now and from now on, each row once, until the signal: where the server ends, it is waited for and asked
 * again from the last cursor. Without a server, what is stored comes first. A `{_cursor}` follows what it is true of.
 */
export async function* follow(context: Context, params: SearchParams): AsyncGenerator<SearchRow | { _cursor: string }> {
  const seen: Seen = { cursor: params.cursor, last: new Map(), newest: 0, late: new Set() };
  let lost = false;
  for (let first = true; !context.signal.aborted; first = false) {
    try {
      // Opening the store itself is dear, and brings nothing new the second time.
      const client = first ? await openClient(context) : await openServer(context);
      if (client) {
        for await (const row of answerFrom(client, params, { seen, signal: context.signal })) {
          lost = false;
          if ('_id' in row) sayLate(context, seen, row);
          yield row;
        }
      }
    } catch (error) {
      if (context.signal.aborted) return;
      if (!isPassing(error) && !(isOfStore(error) && seen.cursor !== undefined)) throw error;
      if (!lost && isOfStore(error)) context.note(`${reasonOf(error)}; trying again (Ctrl-C ends)`);
      lost ||= isOfStore(error);
    }
    if (context.signal.aborted) return;
    if (!lost) context.note('no server answers; waiting for one (Ctrl-C ends)');
    lost = true;
    await sleep(RETRY_MS, undefined, { signal: context.signal }).catch(() => {});
  }
}

async function* answerFrom(
  given: Client,
  params: SearchParams,
  { seen, signal }: { readonly seen: Seen; readonly signal: AbortSignal },
): AsyncGenerator<SearchRow | { _cursor: string }> {
  await using client = given;
  const again = seen.cursor !== undefined && seen.cursor !== params.cursor;
  // Only the first answer goes back in time and is cut to the last lines; a later one goes on from the cursor.
  const { limit, since, ...rest } = params;
  const asked: SearchParams = again ? { ...rest, cursor: seen.cursor! } : params;
  const answer = client.ask('search', { ...asked, follow: client.via === 'server' }, signal);
  for (;;) {
    const { value: row, done } = await answer.next();
    if (done) {
      if (row.cursor !== undefined) yield advance(seen, row.cursor);
      return;
    }
    if (isCursor(row)) yield advance(seen, row._cursor);
    else if (!('_id' in row)) yield row;
    else if (isNew(seen, row._id)) yield row;
  }
}

function advance(seen: Seen, cursor: string): { _cursor: string } {
  seen.cursor = cursor;
  return { _cursor: cursor };
}

function isNew({ last }: Seen, id: string): boolean {
  // The digits of the node, see `model/id.ts`.
  const node = id.slice(12, 16);
  if (id <= (last.get(node) ?? '')) return false;
  last.set(node, id);
  return true;
}

/** Says that lines of the past follow: a receiver has stored them only now. */
function sayLate(context: Context, seen: Seen, { _id, received_at }: LogMessage): void {
  const at = received_at.getTime();
  const node = _id.slice(12, 16);
  const isLate = at < seen.newest - LATE_MS;
  if (isLate && !seen.late.has(node)) {
    const stamp = stampsIn(zoneOf(context.args)).iso(at).slice(0, 19).replace('T', ' ');
    context.note(`late: what node ${Number.parseInt(node, 16)} took from ${stamp} on is stored only now`);
  }
  if (isLate) seen.late.add(node);
  else seen.late.delete(node);
  seen.newest = Math.max(seen.newest, at);
}

/** Whether the store cannot be asked: it is waited for, once there was an answer. */
function isOfStore(error: unknown): boolean {
  return error instanceof CordwoodError && error.code === 'ERR_STORE';
}

/** Whether an error goes away once the server is back. */
function isPassing(error: unknown): boolean {
  return error instanceof BrokenAnswer || (error instanceof CordwoodError && error.code === 'ERR_UNREACHABLE');
}
