import type { ServerResponse } from 'node:http';
import { toJson } from '../model/json.ts';
import type { LogMessage } from '../model/message.ts';
import { problemOf } from '../ask/index.ts';
import type { End } from '../ask/contract.ts';

/** Characters that are written at once. */
const PIECE = 64 << 10;

/**
 * Writes an answer, a row a line, no faster than it is read. Rows that are found together are written together; none
 * waits for the next one. Where the asker hangs up, so does this.
 */
export async function sendRows(
  rows: AsyncGenerator<object, End>,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const lines = new Lines(response);
  try {
    for (;;) {
      const { done, value } = await rows.next();
      if (closing.aborted) throw closing.reason;
      if (response.destroyed) return;
      lines.add(done ? JSON.stringify({ _end: value }) : JSON.stringify(encoded(value)));
      if (done) break;
      if (lines.full) await lines.flush(closing);
    }
  } catch (error) {
    if (response.destroyed) return;
    lines.add(JSON.stringify({ _error: problemOf(closing.aborted ? closing.reason : error) }));
  } finally {
    await rows.return({});
  }
  await lines.flush(closing);
  response.end();
}

function encoded(row: object): object {
  return 'received_at' in row ? toJson(row as LogMessage) : row;
}

/** Gathers lines until there is a piece of them, or nothing more is at hand. */
class Lines {
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

  /** Resolves when the asker has read enough for more to be worth finding, or is gone, or must not be waited for. */
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
