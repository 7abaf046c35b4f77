import type { Logger } from '../base/log.ts';

const INTERVAL = 60_000;

/** Says each thing at most once a minute, with how often it happened since it was said last. */
export class ThrottledWarnings {
  readonly #log: Logger;
  readonly #said = new Map<string, { at: number; since: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  warn(text: string, fields: Readonly<Record<string, unknown>> = {}, times = 1): void {
    const now = performance.now();
    const said = this.#said.get(text);
    if (said && now - said.at < INTERVAL) {
      said.since += times;
      return;
    }
    this.#said.set(text, { at: now, since: 0 });
    this.#log.warn({ ...fields, times: times + (said?.since ?? 0) }, text);
  }
}
