import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { PART_FORMAT, type PartFile } from './files.ts';
import type { BlockSpan } from './part.ts';
import { rootCause } from '../../base/sqlite.ts';
import { checkFormat, isDamage, openForReading, storeError } from './sqlite.ts';

/** Files open at once; each costs a reader up to 256 KiB. */
const MAX_OPEN = 64;
/** How often files are closed that are deleted or unused, ms: a deleted file that is open still takes room. */
const REFRESH = 2000;
/** ms after which an unused file is closed. */
const IDLE = 30_000;
/**
 * Pages of 32 KiB that SQLite caches for each file: few, because blocks are read once and the
 * system caches files.
 */
const CACHED_PAGES = 8;

/**
 * Spans of blocks that may have rows in [low, high), from the block that contains `low`, or the
 * next one.
 */
const SPANS = `SELECT id, first, last, count FROM block
  WHERE first >= (SELECT coalesce(max(first), '') FROM block WHERE first <= ?1) AND first < ?2 AND last >= ?1
  ORDER BY first`;

/**
 * The parts of a block are fetched separately. The range is checked too, so a damaged index entry
 * finds no wrong block.
 */
const PIECE = {
  summary: 'SELECT summary FROM block WHERE id = ? AND first = ? AND last = ?',
  tokens: 'SELECT tokens FROM block WHERE id = ? AND first = ? AND last = ?',
  columns: 'SELECT columns FROM block WHERE id = ? AND first = ? AND last = ?',
  text: 'SELECT text FROM block WHERE id = ? AND first = ? AND last = ?',
};
export type BlockPart = keyof typeof PIECE;

/** The error of a block that is gone because it was merged with its neighbours. */
export class Moved extends Error {
  constructor() {
    super('it is in the index, but not in the table');
  }
}

/**
 * A part opened for reading; each question is a statement of its own, so that no open cursor pins
 * the -wal.
 */
export class ReadPart implements Disposable {
  readonly inode: number;
  usedAt = 0;
  readonly #path: string;
  readonly #database: DatabaseSync;
  /** False while the writer is still creating the file. */
  #ready = false;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string) {
    this.#path = path;
    this.#database = openForReading(path);
    try {
      this.inode = statSync(path).ino;
      this.#database.exec(`PRAGMA cache_size = ${CACHED_PAGES}`);
      this.#isReady();
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** The next blocks, at most `limit`, that may have rows in [low, high). */
  spans(low: string, high: string, newest: boolean, limit: number): BlockSpan[] {
    if (!this.#isReady()) return [];
    return this.#prepared(`${SPANS}${newest ? ' DESC' : ''} LIMIT ?3`).all(low, high, limit) as BlockSpan[];
  }

  /** @throws Moved if the block is gone */
  piece({ id, first, last }: BlockSpan, piece: BlockPart): Uint8Array {
    const bytes = this.#prepared(PIECE[piece]).get(id, first, last)?.[piece];
    if (bytes instanceof Uint8Array) return bytes;
    throw bytes === undefined ? new Moved() : new Error(`${this.#path} has no ${piece} for block ${id}`);
  }

  /** Runs `work` on a snapshot of the part. */
  atOnce<Result>(work: () => Result): Result {
    this.#prepared('BEGIN').run();
    try {
      return work();
    } finally {
      if (this.#database.isTransaction) this.#prepared('COMMIT').run();
    }
  }

  /** Number of messages, and their bytes as received. */
  totals(): { messages: number; rawBytes: number } {
    if (!this.#isReady()) return { messages: 0, rawBytes: 0 };
    const row = this.#prepared('SELECT sum(count) AS messages, sum(raw) AS raw FROM block').get();
    return { messages: Number(row?.['messages'] ?? 0), rawBytes: Number(row?.['raw'] ?? 0) };
  }

  #isReady(): boolean {
    this.#ready ||= checkFormat(this.#database, this.#path, PART_FORMAT) === 'ready';
    return this.#ready;
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** The open files of a reader: a limited number, closed when idle. */
export class Handles implements Disposable {
  readonly damage: Damage;
  readonly #open = new Map<string, ReadPart>();
  readonly #timer: NodeJS.Timeout;

  constructor(damage: Damage) {
    this.damage = damage;
    this.#timer = setInterval(() => this.#closeUnneeded(), REFRESH);
    this.#timer.unref();
  }

  /**
   * Asks a part; undefined if retention deleted it. @throws CordwoodError ERR_DATA_VERSION, and
   * errors of SQLite
   */
  ask<Result>(file: PartFile, question: (part: ReadPart) => Result): Result | undefined {
    try {
      return question(this.#part(file.path));
    } catch (error) {
      if (rootCause(error) instanceof Moved || existsSync(file.path)) throw error;
      return undefined;
    }
  }

  /** As `ask`, but a part that cannot be read is reported, and treated as deleted. */
  askSafely<Result>(file: PartFile, question: (part: ReadPart) => Result): Result | undefined {
    try {
      return this.ask(file, question);
    } catch (error) {
      if (!isDamage(error)) throw storeError(`read ${file.path}`, error);
      this.damage.report(file.path, error);
      return undefined;
    }
  }

  /** Closes files that were deleted or replaced. */
  refresh(): void {
    for (const [path, part] of this.#open) {
      if (statSync(path, { throwIfNoEntry: false })?.ino !== part.inode) this.#close(path);
    }
  }

  #part(path: string): ReadPart {
    const part = this.#open.get(path) ?? new ReadPart(path);
    part.usedAt = performance.now();
    this.#open.delete(path);
    this.#open.set(path, part);
    if (this.#open.size > MAX_OPEN) this.#close(this.#open.keys().next().value!);
    return part;
  }

  #close(path: string): void {
    this.#open.get(path)?.[Symbol.dispose]();
    this.#open.delete(path);
  }

  #closeUnneeded(): void {
    this.refresh();
    const since = performance.now() - IDLE;
    for (const [path, part] of this.#open) if (part.usedAt < since) this.#close(path);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const path of [...this.#open.keys()]) this.#close(path);
  }
}

/** Damage met while reading; each place is logged and counted once. */
export class Damage {
  readonly #log: Logger;
  readonly #places = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  get count(): number {
    return this.#places.size;
  }

  report(place: string, error: unknown): void {
    if (this.#places.has(place)) return;
    this.#places.add(place);
    this.#log.error({ place }, `cannot read ${place}: ${reasonOf(error)}; skipped`);
  }
}
