import { join } from 'node:path';
import type { Logger } from '../../base/log.ts';
import type { EncodedBlock } from '../blocks/contract.ts';
import { compareParts, dayOf, listParts, type PartFile, partFile, removePart } from './files.ts';
import { Part, type Span } from './part.ts';
import { syncFolder } from '../../base/files.ts';
import { isUnusable, storeError } from './sqlite.ts';
import { reasonOf } from '../../base/errors.ts';

export type StreamOptions = {
  /** The folder of all streams. */
  readonly root: string;
  readonly stream: string;
  /** Bytes from which on a part is continued in a next one. */
  readonly partBytes: () => number;
  readonly log: Logger;
};

/** One stream as its only writer has it: its parts in order of arrival, the ones in use open. */
export class Stream implements Disposable {
  readonly name: string;
  /** In order of arrival; the last one is being written. */
  files: PartFile[];
  readonly #options: StreamOptions;
  readonly #open = new Map<string, Part>();
  /** Files that could not be opened, which nothing is put into any more. */
  readonly #unusable = new Set<string>();

  constructor(options: StreamOptions) {
    this.name = options.stream;
    this.#options = options;
    this.files = listParts(options.root, options.stream);
  }

  /** Opens what a writer goes on with: the last part, and the one before it, which a crash may have left unmerged. */
  openRecent(): void {
    for (const file of this.files.slice(-2)) this.part(file);
  }

  /** Looks into a part, which stays closed afterwards where it was closed before. */
  peek(file: PartFile, look: (part: Part) => void): void {
    const wasOpen = this.#open.has(file.path);
    const part = this.part(file);
    if (part) look(part);
    if (part && !wasOpen && !this.isNewest(part)) this.#close(part);
  }

  /** `_id` of the last row, empty where there is none. */
  get last(): string {
    for (const file of this.files.toReversed()) {
      const last = this.part(file)?.last;
      if (last) return last;
    }
    return '';
  }

  get openParts(): Part[] {
    return [...this.#open.values()];
  }

  /** A part of `files`, opened; undefined where it is damaged as a whole, which is said once. */
  part(file: PartFile): Part | undefined {
    const open = this.#open.get(file.path);
    if (open || this.#unusable.has(file.path)) return open;
    try {
      const part = new Part(file);
      this.#open.set(file.path, part);
      return part;
    } catch (error) {
      if (!isUnusable(error)) throw storeError(`open ${file.path}`, error);
      this.#abandon(file, error);
      return undefined;
    }
  }

  /** Writes to a part. @throws CordwoodError ERR_STORE; where the file is to blame, the next try goes to another */
  write(part: Part, blocks: readonly EncodedBlock[], remove: readonly Span[] = []): void {
    try {
      part.write(blocks, remove);
    } catch (error) {
      if (isUnusable(error)) {
        this.#close(part);
        this.#abandon(part.file, error);
      }
      throw error;
    }
  }

  #abandon({ path }: PartFile, error: unknown): void {
    this.#unusable.add(path);
    this.#options.log.error({ file: path }, `cannot use ${path}: ${reasonOf(error)}; it is left as it is`);
  }

  /** The part that takes a row above all others: that of its day, or a next one where that is full or damaged. */
  partToAppend(id: string): Part {
    const day = dayOf(Number.parseInt(id.slice(0, 12), 16));
    const file = this.files.findLast((candidate) => candidate.day === day);
    const part = file && this.part(file);
    if (part && part.bytes < this.#options.partBytes()) return part;
    return this.#create(day, (file?.number ?? 0) + 1);
  }

  /** The part whose range takes a row that does not lie above all others. */
  partOf(id: string): Part {
    const day = dayOf(Number.parseInt(id.slice(0, 12), 16));
    const parts = this.files.filter((file) => file.day === day).flatMap((file) => this.part(file) ?? []);
    const within = parts.findLast((part) => (part.spans[0]?.first ?? '') <= id);
    return within ?? parts[0] ?? this.partToAppend(id);
  }

  #create(day: string, number: number): Part {
    const file = partFile(this.#options.root, this.name, day, number);
    // Where the disk is full, this throws, and there is no such part: the next try makes it.
    const part = this.part(file);
    this.files = [...this.files, file].sort(compareParts);
    if (!part) throw storeError(`create ${file.path}`, new Error('SQLite cannot use the file'));
    return part;
  }

  /** Whether more will be appended to a part. */
  isNewest(part: Part): boolean {
    return this.files.at(-1)?.path === part.file.path;
  }

  /** Brings what was written to disk and closes what is not in use. */
  settle(): void {
    for (const part of this.openParts) {
      if (part.unsettled) part.checkpoint();
      if (!this.isNewest(part) && !part.mergeable) this.#close(part);
    }
  }

  #close(part: Part): void {
    this.#open.delete(part.file.path);
    part[Symbol.dispose]();
  }

  /** Whether retention may take a part: the one being written stays, the newest one goes by age only. */
  removable(file: PartFile): 'never' | 'past' | 'always' {
    if (file !== this.files.at(-1)) return 'always';
    return this.#open.get(file.path)?.unsettled ? 'never' : 'past';
  }

  /** Deletes a part with all that belongs to it. */
  remove(file: PartFile): void {
    const part = this.#open.get(file.path);
    if (part) this.#close(part);
    removePart(file.path);
    this.files = this.files.filter(({ path }) => path !== file.path);
    syncFolder(join(this.#options.root, this.name));
  }

  [Symbol.dispose](): void {
    for (const part of this.openParts) this.#close(part);
  }
}
