import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * How many datagrams the kernel had dropped of a socket that outlives us, as far as an earlier run has counted them: what
 * it drops between two runs is then counted, too, and once. Sockets are told apart by their inodes.
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

  /** The kernel's count that an earlier run has counted; 0 for a new socket, which may have the inode of an old one. */
  counted(inode: string, now: number): number {
    const before = this.#earlier[inode] ?? 0;
    this.#entries[inode] = before <= now ? before : 0;
    return this.#entries[inode];
  }

  /** All up to `total` is counted. @throws the system's error where the file cannot be written */
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
    return {}; // None yet, or cut off by a crash: drops between runs may then be counted twice, never missed.
  }
}
