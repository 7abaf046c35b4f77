import { CordwoodError, reasonOf } from '../../base/errors.ts';
import { fault } from '../../base/fault.ts';
import type { SegmentFiles } from './segment-files.ts';
import { Group, Slabs } from './group.ts';

/** The next fsync starts at most this long after the first request of a sender that waits for it, ms. */
const ACKNOWLEDGED_MS = 5;
/** The same for senders that do not wait. */
const UNACKNOWLEDGED_MS = 20;

export type CommitHooks = {
  /** A group is durable; its promise resolves right after this call. */
  readonly durable: (group: Group) => void;
  /** The disk failed; the same bytes are written again until it works. */
  readonly failed: (error: unknown) => void;
  /** Whether another attempt makes sense yet. */
  readonly mayRetry: () => boolean;
  /** Time between attempts, ms. */
  readonly retryMs: number;
};

/**
 * Gathers records into groups; each is written with one call and made durable with one fsync. While
 * one group is written, the next one gathers. An idle spool starts an fsync at once, a busy one at
 * the intervals above.
 */
export class GroupCommit {
  readonly #files: SegmentFiles;
  readonly #hooks: CommitHooks;
  readonly #slabs = new Slabs();
  #gathering: Group;
  #flying: Group | undefined;
  /**
   * When the commit of the gathering group must start, on performance.now(); Infinity if it was not
   * requested.
   */
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

  /** The group that accepts records now. */
  get group(): Group {
    return this.#gathering;
  }

  /** Whether any accepted record is not durable yet. */
  get busy(): boolean {
    return this.#flying !== undefined || this.#due !== Infinity;
  }

  /** Requests a commit of the gathering group. @param acknowledged whether a sender waits for it */
  request(acknowledged: boolean): void {
    const now = performance.now();
    const due = Math.max(now, this.#startedAt + (acknowledged ? ACKNOWLEDGED_MS : UNACKNOWLEDGED_MS));
    if (due >= this.#due) return;
    this.#due = due;
    if (!this.#flying) this.#arm(due - now);
  }

  /**
   * Commits what is left. If the disk fails, it tries once more and then gives up: the promises
   * reject.
   */
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
      const reason = `cannot write to the spool: ${reasonOf(error)}; the spool was closed before the rest was on disk`;
      group.reject(new CordwoodError('ERR_SPOOL', reason, { cause: error }));
    }
    if (this.#due !== Infinity) this.#arm(this.#due - performance.now());
  }

  /** @returns the error if the spool was closed before the group was on disk, else undefined */
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
      do await this.#pause();
      while (!this.#closing && !this.#hooks.mayRetry());
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
