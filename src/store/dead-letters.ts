import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createFolder, DATA_FOLDER_MODE, syncFolder } from '../base/files.ts';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { replacedKeys } from '../model/earlier-shape.ts';
import type { JsonMessage } from '../model/json.ts';

/** A message that the store, or a destination, refuses for good; kept in a file until it is resolved. */
export type DeadLetter = {
  readonly id: string;
  /** When it was put aside, ms. */
  readonly at: number;
  readonly reason: string;
  readonly message: JsonMessage;
  /** The destination of `forward:` that refused it; absent if the store did. */
  readonly forward?: string;
};
/** A line of the file: a dead letter, or the id of one that was stored after all. */
type Line = DeadLetter | { readonly resolved: string };

const FILE = 'dead-letters.jsonl';

function deadLetterFile(folder: string): string {
  return join(folder, FILE);
}

/**
 * Unresolved dead letters, in order of arrival. A line cut off by a crash is skipped. @throws
 * CordwoodError ERR_STORE
 */
export function readDeadLetters(folder: string): DeadLetter[] {
  const path = deadLetterFile(folder);
  if (!existsSync(path)) return [];
  const letters = new Map<string, DeadLetter>();
  for (const text of attempt('read', path, () => readFileSync(path, 'utf8')).split('\n')) {
    const line = parsed(text);
    if (line === undefined) continue;
    if ('resolved' in line) letters.delete(line.resolved);
    else letters.set(keyOf(line), line);
  }
  return [...letters.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The dead letters of a data folder, for the store's writer to add and for a command to resolve. */
export class DeadLetters {
  readonly #folder: string;
  readonly #known: Set<string>;

  constructor(folder: string) {
    this.#folder = folder;
    this.#known = new Set(readDeadLetters(folder).map(keyOf));
  }

  get size(): number {
    return this.#known.size;
  }

  /** Adds letters, fsynced on return; letters added before a crash are not added again. */
  add(letters: readonly DeadLetter[]): void {
    const fresh = letters.filter((letter) => !this.#known.has(keyOf(letter)));
    if (fresh.length === 0) return;
    this.#append(fresh);
    for (const letter of fresh) this.#known.add(keyOf(letter));
  }

  /** Marks messages as stored. */
  resolve(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.#append(ids.map((resolved) => ({ resolved })));
    for (const id of ids) this.#known.delete(id);
  }

  /**
   * Appends, so that two processes may write. Each write starts a new line, because a crash may
   * have cut the last one.
   */
  #append(lines: readonly Line[]): void {
    const path = deadLetterFile(this.#folder);
    attempt('write', path, () => {
      createFolder(this.#folder, DATA_FOLDER_MODE);
      const isNew = !existsSync(path);
      const file = openSync(path, 'a', 0o640);
      try {
        for (const line of lines) writeSync(file, `\n${JSON.stringify(line)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      if (isNew) syncFolder(this.#folder);
    });
  }
}

/** Of one message there may be a letter of the store, and one of each destination. */
function keyOf({ id, forward }: DeadLetter): string {
  return forward === undefined ? id : `${id} ${forward}`;
}

function parsed(text: string): Line | undefined {
  try {
    if (text === '') return undefined;
    const line = JSON.parse(text) as Line;
    if ('resolved' in line) return line;
    const { message } = line;
    return { ...line, message: { ...message, ...replacedKeys(message) } };
  } catch {
    return undefined;
  }
}

function attempt<Result>(verb: string, path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new CordwoodError('ERR_STORE', `cannot ${verb} ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
