import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import type { Source } from '../../src/model/message.ts';
import type { Entry, Spool } from '../../src/spool/contract.ts';

export type Stored = {
  readonly text: string;
  readonly source: Source;
  readonly flags: number;
  readonly original: number;
};

/**
 * A spool in memory that can be slow (`hold`), full or failing. It copies frames when it accepts them and overwrites the
 * payload it was given, so that a listener which still reads the payload afterwards fails the test.
 */
export class FakeSpool implements Spool {
  readonly sources = new Map<number, Source>();
  readonly closed: { session: number; clean: boolean }[] = [];
  /** The durable messages, in order. */
  readonly stored: Stored[] = [];
  /** Bytes accepted and not yet durable. */
  waitingBytes = 0;
  mostWaitingBytes = 0;
  full = false;
  failing = false;
  #holding = false;
  #sessions = 0;
  #pending: (() => void)[] = [];
  #roomWaiters: (() => void)[] = [];

  openSession(source: Source): number {
    this.sources.set(++this.#sessions, source);
    return this.#sessions;
  }

  closeSession(session: number, clean: boolean): void {
    this.closed.push({ session, clean });
  }

  append(entry: Entry): Promise<void> | undefined {
    if (this.full) return undefined;
    const stored = this.#read(entry);
    const bytes = entry.parts.reduce((sum, part) => sum + part.length, 0);
    for (const part of entry.parts) part.fill(0xff);
    this.waitingBytes += bytes;
    this.mostWaitingBytes = Math.max(this.mostWaitingBytes, this.waitingBytes);
    const { failing } = this;
    return new Promise((resolve, reject) => {
      this.#pending.push(() => {
        this.waitingBytes -= bytes;
        if (failing) {
          reject(new Error('input/output error'));
          return;
        }
        for (const message of stored) this.stored.push(message);
        resolve();
      });
      if (!this.#holding && this.#pending.length === 1) setImmediate(() => this.#sync());
    });
  }

  room(signal: AbortSignal): Promise<void> {
    if (!this.full) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#roomWaiters.push(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Nothing becomes durable until `release()`. */
  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    this.#sync();
  }

  /** Has room again, and wakes those that wait for it. */
  drain(): void {
    this.full = false;
    for (const resolve of this.#roomWaiters.splice(0)) resolve();
  }

  texts(): string[] {
    return this.stored.map(({ text }) => text);
  }

  #sync(): void {
    if (this.#holding) return;
    for (const complete of this.#pending.splice(0)) complete();
  }

  #read({ session, frames, parts }: Entry): Stored[] {
    const payload = Buffer.concat(parts);
    const stored: Stored[] = [];
    let at = 0;
    for (let index = 0; index < frames.count; index++) {
      at += frames.skip[index]!;
      const end = at + frames.length[index]!;
      const source = this.sources.get(frames.session?.[index] ?? session);
      if (!source) throw new Error('a frame without a session');
      if (this.closed.some((one) => one.session === (frames.session?.[index] ?? session)))
        throw new Error('a frame of a closed session');
      const text = payload.toString('latin1', at, end);
      stored.push({ text, source, flags: frames.flags[index]!, original: frames.original[index]! });
      at = end;
    }
    if (at !== payload.length) throw new Error(`frames end at ${at} of ${payload.length} bytes`);
    return stored;
  }
}

export const TRUNCATED = FRAME_FLAG.truncated;
export const PARTIAL = FRAME_FLAG.partial;
