import { statSync } from 'node:fs';
import type { StateChange } from '../contract.ts';
import { type IdRange, partsWithin } from './bounds.ts';
import { compareParts, type PartFile, partFile } from './files.ts';
import { STORE_STATE, type StateFile } from './state.ts';

const NAME = /^(\d{4}-\d\d-\d\d)-(\d+)$/;

/** Of the keys of lists, one for each stream. */
const PREFIX = 'parts/';

function keyOf(stream: string): string {
  return PREFIX + stream;
}

function nameOf({ day, number }: PartFile): string {
  return `${day}-${number}`;
}

/**
 * The parts that have messages, in the state: without it, a part that is lost would look like a time in which nothing
 * arrived. A part is listed once it has messages, and taken off the list before it is deleted.
 */
export class PartList {
  readonly #state: StateFile;
  readonly #listed = new Map<string, Set<string>>();

  /** @param startsOver whether what is listed may be out of date: what exists is listed then, and nothing else */
  constructor(state: StateFile, streams: readonly string[], startsOver: boolean) {
    this.#state = state;
    if (startsOver) for (const stream of streams) this.#listed.set(stream, new Set());
  }

  /** The changes that list the parts which are not listed yet. */
  add(stream: string, files: readonly PartFile[]): StateChange[] {
    const listed = this.#of(stream);
    const added = files.filter((file) => !listed.has(nameOf(file)) && hasContent(file));
    if (added.length === 0) return [];
    for (const file of added) listed.add(nameOf(file));
    return [this.#change(stream)];
  }

  /** The change that takes a part and all older ones off the list; those that a hold keeps are listed again. */
  remove(file: PartFile): StateChange {
    const listed = this.#of(file.stream);
    for (const name of listed) {
      const other = fileOf(name, '', file.stream);
      if (!other || compareParts(other, file) <= 0) listed.delete(name);
    }
    return this.#change(file.stream);
  }

  #of(stream: string): Set<string> {
    let listed = this.#listed.get(stream);
    if (!listed) {
      listed = new Set(readNames(this.#state, stream));
      this.#listed.set(stream, listed);
    }
    return listed;
  }

  #change(stream: string): StateChange {
    return { namespace: STORE_STATE, key: keyOf(stream), value: [...this.#of(stream)] };
  }
}

/** The listed parts within these bounds that are missing or empty. */
export function lostParts(state: StateFile, root: string, bounds: IdRange): PartFile[] {
  const lost = () =>
    state.scan(STORE_STATE, PREFIX).flatMap(({ key, value }) => {
      const stream = key.slice(PREFIX.length);
      const files = (value as readonly string[]).flatMap((name) => fileOf(name, root, stream) ?? []);
      return partsWithin(files, bounds).filter((file) => !hasContent(file));
    });
  // Asked again: retention may have deleted a part since the list was read.
  return lost().length === 0 ? [] : lost();
}

function readNames(state: StateFile, stream: string): readonly string[] {
  return (state.get(STORE_STATE, keyOf(stream))?.value ?? []) as readonly string[];
}

function fileOf(name: string, root: string, stream: string): PartFile | undefined {
  const match = NAME.exec(name);
  return match ? partFile(root, stream, match[1]!, Number(match[2])) : undefined;
}

function hasContent({ path }: PartFile): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
