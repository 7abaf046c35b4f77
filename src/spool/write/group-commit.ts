import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import type { SegmentFiles } from './segment-files.ts';
import { Group, Slabs } from './group.ts';

/** The next fsync starts at most this long after the first who waits for it asked, ms. */
const ACKNOWLEDGED_MS = 5;
/** The same where nobody waits for an answer. */
const UNACKNOWLEDGED_MS = 20;

export type CommitHooks = {
  /** A group is on disk; its promise resolves right after. */
  readonly durable: (group: Group) => void;
  /** The disk refused; the same bytes are tried again until it takes them. */
  readonly failed: (error: unknown) => void;
  /** ms between tries. */
  readonly retryMs: number;
};

/**
 * Gathers records into groups, each written with one call and made durable with one fsync; while one is under way
 * the next gathers. Idle, it starts at once; busy, at the pace above.
 */
export class GroupCommit {
  readonly #files: SegmentFiles;
  readonly #hooks: CommitHooks;
  readonly #slabs = new Slabs();
  #gathering: Group;
  #flying: Group | undefined;
  /** When the gathering group must start, on performance.now(); Infinity while nobody asked. */
  #due = Infinity;
  #startedAt = -Infinity;
  #timer: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #closing = false;
  #retryNow = () => {};

  constructor(files: SegmentFiles, hooks: CommitHooks) {
    this.#files = files;
    this.#hooks = hooks;
    this.#gathering = new Group(this.#slabs);
  }

  /** The group that takes records now. */
  get group(): Group {
    return this.#gathering;
  }

  /** Whether anything is accepted and not yet durable. */
  get busy(): boolean {
    return this.#flying !== undefined || this.#due !== Infinity;
  }

  /** Has the gathering group committed in time. */
  ask(acknowledged: boolean): void {
    const now = performance.now();
    const due = Math.max(now, this.#startedAt + (acknowledged ? ACKNOWLEDGED_MS : UNACKNOWLEDGED_MS));
    if (due >= this.#due) return;
    this.#due = due;
    if (!this.#flying) this.#arm(due - now);
  }

  /** Commits what is left. Where the disk refuses, it is tried once more and then given up: promises reject. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#retryNow();
    const waiting = this.#due === Infinity ? [] : [this.#gathering];
    if (this.#flying) waiting.unshift(this.#flying);
    await Promise.allSettled(waiting.map((group) => group.done));
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer as NodeJS.Timeout | undefined);
    clearImmediate(this.#timer as NodeJS.Immediate | undefined);
    const start = () => void this.#commit();
    this.#timer = ms < 1 ? setImmediate(start) : setTimeout(start, ms);
  }

  async #commit(): Promise<void> {
    const group = this.#gathering;
    this.#flying = group;
    this.#gathering = new Group(this.#slabs);
    this.#due = Infinity;
    this.#startedAt = performance.now();
    const error = await this.#persist(group);
    this.#flying = undefined;
    if (error === undefined) {
      this.#hooks.durable(group);
      group.resolve();
    } else {
      const reason = `cannot write to the spool: ${reasonOf(error)}; it was closed before the disk took the rest`;
      group.reject(new CordwoodError('ERR_SPOOL', reason, { cause: error }));
    }
    if (this.#due !== Infinity) this.#arm(this.#due - performance.now());
  }

  /** @returns the error where the spool was closed before the disk took the group */
  async #persist(group: Group): Promise<unknown> {
    for (;;) {
      const last = this.#closing;
      try {
        for (const run of group.sealed()) this.#files.write(run);
        fault('append');
        await this.#files.sync();
        return undefined;
      } catch (error) {
        this.#hooks.failed(error);
        if (last) return error;
      }
      await this.#pause();
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#closing ? 0 : this.#hooks.retryMs);
      this.#retryNow = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
