import type { ServerResponse } from 'node:http';
import type { End, Problem } from '../ask/contract.ts';
import { problemOf } from '../ask/index.ts';
import { jsonText } from '../model/json.ts';
import type { LogMessage } from '../model/message.ts';
import type { EndRow, ErrorRow } from './contract.ts';

/** Characters written in one go, at least, while rows come faster than they are sent. */
const PIECE = 64 << 10;

/**
 * Sends an answer as NDJSON, no faster than the client reads it. Rows found together are written together, and no row
 * waits for the next one. Ends the search when the client hangs up; `closing` ends it with an error row.
 * @param rows one by one, or lists of them
 * @param end ends the response; with the problem of the error row, if the answer broke off
 */
export async function sendRows(
  rows: AsyncGenerator<object | readonly object[], End>,
  response: ServerResponse,
  closing: AbortSignal,
  end: (broken?: Problem) => void = () => response.end(),
): Promise<void> {
  let broken: Problem | undefined;
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const lines = new LineWriter(response);
  try {
    for (;;) {
      const { done, value } = await rows.next();
      if (closing.aborted) throw closing.reason;
      if (response.destroyed) return;
      if (done) {
        lines.add(JSON.stringify({ _end: value } satisfies EndRow));
        break;
      }
      for (const row of Array.isArray(value) ? value : [value]) {
        lines.add(textOf(row));
        // A client that does not read is waited for, however few rows come at a time.
        if (lines.full || response.writableNeedDrain) await lines.flush(closing);
      }
    }
  } catch (error) {
    if (response.destroyed) return;
    broken = problemOf(closing.aborted ? closing.reason : error);
    lines.add(JSON.stringify({ _error: broken } satisfies ErrorRow));
  } finally {
    await rows.return({});
  }
  await lines.flush(closing);
  end(broken);
}

function textOf(row: object): string {
  return 'received_at' in row ? jsonText(row as LogMessage) : JSON.stringify(row);
}

/** Gathers lines and writes them when a piece is full, or when the event loop has nothing more to add. */
class LineWriter {
  readonly #response: ServerResponse;
  #text = '';
  #scheduled = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get full(): boolean {
    return this.#text.length >= PIECE;
  }

  add(line: string): void {
    this.#text += `${line}\n`;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#write();
    });
  }

  /** Resolves when the client has drained the socket or hung up, or when `closing` aborts. */
  async flush(closing: AbortSignal): Promise<void> {
    this.#write();
    if (!this.#response.writableNeedDrain || closing.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = () => resolve();
    this.#response.once('drain', go).once('close', go);
    closing.addEventListener('abort', go);
    await promise;
    this.#response.off('drain', go).off('close', go);
    closing.removeEventListener('abort', go);
  }

  #write(): void {
    if (this.#text === '' || this.#response.destroyed) return;
    this.#response.write(this.#text);
    this.#text = '';
  }
}
