import type { Logger } from './log.ts';
import { MINUTE } from './units.ts';

/**
 * Logs each warning at most once a minute, with the number of times it occurred since it was last
 * logged.
 */
export class ThrottledWarnings {
  readonly #log: Logger;
  readonly #logged = new Map<string, { at: number; suppressed: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** `text` must be one of few: it is the key, and is remembered forever. */
  warn(text: string, fields: Readonly<Record<string, unknown>> = {}, times = 1): void {
    const now = performance.now();
    const last = this.#logged.get(text);
    if (last && now - last.at < MINUTE) {
      last.suppressed += times;
      return;
    }
    this.#logged.set(text, { at: now, suppressed: 0 });
    this.#log.warn({ ...fields, times: times + (last?.suppressed ?? 0) }, text);
  }
}
