import type { End, Problem } from '../../ask/contract.ts';
import { reasonOf } from '../../base/errors.ts';
import { sendRows } from '../../http/ndjson.ts';
import type { LogMessage } from '../../model/message.ts';
import type { TextFormat } from '../contract.ts';
import { SENT } from '../route.ts';
import type { Asked } from '../world.ts';

/** Characters that are written in one go. */
const PIECE = 64 << 10;
/** The trailer that proves an answer whole: the number of its rows. */
const ROWS = 'x-cordwood-rows';

/** Rows one by one, or lists of them. */
type Rows = AsyncGenerator<object | readonly object[], End>;
type Streamed = Pick<Asked, 'reply' | 'world'>;

/**
 * Sends an answer as NDJSON, as the control socket does: a row a line, `_end` last. One that breaks off has `_error` last,
 * and its connection ends before the response does, so that a client which reads no rows fails, too.
 */
export function sendNdjson({ reply, world }: Streamed, rows: Rows, name?: string): typeof SENT {
  takeOver({ reply, world }, 'application/x-ndjson', name);
  const { raw } = reply;
  const end = (broken?: Problem): void => {
    if (!broken) return void raw.end();
    world.counters['requests.broken_off'].add();
    // A server that stops does not wait for a client that does not read.
    if (world.closing.aborted) raw.socket?.resetAndDestroy();
    else raw.socket?.destroySoon();
  };
  return underWay({ reply, world }, sendRows(rows, raw, world.closing, end));
}

/** The same for a client that reads every row, `_error` too: the response ends cleanly in both cases. */
export function sendAnswer({ reply, world }: Streamed, rows: AsyncGenerator<object, End>): typeof SENT {
  takeOver({ reply, world }, 'application/x-ndjson');
  return underWay({ reply, world }, sendRows(rows, reply.raw, world.closing));
}

/** Sends messages as text. The number of rows follows in a trailer; an answer that breaks off is never closed cleanly. */
export function sendText(
  { reply, world }: Streamed,
  rows: Rows,
  { format, type, name }: { readonly format: TextFormat; readonly type: string; readonly name?: string | undefined },
): typeof SENT {
  takeOver({ reply, world }, `${type}; charset=utf-8`, name);
  return underWay({ reply, world }, write({ reply, world }, rows, format));
}

async function write({ reply: { raw }, world: { closing } }: Streamed, rows: Rows, format: TextFormat): Promise<void> {
  raw.setHeader('trailer', ROWS);
  raw.writeHead(200);
  let text = format.head ?? '';
  let count = 0;
  const flush = async (): Promise<void> => {
    const piece = text;
    text = '';
    if (piece.length > 0 && !raw.write(piece)) await drained(raw);
  };
  for await (const value of rows) {
    for (const row of Array.isArray(value) ? value : [value]) {
      if (closing.aborted) throw closing.reason;
      if (raw.destroyed) return;
      if ('received_at' in row) count++;
      text += textOf(row, format);
      if (text.length > PIECE) await flush();
    }
  }
  // The search ends early, and without an error, when the server stops or the client is gone.
  if (closing.aborted) throw closing.reason;
  if (raw.destroyed) return;
  await flush();
  raw.addTrailers({ [ROWS]: String(count) });
  raw.end();
}

function textOf(row: object, format: TextFormat): string {
  if ('received_at' in row) return format.row(row as LogMessage, '_context' in row);
  if ('_missing' in row) return format.missing?.(row._missing as never) ?? '';
  return '_gap' in row ? (format.gap ?? '') : '';
}

function drained(raw: Asked['reply']['raw']): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  raw.once('drain', resolve).once('close', resolve);
  return promise.finally(() => raw.off('drain', resolve).off('close', resolve));
}

/** Takes over the socket, with the headers that were set. */
export function takeOver({ reply }: Streamed, type: string, name?: string): void {
  reply.hijack();
  // Such a client has logged in, and may pause: its answer is sent no faster than it reads.
  reply.raw.socket?.setTimeout(0);
  const headers = { ...reply.getHeaders(), 'content-type': type };
  for (const [header, value] of Object.entries(headers)) if (value !== undefined) reply.raw.setHeader(header, value);
  if (name !== undefined) reply.raw.setHeader('content-disposition', `attachment; filename="${name}"`);
}

/** Counts an answer that breaks off, and cuts its connection, so that no client takes it for whole. */
export function underWay(
  { reply: { raw }, world: { running, counters, log } }: Streamed,
  sending: Promise<void>,
): typeof SENT {
  const done = sending.catch((error: unknown) => {
    counters['requests.broken_off'].add();
    log.warn({ reason: reasonOf(error) }, 'answer of the web page cut short');
    raw.socket?.resetAndDestroy();
  });
  running.add(done);
  void done.finally(() => running.delete(done));
  return SENT;
}
