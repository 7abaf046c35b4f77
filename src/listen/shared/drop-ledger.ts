import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Remembers how many kernel drops of an inherited socket earlier runs have already counted, so that drops between two
 * runs are counted once as well. Sockets are identified by their inodes.
 */
export class DropLedger {
  readonly #file: string;
  readonly #earlier: Readonly<Record<string, number>>;
  readonly #entries: Record<string, number> = {};

  /** @param file in the data folder; need not exist */
  constructor(file: string) {
    this.#file = file;
    this.#earlier = read(file);
  }

  /**
   * The kernel's count up to which an earlier run has counted the drops. 0 for a new socket: the kernel reuses inodes,
   * and a count below the remembered one belongs to another socket.
   */
  counted(inode: string, now: number): number {
    const before = this.#earlier[inode] ?? 0;
    this.#entries[inode] = before <= now ? before : 0;
    return this.#entries[inode];
  }

  /** Remembers that all drops up to `total` are counted. @throws the system's error if the file cannot be written */
  note(inode: string, total: number): void {
    if (this.#entries[inode] === total) return;
    this.#entries[inode] = total;
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#entries));
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function read(file: string): Record<string, number> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(file, 'utf8')));
    return Object.fromEntries(entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number'));
  } catch {
    return {}; // Missing, or cut off by a crash: drops between runs may then be counted twice, but never missed.
  }
}
