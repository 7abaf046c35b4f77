import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { z } from '../../base/schema.ts';

/** Logouts that are remembered at most, of those whose sessions could still go on; the earliest to end go first. */
const MOST = 10_000;

const contentSchema = z.array(z.tuple([z.string(), z.number()]));

/**
 * Sessions that ended by a logout, in `web.ended` of the data folder, until they would have ended anyway: a session lives in
 * its cookie, and a copy of it must not live on.
 */
export class EndedSessions {
  readonly #path: string;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #now: () => number;
  #until: Map<string, number>;

  constructor(data: string, log: Pick<Logger, 'warn'>, now: () => number) {
    this.#path = join(data, 'web.ended');
    this.#log = log;
    this.#now = now;
    this.#until = new Map(this.#read());
  }

  has(id: string): boolean {
    return this.#until.has(id);
  }

  /** @param until when the session would end anyway, ms */
  add(id: string, until: number): void {
    const now = this.#now();
    const all = [...this.#until, [id, until] as const].filter(([, end]) => end > now).sort((a, b) => a[1] - b[1]);
    this.#until = new Map(all.slice(-MOST));
    try {
      const next = `${this.#path}.new`;
      rmSync(next, { force: true });
      writeFileSync(next, JSON.stringify([...this.#until]), { mode: 0o600, flag: 'wx', flush: true });
      renameSync(next, this.#path);
    } catch (error) {
      this.#warn(error, 'a logout is forgotten at the next start: its cookie is valid again then');
    }
  }

  #read(): [string, number][] {
    try {
      return contentSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#warn(error, 'earlier logouts are forgotten: remove web.key of the data folder to end all sessions');
      return [];
    }
  }

  #warn(error: unknown, message: string): void {
    this.#log.warn({ file: this.#path, reason: reasonOf(error) }, message);
  }
}
