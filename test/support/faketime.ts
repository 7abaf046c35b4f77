import { globSync, renameSync, writeFileSync } from 'node:fs';
import { absent } from './require.ts';

/** Debian's libfaketime; undefined if it is not installed. */
const LIBRARY = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0];

/** What `skip` of a test takes that sets the wall clock of a server. */
export function cannotFakeTime(): string | false {
  return LIBRARY === undefined ? absent('libfaketime') : false;
}

/** A wall clock that a test sets forward and back while a server runs; the steady clock stays right. */
export class FakeTime {
  readonly #path: string;

  /** @param path a file that the server reads the difference from */
  constructor(path: string) {
    this.#path = path;
    this.set(0);
  }

  /** The environment of the server. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: LIBRARY!,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_RESET: '1',
    };
  }

  /** From now on, the server's wall clock is ahead by so many seconds. */
  set(seconds: number): void {
    writeFileSync(`${this.#path}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${this.#path}.new`, this.#path);
  }
}
