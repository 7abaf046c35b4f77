import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { dirname } from 'node:path';
import { isDiskFull } from '../../base/machine/disk-reserve.ts';
import { fault } from '../../base/fault.ts';
import type { BlockParts, EncodedBlock } from '../blocks/contract.ts';
import { MAX_ROWS, MAX_TEXT_BYTES, TEXT_HEAD, textBytes } from '../blocks/index.ts';
import { PART_FORMAT, type PartFile, removeLeftovers, removePart } from './files.ts';
import { isBusy } from '../../base/sqlite.ts';
import { syncFile, syncFolder } from '../../base/files.ts';
import { checkFormat, openForWriting, storeError, transaction, useWriteAheadLog } from './sqlite.ts';

/**
 * One row for each block. The columns that decide whether a block is read come first, so that
 * reading them fetches one page. The index `span` answers ranges and sums without reading rows. Ids
 * are never reused.
 */
const SCHEMA = `
  CREATE TABLE block (
    id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL, count INTEGER NOT NULL, raw INTEGER NOT NULL,
    summary BLOB NOT NULL, tokens BLOB NOT NULL, columns BLOB NOT NULL, text BLOB NOT NULL
  );
  CREATE UNIQUE INDEX span ON block (first, last, count, raw);
  PRAGMA application_id = ${PART_FORMAT.applicationId};
  PRAGMA user_version = ${PART_FORMAT.version};`;

/**
 * Measured with blocks of 140 KB in one table: as fast as 64 KiB, half the writes for a block of a
 * few rows, and 1 % of space wasted. With the text in a separate table, 64 KiB waste 40 %.
 */
const PAGE_SIZE = 32_768;
/** ms that a write waits for the lock, which no other process should hold. */
const BUSY_TIMEOUT = 1000;
/**
 * Pages that SQLite keeps, KiB: a transaction of some usual blocks. More saves no time, since nothing that was written is
 * read before it is merged, and SQLite keeps this much for each open part.
 */
const CACHE_KIB = 2048;
/** Bytes written before the -wal is checkpointed even without `makeSafe`. */
const WAL_LIMIT = 128 << 20;

/** Id range and row count of a block in its part. */
export type BlockSpan = {
  readonly id: number;
  /** `_id` of its first and of its last row. */
  readonly first: string;
  readonly last: string;
  readonly count: number;
};

/** A part opened for writing: its spans in memory, each change a transaction. */
export class Part implements Disposable {
  readonly file: PartFile;
  /** Blocks in order of `_id`; they never overlap. */
  readonly spans: BlockSpan[] = [];
  /** Ids of blocks that could not be read: merging skips them. */
  readonly damaged = new Set<number>();
  /** Id of a block → bytes of its text, as far as they were needed. */
  readonly #textBytes = new Map<number, number>();
  /** Whether something was written since the last checkpoint. */
  dirty = false;
  /** Whether neighbours may be worth merging. */
  mergeable = true;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  /** Bytes of the file at the last checkpoint. */
  #bytes: number;
  #nextId: number;
  /** The format of the file: an older one becomes the present one with the first write. */
  #version = 0;
  /** Whether nothing was ever committed to the file before. */
  #isNew = false;
  #written = 0;

  /**
   * Opens the file, or creates it; if the disk has no room for a new one, nothing is left of it. @throws what SQLite
   * throws, or ERR_DATA_VERSION
   */
  constructor(file: PartFile) {
    this.file = file;
    removeLeftovers(file.path);
    this.#database = openForWriting(file.path, BUSY_TIMEOUT);
    try {
      this.#prepareFile();
      this.#insert = this.#database.prepare('INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
      this.#bytes = this.#measure();
      const spans = this.#database
        .prepare('SELECT id, first, last, count FROM block ORDER BY first')
        .all() as BlockSpan[];
      for (const span of spans) this.spans.push(span);
      this.#nextId = spans.reduce((next, { id }) => Math.max(next, id + 1), 0) || firstBlockId();
    } catch (error) {
      this.#database.close();
      if (this.#isNew && isDiskFull(error)) removePart(file.path);
      throw error;
    }
  }

  /** Commits never checkpoint; `Stream.makeSafe` does. */
  #prepareFile(): void {
    const database = this.#database;
    if (checkFormat(database, this.file.path, PART_FORMAT) === 'empty') {
      this.#isNew = true;
      database.exec(`PRAGMA page_size = ${PAGE_SIZE}`);
      useWriteAheadLog(database);
      transaction(database, () => database.exec(SCHEMA));
      this.dirty = true;
    }
    this.#version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0');
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    database.exec('PRAGMA journal_size_limit = 67108864');
  }

  /** `_id` of the last row, '' if there is none. */
  get last(): string {
    return this.spans.at(-1)?.last ?? '';
  }

