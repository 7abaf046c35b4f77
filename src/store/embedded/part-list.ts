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

/** Names of parts by stream. */
export type Lists = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The parts that have messages, in the state: without it, a part that is lost would look like a time in which nothing
 * arrived. A part is listed once it has messages, and taken off the list before it is deleted.
 */
export class PartList {
  readonly #state: StateFile;
  readonly #listed = new Map<string, ReadonlySet<string>>();

  /** @param startsOver whether what is listed may be out of date: what exists is listed then, and nothing else */
  constructor(state: StateFile, streams: readonly string[], startsOver: boolean) {
    this.#state = state;
    if (startsOver) for (const stream of streams) this.#listed.set(stream, new Set());
  }

  /** Lists that have the parts which are not listed yet. */
  adding(streams: Iterable<{ readonly name: string; readonly files: readonly PartFile[] }>): Lists {
    const lists = new Map<string, Set<string>>();
    for (const { name, files } of streams) {
      const listed = this.#of(name);
      const added = files.filter((file) => !listed.has(nameOf(file)) && hasContent(file));
      if (added.length > 0) lists.set(name, new Set([...listed, ...added.map(nameOf)]));
    }
    return lists;
  }

  /** The list without a part and all older ones; those that a hold keeps are listed again. */
  without(file: PartFile): Lists {
    const isNewer = (name: string): boolean => {
      const other = fileOf(name, '', file.stream);
      return other !== undefined && compareParts(other, file) > 0;
    };
    return new Map([[file.stream, new Set([...this.#of(file.stream)].filter(isNewer))]]);
  }

  /** Writes lists together with other changes, all or none. If it throws, the lists are as they were. */
  save(lists: Lists, changes: readonly StateChange[]): void {
    const made = Array.from(lists, ([stream, names]): StateChange => {
      return { namespace: STORE_STATE, key: keyOf(stream), value: [...names] };
    });
    this.#state.putAll([...changes, ...made]);
    for (const [stream, names] of lists) this.#listed.set(stream, names);
  }

  #of(stream: string): ReadonlySet<string> {
    let listed = this.#listed.get(stream);
    if (!listed) {
      listed = new Set(readNames(this.#state, stream));
      this.#listed.set(stream, listed);
    }
    return listed;
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
