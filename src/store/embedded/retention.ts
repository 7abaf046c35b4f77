import { dirname } from 'node:path';
import { isDiskFull } from '../../base/machine/disk-reserve.ts';
import { arrivalOf } from '../../model/id.ts';
import { compileSearch } from '../blocks/index.ts';
import {
  type Excess,
  type Hold,
  HOLDS,
  type Removal,
  type Retention,
  type RetentionEdge,
} from '../retention/contract.ts';
import { KeepFree } from '../retention/keep-free.ts';
import {
  heldFilter,
  judge,
  laterEdge,
  RETENTION_STATE,
  type RetentionUnit,
  type Sizes,
  sumRemovals,
} from '../retention/retention.ts';
import { endOfDay, type PartFile } from './files.ts';
import type { Part } from './part.ts';
import { ReadPart } from './handles.ts';
import type { PartList } from './part-list.ts';
import { bytesOnDisk, diskOf, isUnwritable } from './sqlite.ts';
import type { StateFile } from './state.ts';
import type { Stream } from './stream.ts';

/** A part is at most this share of its file system, so that there is always a part to delete. */
const SHARE_OF_DISK = 1 / 20;

type PartUnit = RetentionUnit & { readonly owner: Stream; readonly file: PartFile };

/** Decides which parts to delete, and deletes them; remembers which parts have pinned messages. */
export class EmbeddedRetention {
  retention: Retention;
  readonly #state: StateFile;
  readonly #parts: PartList;
  /** By path; valid for the holds in `#holds`. */
  readonly #pinned = new Map<string, boolean>();
  #holds = '';
  #diskSize: number | undefined;
  readonly #keepFree = new KeepFree();
  readonly #folder: string;
  /** What the last `expire` left. */
  #left: Sizes | undefined;
  /** Removals that were not recorded, because not even that fitted on the disk. */
  #unrecorded: { readonly removal: Removal; readonly file: PartFile }[] = [];

  constructor(retention: Retention, state: StateFile, parts: PartList) {
    this.retention = retention;
    this.#state = state;
    this.#parts = parts;
    this.#folder = dirname(state.path);
  }

  /** The names and revisions of the holds at the last `expire`. */
  get holds(): string {
    return this.#holds;
  }

  /** Call after rows were inserted among older ones: parts may have pinned messages now. */
  invalidate(): void {
    this.#pinned.clear();
  }

  /**
   * Size at which a stream continues in a new part: parts are deleted whole, each at most a tenth
   * of a limit, and a twentieth of the disk.
   */
  partBytes(stream: string, most: number): number {
    const { streams, maxDisk = Infinity } = this.retention;
    const { maxSize = Infinity } = streams.find(({ name }) => name === stream) ?? {};
    this.#diskSize ??= diskOf(this.#folder)?.size || Infinity;
    return Math.min(most, maxDisk / 10, maxSize / 10, this.#diskSize * SHARE_OF_DISK);
  }

  expire(streams: readonly Stream[], now: number): { removed: Removal[]; exceeded: readonly Excess[] } {
    this.recordRest();
    const holds = this.#readHolds();
    const units = streams.flatMap((stream) => stream.files.map((file) => this.#unit(stream, file, holds)));
    const { remove, exceeded, left } = judge(units, this.#limited(units), now, this.#left);
    this.#left = left;
    const removed: Removal[] = [];
    for (const { unit, why } of remove) {
      const { stream, day } = unit.file;
      const { messages, last } = totals(unit);
      const until = why === 'keep' || last === '' ? unit.end : arrivalOf(last) + 1;
      const removal = { stream, day, messages, bytes: unit.bytes, why, until };
      // Recorded first: after a crash in between, deleted messages must not look as if they had
      // never arrived.
      const isRecorded = this.#recordIfFits(removal, unit.file);
      unit.owner.remove(unit.file);
      this.#pinned.delete(unit.file.path);
      removed.push(removal);
      // The part that is gone makes room for its own record; a further one goes in the next run, if need be.
      if (!isRecorded) break;
    }
    return { removed: sumRemovals(removed), exceeded };
  }

  /** Records what `expire` could not record, as far as there is room for it now. */
  recordRest(): void {
    const rest = this.#unrecorded;
    this.#unrecorded = [];
    for (const { removal, file } of rest) this.#recordIfFits(removal, file);
  }

  #recordIfFits(removal: Removal, file: PartFile): boolean {
    try {
      this.#record(removal, file);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#unrecorded.push({ removal, file });
      return false;
    }
  }

  #record({ stream, until, why }: Removal, file: PartFile): void {
    const known = this.#state.get(RETENTION_STATE, stream)?.value as RetentionEdge | undefined;
    const edge = laterEdge(known, { stream, until, why });
    const moved = edge === known ? [] : [{ namespace: RETENTION_STATE, key: stream, value: edge }];
    this.#parts.save(this.#parts.without(file), moved);
  }

  /** The retention, with `keepFree` as a limit. */
  #limited(units: readonly PartUnit[]): Retention {
    const { keepFree, maxDisk = Infinity } = this.retention;
    const disk = keepFree === undefined ? undefined : diskOf(this.#folder);
    if (!disk) return this.retention;
    const bytes = units.reduce((sum, unit) => sum + unit.bytes, 0);
    return { ...this.retention, maxDisk: Math.min(maxDisk, this.#keepFree.limit(bytes, disk.free, keepFree!)) };
  }

  #readHolds(): readonly Hold[] {
    const entries = this.#state.scan(HOLDS, '');
    const names = entries.map(({ key, revision }) => `${key} ${revision}`).join();
    if (names !== this.#holds) this.invalidate();
    this.#holds = names;
    return entries.map(({ value }) => value as Hold);
  }

  #unit(owner: Stream, file: PartFile, holds: readonly Hold[]): PartUnit {
    let bytes: number | undefined;
    return {
      owner,
      file,
      stream: file.stream,
      end: endOfDay(file.day),
      get bytes() {
        bytes ??= bytesOnDisk(file.path);
        return bytes;
      },
      removable: owner.removable(file),
      pinned: () => this.#isPinned(owner, file, holds),
    };
  }

  #isPinned(owner: Stream, file: PartFile, holds: readonly Hold[]): boolean {
    const start = Date.parse(file.day);
    const end = endOfDay(file.day);
    const near = holds.filter(({ since = 0, until = Infinity }) => since < end && until > start);
    if (near.length === 0) return false;
    let pinned = this.#pinned.get(file.path);
    if (pinned === undefined) {
      // A part that cannot be read is kept, because it may have pinned messages.
      pinned = true;
      owner.peek(file, (part) => {
        pinned = mayHavePinned(part, near);
      });
      this.#pinned.set(file.path, pinned);
    }
    return pinned;
  }
}

function totals({ owner, file }: PartUnit): { messages: number; last: string } {
  let found = { messages: 0, last: '' };
  try {
    owner.peek(file, (part) => {
      found = { messages: part.totals().messages, last: part.last };
    });
  } catch (error) {
    if (!isUnwritable(error)) throw error;
    using part = new ReadPart(file.path);
    found = { messages: part.totals().messages, last: part.spans('', 'g', true, 1)[0]?.last ?? '' };
  }
  return found;
}

/** Whether a part may have a message that a hold pins; true for a block that cannot be read. */
function mayHavePinned(part: Part, holds: readonly Hold[]): boolean {
  const search = compileSearch({ filter: heldFilter(holds), order: 'oldest' });
  return part.spans.some((span) => {
    try {
      const parts = part.parts(span);
      return search.canHold(parts) && search.find(parts, 1).length > 0;
    } catch {
      return true;
    }
  });
}