  /**
   * How full each block is: `MAX_ROWS` if it has more than half of that many rows, or `MAX_TEXT_BYTES` of text. A
   * damaged block is full, which keeps it from being merged.
   */
  sizes(): number[] {
    return this.spans.map(({ id, count }) => {
      if (count > MAX_ROWS / 2 || this.damaged.has(id)) return MAX_ROWS;
      return Math.max(count, Math.ceil((this.#textBytesOf(id) * MAX_ROWS) / MAX_TEXT_BYTES));
    });
  }

  /** Bytes of a block's text once unpacked; one that cannot be read counts as damaged. */
  #textBytesOf(id: number): number {
    let bytes = this.#textBytes.get(id);
    if (bytes === undefined) {
      bytes = this.#readTextBytes(id);
      this.#textBytes.set(id, bytes);
    }
    return bytes;
  }

  #readTextBytes(id: number): number {
    try {
      const row = this.#database
        .prepare(`SELECT substr(text, 1, ${TEXT_HEAD}) AS head FROM block WHERE id = ?`)
        .get(id);
      return textBytes(row?.['head'] as Uint8Array);
    } catch (error) {
      if (isBusy(error)) throw error;
      return MAX_TEXT_BYTES;
    }
  }

  /** Bytes of the file after a checkpoint, almost exactly. */
  get bytes(): number {
    return this.#bytes + this.#written;
  }

  #measure(): number {
    return Number(this.#database.prepare('PRAGMA page_count').get()?.['page_count'] ?? 0) * PAGE_SIZE;
  }

  /**
   * Removes and adds blocks in one transaction. @throws CordwoodError ERR_STORE; nothing is changed
   * then
   */
  write(blocks: readonly EncodedBlock[], remove: readonly BlockSpan[] = []): void {
    const added: BlockSpan[] = [];
    try {
      transaction(this.#database, () => {
        if (this.#version < PART_FORMAT.version) this.#database.exec(`PRAGMA user_version = ${PART_FORMAT.version}`);
        for (const { id } of remove) this.#database.prepare('DELETE FROM block WHERE id = ?').run(id);
        for (const block of blocks) added.push(this.#add(block));
        fault('commit');
      });
    } catch (error) {
      throw storeError(`write ${this.file.path}`, error);
    }
    this.#version = PART_FORMAT.version;
    this.#remember(added, remove);
    if (this.#written > WAL_LIMIT) this.checkpoint();
  }

  #add(block: EncodedBlock): BlockSpan {
    const { first, last, count, rawBytes, summary, tokens, columns, text } = block;
    const id = this.#nextId++;
    this.#insert.run(id, first, last, count, rawBytes, summary, tokens, columns, text);
    this.#written += summary.length + tokens.length + columns.length + text.length;
    this.#textBytes.set(id, textBytes(text));
    return { id, first, last, count };
  }

  #remember(added: readonly BlockSpan[], removed: readonly BlockSpan[]): void {
    this.dirty = true;
    this.mergeable = true;
    if (removed.length > 0) {
      const gone = new Set(removed.map(({ id }) => id));
      for (const id of gone) this.#textBytes.delete(id);
      const kept = this.spans.filter(({ id }) => !gone.has(id));
      this.spans.length = 0;
      this.spans.push(...kept);
    }
    const inOrder = (added[0]?.first ?? '') > this.last;
    this.spans.push(...added);
    if (!inOrder) this.spans.sort((a, b) => (a.first < b.first ? -1 : 1));
  }

  /** The index of the first block that ends at or above `id`. */
  indexOf(id: string): number {
    let low = 0;
    let high = this.spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.spans[middle]!.last < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** A block as searches read it. */
  parts({ id }: BlockSpan): BlockParts {
    const piece = (name: 'summary' | 'tokens' | 'columns' | 'text'): Uint8Array =>
      this.#database.prepare(`SELECT ${name} FROM block WHERE id = ?`).get(id)?.[name] as Uint8Array;
    return {
      stream: this.file.stream,
      summary: piece('summary'),
      tokens: () => piece('tokens'),
      columns: () => piece('columns'),
      text: () => piece('text'),
    };
  }

  /** A block as it was written. */
  block({ id, first, last, count }: BlockSpan): EncodedBlock {
    const sql = 'SELECT raw AS rawBytes, summary, tokens, columns, text FROM block WHERE id = ?';
    const row = this.#database.prepare(sql).get(id) as Omit<EncodedBlock, 'first' | 'last' | 'count'>;
    return { ...row, first, last, count };
  }

  /** Number of messages, and their bytes as received. */
  totals(): { messages: number; rawBytes: number } {
    const row = this.#database.prepare('SELECT sum(count) AS messages, sum(raw) AS raw FROM block').get();
    return { messages: Number(row?.['messages'] ?? 0), rawBytes: Number(row?.['raw'] ?? 0) };
  }

  /**
   * Makes all commits survive a power loss. SQLite syncs the -wal, copies it into the file and
   * syncs the file, but a reader or a full disk may stop it halfway; in that case the -wal is synced
   * here, and is recovered after a power loss.
   */
  checkpoint(): void {
    try {
      if (!this.#copyWal()) {
        syncFile(`${this.file.path}-wal`);
        syncFolder(dirname(this.file.path));
      }
    } catch (error) {
      throw storeError(`sync ${this.file.path}`, error);
    }
    this.#written = 0;
    this.#bytes = this.#measure();
    this.dirty = false;
  }

  /** @returns whether all of the -wal is in the file now */
  #copyWal(): boolean {
    try {
      const result = this.#database.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
      return result?.['busy'] === 0 && result['log'] === result['checkpointed'];
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      return false;
    }
  }

  /** Truncates the -wal first: closing the file removes the -wal only if no reader has it open. */
  [Symbol.dispose](): void {
    try {
      this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    } catch {
      // If copying fails (disk full), the commits stay in the -wal, as safe as before.
    }
    this.#database.close();
  }
}

/**
 * Random, so that a reader's cache of a deleted file never matches a block of a new file of the
 * same name.
 */
function firstBlockId(): number {
  return Math.floor(Math.random() * 2 ** 31) * 2 ** 20 + 1;
}
