import type { FrameList } from '../base/frame-list.ts';
import { releaseMemory } from '../base/memory.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Spool } from '../spool/contract.ts';

/** Where the frames of one stream go; what becomes of them is told in the order in which they came. */
export type IntakeOptions = {
  readonly spool: Spool;
  readonly acknowledged: boolean;
  readonly onDurable: (frames: number, bytes: number) => void;
  readonly onFailed: (error: unknown, frames: number, bytes: number) => void;
  /** What was kept because the spool was full is with it now. */
  readonly onRoom: () => void;
};

/** Frames on their way, and the chunk that they end, once that is known. */
type Taken = { entry: Entry; chunk: Buffer | undefined };

/** A pause before asking again, where the spool said that it had room and then had none for this. */
const RETRY_MS = 50;

/** Hands the frames of one stream to the spool; where that is full, keeps them, in order, until it has room. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #kept: Taken[] = [];
  /** What was taken from the chunk at hand, the last of it. */
  #newest: Taken | undefined;
  /** Bytes handed over, or kept, that are not on disk yet. */
  waiting = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Whether the spool is full and something is kept: stop reading. */
  get blocked(): boolean {
    return this.#kept.length > 0;
  }

  /** Takes the frames over; their arrays may be reused afterwards. Kept ones wait until `signal` is aborted. */
  take(session: number, frames: FrameList, parts: readonly Uint8Array[], signal: AbortSignal): void {
    const { acknowledged } = this.#options;
    const taken: Taken = { entry: { session, frames, parts, acknowledged }, chunk: undefined };
    this.waiting += bytesOf(parts);
    this.#newest = taken;
    if (this.#kept.length === 0 && this.#append(taken)) return;
    taken.entry = { session, frames: copyOf(frames), parts, acknowledged };
    this.#kept.push(taken);
    if (this.#kept.length === 1) void this.#waitForRoom(signal);
  }

  /**
   * All of `chunk` has been taken: its memory is given back as soon as the spool has its frames. V8 counts such memory
   * as somebody else's: left to its collector, tens of megabytes of it lie about.
   */
  finish(chunk: Buffer): void {
    const last = this.#kept.at(-1);
    if (last !== undefined && last === this.#newest) last.chunk = chunk;
    else releaseMemory(chunk);
    this.#newest = undefined;
  }

  /** Gives up what is kept, and tells how much that was. */
  dropKept(): { frames: number; bytes: number } {
    const dropped = { frames: 0, bytes: 0 };
    for (const { entry } of this.#kept.splice(0)) {
      dropped.frames += entry.frames.count;
      dropped.bytes += bytesOf(entry.parts);
    }
    this.waiting -= dropped.bytes;
    return dropped;
  }

  #append(taken: Taken): boolean {
    const { entry } = taken;
    const { spool, onDurable, onFailed } = this.#options;
    const { count } = entry.frames;
    const bytes = bytesOf(entry.parts);
    const durable = spool.append(entry);
    if (!durable) return false;
    if (taken.chunk) releaseMemory(taken.chunk);
    durable.then(
      () => {
        this.waiting -= bytes;
        onDurable(count, bytes);
      },
      (error: unknown) => {
        this.waiting -= bytes;
        onFailed(error, count, bytes);
      },
    );
    return true;
  }

  async #waitForRoom(signal: AbortSignal): Promise<void> {
    try {
      while (this.#kept.length > 0) {
        await this.#options.spool.room(signal);
        while (this.#kept.length > 0 && this.#append(this.#kept[0]!)) this.#kept.shift();
        if (this.#kept.length > 0) await sleep(RETRY_MS, undefined, { signal });
      }
      this.#options.onRoom();
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

export function bytesOf(parts: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const part of parts) bytes += part.length;
  return bytes;
}

function copyOf({ count, skip, length, flags, original }: FrameList): FrameList {
  return {
    count,
    skip: skip.slice(0, count),
    length: length.slice(0, count),
    flags: flags.slice(0, count),
    original: original.slice(0, count),
  };
}
