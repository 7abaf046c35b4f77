import { unlink } from 'node:fs/promises';
import { reasonOf, systemCode } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import type { Logger } from '../../base/log.ts';
import { syncFolder } from '../format/folder.ts';
import type { SegmentLedger } from './segment-ledger.ts';
import { segmentPath } from '../format/segment.ts';

/** Unlinks segments that nobody needs any more, one sweep at a time. */
export class Sweeper {
  readonly #folder: string;
  readonly #ledger: SegmentLedger;
  readonly #log: Logger;
  readonly #onRoom: () => void;
  #sweeping: Promise<void> | undefined;
  #failing = false;

  /** @param parts `onRoom` is told of each segment that has gone */
  constructor(parts: { folder: string; ledger: SegmentLedger; log: Logger; onRoom: () => void }) {
    this.#folder = parts.folder;
    this.#ledger = parts.ledger;
    this.#log = parts.log;
    this.#onRoom = parts.onRoom;
  }

  /** Begins to unlink what is below the segment `before` and has been safe for `graceMs`. */
  sweep(before: number, now: number, graceMs: number): void {
    const segments = this.#ledger.deletable(before, now, graceMs);
    if (this.#sweeping || segments.length === 0) return;
    this.#sweeping = this.#unlink(segments).finally(() => {
      this.#sweeping = undefined;
    });
  }

  /** Resolves when the sweep under way has ended. */
  async ended(): Promise<void> {
    await this.#sweeping;
  }

  async #unlink(segments: readonly number[]): Promise<void> {
    try {
      for (const segment of segments) {
        await unlink(segmentPath(this.#folder, segment)).catch(unlessGone);
        fault('unlink');
        this.#ledger.remove(segment);
        this.#onRoom();
      }
      await syncFolder(this.#folder);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn(`cannot remove old segments in ${this.#folder}: ${reasonOf(error)}`);
      this.#failing = true;
    }
  }
}

function unlessGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
