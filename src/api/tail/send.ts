import type { ServerResponse } from 'node:http';
import type { Answer } from '../../ask/contract.ts';
import { problemOf } from '../../ask/index.ts';
import { SECOND } from '../../base/units.ts';
import { arrivalOf } from '../../model/id.ts';
import { EventWriter } from './event-writer.ts';

/** Clients connect again after this time, ms. */
const RETRY_MS = 1000;
/** A comment is sent after this time without an event: proxies close connections that are idle for half a minute, ms. */
const IDLE_MS = 10 * SECOND;

export type TailOptions = {
  /** Ends the answer; its reason is told to the client. */
  readonly ended: AbortSignal;
  /** The ids up to which everything can be read, one for each node. */
  readonly visible: () => readonly string[];
};

/**
 * Sends the rows of a follower as server-sent events, no faster than the client reads them: a slow client falls behind
 * and loses nothing, and at most one event waits in memory beside the buffer of its socket.
 */
export async function sendTail(rows: Answer<'search'>, response: ServerResponse, options: TailOptions): Promise<void> {
  const { ended, visible } = options;
  response.writeHead(200);
  const events = new EventWriter(response);
  events.text(`retry: ${RETRY_MS}\n\n`);
  events.write();
  const idling = setInterval(() => {
    if (events.idleMs >= IDLE_MS && !response.writableNeedDrain) events.text(': still here\n\n');
  }, SECOND).unref();
  try {
    for (;;) {
      const { done, value } = await rows.next();
      if (response.destroyed) return;
      if (done || ended.aborted) break;
      if ('received_at' in value) events.line(value);
      else if ('_cursor' in value) events.event('cursor', placeOf(value._cursor, visible()), value._cursor);
      else if ('_missing' in value) events.event('gap', value._missing);
      if (response.writableNeedDrain) await drained(response, ended);
    }
    events.event('bye', problemOf(ended.reason));
  } catch (error) {
    // The client connects again and goes on at its cursor.
    events.event('bye', problemOf(ended.aborted ? ended.reason : error));
  } finally {
    clearInterval(idling);
    events.write();
    await rows.return({});
  }
  response.end();
}

/** The newest arrival that the cursor covers, ms, and how much newer the newest message is that can be read. */
function placeOf(cursor: string, visible: readonly string[]): { readonly at: number; readonly behindMs: number } {
  const at = newest(cursor === '' ? [] : cursor.split(','));
  return { at, behindMs: Math.max(0, newest(visible) - at) };
}

function newest(ids: readonly string[]): number {
  return ids.reduce((latest, id) => Math.max(latest, arrivalOf(id)), 0);
}

/** Resolves when the client has read what was written or has hung up, or when the answer must end. */
function drained(response: ServerResponse, ended: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const go = (): void => resolve();
  response.once('drain', go).once('close', go);
  ended.addEventListener('abort', go);
  if (ended.aborted) resolve();
  return promise.finally(() => {
    response.off('drain', go).off('close', go);
    ended.removeEventListener('abort', go);
  });
}
