import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../base/log.ts';
import { arrivalOf } from '../../model/id.ts';
import type { EncodedBlock } from '../blocks/contract.ts';
import { compareParts, dayOf, listParts, type PartFile, partFile, removePart } from './files.ts';
import { Part, type BlockSpan } from './part.ts';
import { syncFolder } from '../../base/files.ts';
import { isDiskFull } from '../../base/machine/disk-reserve.ts';
import { isUnusable, storeError } from './sqlite.ts';
import { reasonOf } from '../../base/errors.ts';

export type StreamOptions = {
  /** The folder of all streams. */
  readonly root: string;
  readonly stream: string;
  /** Once a part has this many bytes, the day continues in a new part. */
  readonly partBytes: () => number;
  readonly log: Logger;
};

/** A stream opened for writing: its parts in order of arrival, with those in use open. */
export class Stream implements Disposable {
  readonly name: string;
  /** In order of arrival; the last part is being written. */
  files: PartFile[];
  readonly #options: StreamOptions;
  readonly #open = new Map<string, Part>();
  /** Paths of files that could not be opened or written; nothing more is written to them. */
  readonly #unusable = new Set<string>();

  constructor(options: StreamOptions) {
    this.name = options.stream;
    this.#options = options;
    this.files = listParts(options.root, options.stream);
  }

  /** Opens the last part, and the one before it, which a crash may have left unmerged. */
  openRecent(): void {
    for (const file of this.files.slice(-2)) this.part(file);
  }

  /** Passes a part to `use`, and closes it again if it was closed before. */
  peek(file: PartFile, use: (part: Part) => void): void {
    const wasOpen = this.#open.has(file.path);
    const part = this.part(file);
    if (part) use(part);
    if (part && !wasOpen && !this.isNewest(part)) this.#close(part);
  }

  /** `_id` of the last row, '' if there is none. */
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

  /** Opens a part of `files`; undefined if the file is damaged as a whole, which is logged once. */
  part(file: PartFile): Part | undefined {
    const open = this.#open.get(file.path);
    if (open || this.#unusable.has(file.path)) return open;
    try {
      const part = new Part(file);
      this.#open.set(file.path, part);
      return part;
    } catch (error) {
      // A killed server left it behind when the disk was full; nothing was in it.
      const isGone = isDiskFull(error) && this.files.includes(file) && !existsSync(file.path);
      if (isGone) this.files = this.files.filter((other) => other !== file);
      if (isGone) return undefined;
      if (!isUnusable(error)) throw storeError(`open ${file.path}`, error);
      this.#abandon(file, error);
      return undefined;
    }
  }

  /**
   * Writes to a part. @throws CordwoodError ERR_STORE; if the file is unusable, the next attempt
   * uses another part
   */
  write(part: Part, blocks: readonly EncodedBlock[], remove: readonly BlockSpan[] = []): void {
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
    this.#options.log.error({ file: path }, `cannot use ${path}: ${reasonOf(error)}; it is left unchanged`);
  }

  /**
   * The part for a row above all others: the last of its day, or a new one if that is full or
   * damaged.
   */
  partToAppend(id: string): Part {
    const day = dayOf(arrivalOf(id));
    const file = this.files.findLast((candidate) => candidate.day === day);
    const part = file && this.part(file);
    if (part && part.bytes < this.#options.partBytes()) return part;
    return this.#create(day, (file?.number ?? 0) + 1);
  }

  /** The part whose range contains a row that is not above all others. */
  partOf(id: string): Part {
    const day = dayOf(arrivalOf(id));
    const parts = this.files.filter((file) => file.day === day).flatMap((file) => this.part(file) ?? []);
    const within = parts.findLast((part) => (part.spans[0]?.first ?? '') <= id);
    return within ?? parts[0] ?? this.partToAppend(id);
  }

  #create(day: string, number: number): Part {
    const file = partFile(this.#options.root, this.name, day, number);
    // On a full disk this throws before the part is listed: the next attempt creates it.
    const part = this.part(file);
    this.files = [...this.files, file].sort(compareParts);
    if (!part) throw storeError(`create ${file.path}`, new Error('SQLite cannot use the file'));
    return part;
  }

  /** Whether rows are still appended to a part. */
  isNewest(part: Part): boolean {
    return this.files.at(-1)?.path === part.file.path;
  }

  /** Makes everything written survive a power loss, and closes parts that are not in use. */
  makeSafe(): void {
    for (const part of this.openParts) {
      if (part.dirty) part.checkpoint();
      if (!this.isNewest(part) && !part.mergeable) this.#close(part);
    }
  }

  #close(part: Part): void {
    this.#open.delete(part.file.path);
    part[Symbol.dispose]();
  }

  /** Whether retention may delete a part: not if it has unsynced rows; the newest part only by age. */
  removable(file: PartFile): 'never' | 'past' | 'always' {
    if (file !== this.files.at(-1)) return 'always';
    return this.#open.get(file.path)?.dirty ? 'never' : 'past';
  }

  /** Deletes a part with its -wal and -shm. */
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
