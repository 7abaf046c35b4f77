import type { Excess, Hold, Removal, Retention, RetentionEdge } from '../contract.ts';
import { compileSearch } from '../blocks/index.ts';
import { heldFilter, judge, laterEdge, RETENTION_STATE, summed, type Unit } from '../retention/retention.ts';
import { HOLDS } from '../contract.ts';
import { endOfDay, type PartFile } from './files.ts';
import type { Part } from './part.ts';
import { bytesOnDisk } from './sqlite.ts';
import type { StateFile } from './state.ts';
import type { Stream } from './stream.ts';

type PartUnit = Unit & { readonly from: Stream; readonly file: PartFile };

/** Decides which parts go, and lets them go; it remembers which ones hold what a hold pins. */
export class EmbeddedRetention {
  retention: Retention;
  readonly #state: StateFile;
  /** By path; true of the holds that `#holds` names. */
  readonly #pinned = new Map<string, boolean>();
  #holds = '';

  constructor(retention: Retention, state: StateFile) {
    this.retention = retention;
    this.#state = state;
  }

  /** Where rows were put among older ones: what was known of these parts may no longer hold. */
  forget(): void {
    this.#pinned.clear();
  }

  /** Bytes from which on a part of a stream is continued in a next one: what goes, goes in pieces of a tenth of a limit. */
  partBytes(stream: string, most: number): number {
    const { streams, maxDisk = Infinity } = this.retention;
    const { maxSize = Infinity } = streams.find(({ name }) => name === stream) ?? {};
    return Math.min(most, maxDisk / 10, maxSize / 10);
  }

  expire(streams: readonly Stream[], now: number): { removed: Removal[]; exceeded: readonly Excess[] } {
    const holds = this.#lookUpHolds();
    const units = streams.flatMap((stream) => stream.files.map((file) => this.#unit(stream, file, holds)));
    const { remove, exceeded } = judge(units, this.retention, now);
    const removed = remove.map(({ unit, why }): Removal => {
      const { stream, day } = unit.file;
      const { messages, last } = totals(unit);
      const until = why === 'keep' || last === '' ? unit.end : Number.parseInt(last.slice(0, 12), 16) + 1;
      const removal = { stream, day, messages, bytes: unit.bytes, why, until };
      // Said first: after a crash in between, nobody takes what is gone for what never was.
      this.#record(removal);
      unit.from.remove(unit.file);
      this.#pinned.delete(unit.file.path);
      return removal;
    });
    return { removed: summed(removed), exceeded };
  }

  #record({ stream, until, why }: Removal): void {
    const known = this.#state.get(RETENTION_STATE, stream)?.value as RetentionEdge | undefined;
    const edge = laterEdge(known, { stream, until, why });
    if (edge !== known) this.#state.put(RETENTION_STATE, stream, edge);
  }

  #lookUpHolds(): readonly Hold[] {
    const entries = this.#state.scan(HOLDS, '');
    const names = entries.map(({ key, revision }) => `${key} ${revision}`).join();
    if (names !== this.#holds) this.forget();
    this.#holds = names;
    return entries.map(({ value }) => value as Hold);
  }

  #unit(from: Stream, file: PartFile, holds: readonly Hold[]): PartUnit {
    let bytes: number | undefined;
    return {
      from,
      file,
      stream: file.stream,
      end: endOfDay(file.day),
      get bytes() {
        bytes ??= bytesOnDisk(file.path);
        return bytes;
      },
      removable: from.removable(file),
      pinned: () => this.#isPinned(from, file, holds),
    };
  }

  #isPinned(from: Stream, file: PartFile, holds: readonly Hold[]): boolean {
    const start = Date.parse(file.day);
    const end = endOfDay(file.day);
    const near = holds.filter(({ since = 0, until = Infinity }) => since < end && until > start);
    if (near.length === 0) return false;
    let pinned = this.#pinned.get(file.path);
    if (pinned === undefined) {
      // A part that cannot be read stays: nobody knows what it holds.
      pinned = true;
      from.peek(file, (part) => {
        pinned = holdsAny(part, near);
      });
      this.#pinned.set(file.path, pinned);
    }
    return pinned;
  }
}

function totals({ from, file }: PartUnit): { messages: number; last: string } {
  let found = { messages: 0, last: '' };
  from.peek(file, (part) => {
    found = { messages: part.totals().messages, last: part.last };
  });
  return found;
}

/** Whether a part has a message that a hold pins; a block that cannot be read might. */
function holdsAny(part: Part, holds: readonly Hold[]): boolean {
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
