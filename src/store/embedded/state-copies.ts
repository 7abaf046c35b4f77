import { statSync } from 'node:fs';
import { reasonOf } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { HOUR } from '../../base/units.ts';
import type { StateFile } from './state.ts';
import { copyOf, copyState } from './state-recovery.ts';

/** Copies the state each hour, and when a hold was added or released: without it, messages would be deleted. */
export class StateCopies {
  readonly #state: StateFile;
  readonly #log: Logger;
  /** When the state was copied, ms, and the holds in the copy. */
  #copiedAt: number;
  #holds = '';

  constructor(state: StateFile, log: Logger) {
    this.#state = state;
    this.#log = log;
    this.#copiedAt = statSync(copyOf(state.path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** Copies it if a copy is due. @param holds names what is pinned */
  copy(now: number, holds: string): void {
    if (Math.abs(now - this.#copiedAt) < HOUR && holds === this.#holds) return;
    this.#copiedAt = now;
    this.#holds = holds;
    try {
      copyState(this.#state.open(), this.#state.path);
    } catch (error) {
      this.#log.warn(`cannot copy ${this.#state.path}: ${reasonOf(error)}; the last copy stays`);
    }
  }
}
