import type { ServerResponse } from 'node:http';
import { jsonText } from '../../model/json.ts';
import type { LogMessage } from '../../model/message.ts';

/** An event has so many messages or characters, at most; one longer message is an event of its own. */
const MOST_LINES = 200;
const MOST_TEXT = 64 << 10;
/** Time from one write to the next, unless an event is full, ms. */
const PACE_MS = 50;

/** Gathers messages into server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventWriter {
  readonly #response: ServerResponse;
  #events = '';
  #lines: string[] = [];
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When it last wrote, ms. */
  #at = -Infinity;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** How long nothing was written, ms. */
  get idleMs(): number {
    return performance.now() - this.#at;
  }

  line(message: LogMessage): void {
    const text = jsonText(message);
    if (this.#size + text.length > MOST_TEXT) this.#closeLines();
    this.#lines.push(text);
    this.#size += text.length;
    if (this.#lines.length >= MOST_LINES || this.#size >= MOST_TEXT) this.write();
    else this.#schedule();
  }

  /** An event of another kind, in its place among the lines. @param id where a client goes on that has read so far */
  event(kind: string, data: object, id?: string): void {
    const idLine = id === undefined ? '' : `id: ${id}\n`;
    this.text(`event: ${kind}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Text of the protocol, e.g. a comment. */
  text(text: string): void {
    this.#closeLines();
    this.#events += text;
    this.#schedule();
  }

  /** Writes what was gathered. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#closeLines();
    const text = this.#events;
    this.#events = '';
    if (text === '' || this.#response.destroyed || this.#response.writableEnded) return;
    this.#at = performance.now();
    this.#response.write(text);
  }

  #closeLines(): void {
    if (this.#lines.length === 0) return;
    this.#events += `event: lines\ndata: [${this.#lines.join()}]\n\n`;
    this.#lines = [];
    this.#size = 0;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.write(), Math.max(0, this.#at + PACE_MS - performance.now()));
  }
}
