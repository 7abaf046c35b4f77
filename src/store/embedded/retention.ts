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
import {
  heldFilter,
  judge,
  laterEdge,
  RETENTION_STATE,
  sumRemovals,
  type RetentionUnit,
} from '../retention/retention.ts';
import { endOfDay, type PartFile } from './files.ts';
import type { Part } from './part.ts';
import type { PartList } from './part-list.ts';
import { bytesOnDisk } from './sqlite.ts';
import type { StateFile } from './state.ts';
import type { Stream } from './stream.ts';

type PartUnit = RetentionUnit & { readonly owner: Stream; readonly file: PartFile };

/** Decides which parts to delete, and deletes them; remembers which parts have pinned messages. */
export class EmbeddedRetention {
  retention: Retention;
  readonly #state: StateFile;
  readonly #parts: PartList;
  /** By path; valid for the holds in `#holds`. */
  readonly #pinned = new Map<string, boolean>();
  #holds = '';

  constructor(retention: Retention, state: StateFile, parts: PartList) {
    this.retention = retention;
    this.#state = state;
    this.#parts = parts;
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
   * of a limit.
   */
  partBytes(stream: string, most: number): number {
    const { streams, maxDisk = Infinity } = this.retention;
    const { maxSize = Infinity } = streams.find(({ name }) => name === stream) ?? {};
    return Math.min(most, maxDisk / 10, maxSize / 10);
  }

  expire(streams: readonly Stream[], now: number): { removed: Removal[]; exceeded: readonly Excess[] } {
    const holds = this.#readHolds();
    const units = streams.flatMap((stream) => stream.files.map((file) => this.#unit(stream, file, holds)));
    const { remove, exceeded } = judge(units, this.retention, now);
    const removed = remove.map(({ unit, why }): Removal => {
      const { stream, day } = unit.file;
      const { messages, last } = totals(unit);
      const until = why === 'keep' || last === '' ? unit.end : arrivalOf(last) + 1;
      const removal = { stream, day, messages, bytes: unit.bytes, why, until };
      // Recorded first: after a crash in between, deleted messages must not look as if they had
      // never arrived.
      this.#record(removal, unit.file);
      unit.owner.remove(unit.file);
      this.#pinned.delete(unit.file.path);
      return removal;
    });
    return { removed: sumRemovals(removed), exceeded };
  }

  #record({ stream, until, why }: Removal, file: PartFile): void {
    const known = this.#state.get(RETENTION_STATE, stream)?.value as RetentionEdge | undefined;
    const edge = laterEdge(known, { stream, until, why });
    const moved = edge === known ? [] : [{ namespace: RETENTION_STATE, key: stream, value: edge }];
    this.#state.putAll([...moved, this.#parts.remove(file)]);
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
  owner.peek(file, (part) => {
    found = { messages: part.totals().messages, last: part.last };
  });
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
