import { setTimeout as sleep } from 'node:timers/promises';
import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { MINUTE } from '../../base/units.ts';
import type { Client, SearchParams, SearchRow } from '../../ask/contract.ts';
import { nodeOf } from '../../model/id.ts';
import type { LogMessage } from '../../model/message.ts';
import { zoneOf } from '../args/scope.ts';
import { BrokenAnswer, Refusal } from '../io/answer.ts';
import { stampsIn } from '../views/stamps.ts';
import { isCursor, openClient, openServer } from './ask.ts';
import type { Context } from './command.ts';
import { remoteOf } from './remote.ts';

/** Time between attempts to reach the server again, ms. */
const RETRY_MS = 500;
/** A line that arrived this much earlier than one already shown is late, ms: its receiver could not store it until now. */
const LATE_MS = MINUTE;

/** What a follower has shown so far. */
type Progress = {
  cursor: string | undefined;
  /**
   * The last id shown of each node. An answer that starts again at the cursor repeats what came after it. The ids of one
   * node always ascend.
   */
  readonly last: Map<number, string>;
  /** When the newest line shown arrived, ms. */
  newest: number;
  /** Nodes whose lines are late. */
  readonly late: Set<number>;
};

/**
 * What matches now and from now on, each row once, until the signal aborts. If the server stops, waits for it and goes
 * on from the last cursor. Without a server, shows what is stored first. A `{_cursor}` covers the rows before it.
 */
export async function* follow(context: Context, params: SearchParams): AsyncGenerator<SearchRow | { _cursor: string }> {
  const progress: Progress = { cursor: params.cursor, last: new Map(), newest: 0, late: new Set() };
  const remote = remoteOf(context)?.origin;
  let lost = false;
  let reached = false;
  for (let first = true; !context.signal.aborted; first = false) {
    try {
      // Opening the store itself is expensive, and a second time would show nothing new.
      const client = first ? await openClient(context) : await openServer(context);
      if (client) {
        for await (const row of answerFrom(client, params, { progress, signal: context.signal })) {
          lost = false;
          reached = true;
          if ('_id' in row) noteLate(context, progress, row);
          yield row;
        }
      }
    } catch (error) {
      if (context.signal.aborted) return;
      // A server elsewhere that never answered may have another name.
      if (remote !== undefined && !reached) throw error;
      if (!isTemporary(error) && !(isOfStore(error) && progress.cursor !== undefined)) throw error;
      if (!lost && isOfStore(error)) context.note(`${reasonOf(error)}; trying again (Ctrl-C ends)`);
      lost ||= isOfStore(error);
    }
    if (context.signal.aborted) return;
    const missing = remote === undefined ? 'no server is running; waiting for one' : `lost ${remote}; trying again`;
    if (!lost) context.note(`${missing} (Ctrl-C ends)`);
    lost = true;
    await sleep(RETRY_MS, undefined, { signal: context.signal }).catch(() => {});
  }
}

async function* answerFrom(
  given: Client,
  params: SearchParams,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): AsyncGenerator<SearchRow | { _cursor: string }> {
  await using client = given;
  const again = progress.cursor !== undefined && progress.cursor !== params.cursor;
  // Only the first answer looks back and is cut to the last lines; later ones go on from the cursor.
  const { limit, since, ...rest } = params;
  const asked: SearchParams = again ? { ...rest, cursor: progress.cursor! } : params;
  const answer = client.ask('search', { ...asked, follow: client.via === 'server' }, signal);
  for (;;) {
    const { value: row, done } = await answer.next();
    if (done) {
      if (row.cursor !== undefined) yield advance(progress, row.cursor);
      return;
    }
    if (isCursor(row)) yield advance(progress, row._cursor);
    else if (!('_id' in row)) yield row;
    else if (isNew(progress, row._id)) yield row;
  }
}

function advance(progress: Progress, cursor: string): { _cursor: string } {
  progress.cursor = cursor;
  return { _cursor: cursor };
}

function isNew({ last }: Progress, id: string): boolean {
  const node = nodeOf(id);
  if (id <= (last.get(node) ?? '')) return false;
  last.set(node, id);
  return true;
}

/** Notes that old lines follow, which a receiver could store only now. */
function noteLate(context: Context, progress: Progress, { _id, received_at }: LogMessage): void {
  const at = received_at.getTime();
  const node = nodeOf(_id);
  const isLate = at < progress.newest - LATE_MS;
  if (isLate && !progress.late.has(node)) {
    const from = stampsIn(zoneOf(context.args)).seconds(at);
    context.note(`late: what receiver ${node} received from ${from} on has been stored only now`);
  }
  if (isLate) progress.late.add(node);
  else progress.late.delete(node);
  progress.newest = Math.max(progress.newest, at);
}

/** Whether the store cannot be reached; once there was an answer, the follower waits for it. */
function isOfStore(error: unknown): boolean {
  return error instanceof CordwoodError && error.code === 'ERR_STORE';
}

/** Whether the error goes away once the server runs again. */
function isTemporary(error: unknown): boolean {
  if (error instanceof Refusal) return false;
  return error instanceof BrokenAnswer || (error instanceof CordwoodError && error.code === 'ERR_UNREACHABLE');
}
