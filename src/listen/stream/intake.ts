import { setTimeout as sleep } from 'node:timers/promises';
import type { FrameList } from '../../base/frame-list.ts';
import type { Entry, Spool } from '../../spool/contract.ts';

/** Where the frames of one stream go; the callbacks come in the order of the frames. */
export type IntakeOptions = {
  readonly spool: Spool;
  /** Whether the sender waits for acknowledgements. */
  readonly acknowledged: boolean;
  readonly onDurable: (frames: number, bytes: number) => void;
  readonly onFailed: (error: unknown, frames: number, bytes: number) => void;
  /** The spool was full and has now accepted everything that waited for room. */
  readonly onRoom: () => void;
};

/** Pause before the next attempt if the spool reported room but had too little, ms. */
const RETRY_MS = 50;

/** Hands the frames of one stream to the spool; while the spool is full, keeps them in order. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #waiting: Entry[] = [];
  /** Bytes handed over, or waiting for room, that are not yet durable. */
  unsavedBytes = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Whether frames wait for room in the spool: stop reading. */
  get blocked(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes over frames; all their memory may be reused afterwards. They wait for room until `signal` is aborted. */
  add(session: number, frames: FrameList, parts: readonly Uint8Array[], signal: AbortSignal): void {
    const { acknowledged } = this.#options;
    this.unsavedBytes += bytesOf(parts);
    if (this.#waiting.length === 0 && this.#append({ session, frames, parts, acknowledged })) return;
    const copies = parts.map((part) => new Uint8Array(part));
    this.#waiting.push({ session, frames: copyOf(frames), parts: copies, acknowledged });
    if (this.#waiting.length === 1) void this.#waitForRoom(signal);
  }

  /** Drops the frames that wait for room. @returns how many they were */
  dropWaiting(): { frames: number; bytes: number } {
    const dropped = { frames: 0, bytes: 0 };
    for (const entry of this.#waiting.splice(0)) {
      dropped.frames += entry.frames.count;
      dropped.bytes += bytesOf(entry.parts);
    }
    this.unsavedBytes -= dropped.bytes;
    return dropped;
  }

  /** @returns whether the spool accepted it */
  #append(entry: Entry): boolean {
    const { spool, onDurable, onFailed } = this.#options;
    const { count } = entry.frames;
    const bytes = bytesOf(entry.parts);
    const durable = spool.append(entry);
    if (!durable) return false;
    durable.then(
      () => {
        this.unsavedBytes -= bytes;
        onDurable(count, bytes);
      },
      (error: unknown) => {
        this.unsavedBytes -= bytes;
        onFailed(error, count, bytes);
      },
    );
    return true;
  }

  async #waitForRoom(signal: AbortSignal): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        await this.#options.spool.room(signal);
        while (this.#waiting.length > 0 && this.#append(this.#waiting[0]!)) this.#waiting.shift();
        if (this.#waiting.length > 0) await sleep(RETRY_MS, undefined, { signal });
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
