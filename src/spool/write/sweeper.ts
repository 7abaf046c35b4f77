import { unlink } from 'node:fs/promises';
import { systemCode } from '../../base/errors.ts';
import { syncFolderAsync } from '../../base/files.ts';
import { fault } from '../../base/fault.ts';
import type { Logger } from '../../base/log.ts';
import { RepeatedWork } from '../../base/poller.ts';
import type { SegmentLedger } from './segment-ledger.ts';
import { segmentPath } from '../format/segment.ts';

/** Deletes segments that are not needed any more, one sweep at a time. */
export class Sweeper {
  readonly #folder: string;
  readonly #ledger: SegmentLedger;
  readonly #onRoom: () => void;
  readonly #work: RepeatedWork;
  #sweeping: Promise<void> | undefined;

  /** @param parts `onRoom` is called after each deleted segment */
  constructor(parts: { folder: string; ledger: SegmentLedger; log: Logger; onRoom: () => void }) {
    this.#folder = parts.folder;
    this.#ledger = parts.ledger;
    this.#onRoom = parts.onRoom;
    const { folder, log } = parts;
    this.#work = new RepeatedWork({
      onFailure: (reason) => log.warn(`cannot remove old segments in ${folder}: ${reason}; trying again`),
    });
  }

  /** Starts to delete segments below `before` that have been safe for `graceMs`. */
  sweep(before: number, now: number, graceMs: number): void {
    const segments = this.#ledger.deletable(before, now, graceMs);
    if (this.#sweeping || segments.length === 0) return;
    this.#sweeping = this.#work
      .run(() => this.#unlink(segments))
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  /** Resolves when the sweep under way has ended. */
  async ended(): Promise<void> {
    await this.#sweeping;
  }

  async #unlink(segments: readonly number[]): Promise<void> {
    for (const segment of segments) {
      await unlink(segmentPath(this.#folder, segment)).catch(unlessGone);
      fault('unlink');
      this.#ledger.remove(segment);
      this.#onRoom();
    }
    await syncFolderAsync(this.#folder);
  }
}

function unlessGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
