import type { Counters } from '../base/counters.ts';
import type { StateChange, StoreState } from '../store/contract.ts';
import { ACCOUNT, Rollup } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Gap, GapReason } from './contract.ts';
import { COVERAGE, GapLog } from './gap-log.ts';
import { MINUTE } from './outcome-counters.ts';
import { MISFRAMED } from './counters.ts';

/** Interval at which the state records that this node is alive, ms. */
export const HEARTBEAT_MS = 10_000;
/** Interval at which listeners read the kernel's drops; a drop may be this old when it is seen, ms. */
const KERNEL_MS = 6000;
/** A clock that gains more than this between two samples was set forward, ms. */
const JUMP_MS = 30_000;
/** Reasons of drops that are not messages: empty frames. */
const NOT_MESSAGES = new Set(['empty']);
/** Gap reasons by the last part of a counter's name; all others are limits. */
const REASONS: Readonly<Record<string, GapReason>> = {
  kernel: 'kernel',
  spool_full: 'spool_full',
  spool_failed: 'disk_refused',
  window: 'lost',
  shutdown: 'lost',
  partial: 'lost',
};

/** The last sign of life of a node, in the state. */
export type Alive = {
  /** When it was alive last, ms. */
  readonly at: number;
  /** Whether it was shut down cleanly. */
  readonly ended: boolean;
};

/** By listener: when it opened first, since when it is closed, or since when it is open again, ms. */
export type Listened = Readonly<
  Record<string, { readonly since: number; readonly until?: number; readonly again?: number }>
>;

export type WatchOptions = {
  /** The state of a namespace of the store. */
  readonly state: (namespace: string) => StoreState;
  readonly node: number;
  readonly counters: Counters;
  readonly now: () => number;
  /** A monotonic clock, ms; tests replace it. */
  readonly elapsed?: () => number;
};

/** A drop counter, and its value at the last sample. */
type DropCounter = { readonly name: string; readonly listener: string; readonly reason: string; seen: number };

/**
 * Records in the coverage log what listeners drop and why, when nothing is accepted, and that this node is alive. It is
 * sampled about once a second.
 */
export class CoverageWriter {
  readonly #options: WatchOptions;
  readonly #coverage: StoreState;
  readonly #rollup: Rollup;
  readonly #gaps: GapLog;
  readonly #drops: DropCounter[] = [];
  /** The counters of CLOSED at the last sample. */
  readonly #events = new Map<GapReason, number>();
  /** Counts and gaps that are not in the rollup and the gap log yet. */
  #counted = new Bucket();
  readonly #found: Gap[] = [];
  #namesSeen = 0;
  #sampledAt: number;
  #elapsedAt: number;
  #aliveAt = -Infinity;
  #begun = false;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: WatchOptions) {
    const { state, node, now } = options;
    this.#options = options;
    this.#coverage = state(COVERAGE);
    this.#rollup = new Rollup(state(ACCOUNT), `${node}/door`, now);
    this.#gaps = new GapLog(this.#coverage, `${node}/door`);
    this.#sampledAt = now();
    this.#elapsedAt = this.#elapsed();
    this.#findDrops();
  }

  #elapsed(): number {
    return (this.#options.elapsed ?? (() => performance.now()))();
  }

  /**
   * Records which listeners are open. The first call records the time since the last sign of life as a gap.
   * @param lastArrival when an earlier run was still alive, ms; 0 if unknown
   * @param since since when they are open, ms; default now
   */
  listening(listeners: readonly string[], lastArrival: number, since?: number): Promise<void> {
    return this.#serialize(async () => {
      const { node, now } = this.#options;
      const at = since ?? now();
      const alive = (await this.#coverage.get(`${node}/alive`))?.value as Alive | undefined;
      const from = Math.max(alive?.at ?? 0, lastArrival);
      if (!this.#begun && from > 0 && from < at) await this.#gaps.add({ from, to: at, reason: 'outage' });
      const known = ((await this.#coverage.get(`${node}/listeners`))?.value ?? {}) as Listened;
      await this.#write([
        { namespace: COVERAGE, key: `${node}/listeners`, value: listened(known, listeners, at) },
        ...this.#gaps.changes(),
      ]);
      this.#gaps.written();
      this.#begun = true;
      await this.#writeAlive(now(), false);
    });
  }

  /** Records a gap with the next sample. */
  note(gap: Gap): void {
    this.#found.push(gap);
  }

  /** Records what happened since the last sample. @throws what the store throws; the next sample writes the rest */
  sample(): Promise<void> {
    return this.#serialize(() => this.#sample(new Bucket(), false));
  }

  /** Takes the last sample, once all listeners are closed. @param more further counts to record */
  end(more: Bucket): Promise<void> {
    return this.#serialize(() => this.#sample(more, true));
  }

  /** Calls `write` with the changes of the rollup, which it must write in one transaction. */
  writeWith<Result>(write: (changes: readonly StateChange[]) => Promise<Result>): Promise<Result> {
    return this.#serialize(async () => {
      await this.#rollup.roll();
      const result = await write(this.#rollup.changes());
      this.#rollup.written();
      return result;
    });
  }

  async #sample(more: Bucket, isLast: boolean): Promise<void> {
    const at = this.#options.now();
    this.#compare(at);
    this.#counted.addAll(more);
    // If the store fails in between, the next sample adds the rest.
    for (; this.#found.length > 0; this.#found.shift()) await this.#gaps.add(this.#found[0]!);
    if (!this.#counted.isEmpty) await this.#rollup.add(new Map([[at - (at % MINUTE), this.#counted]]));
    this.#counted = new Bucket();
    await this.#write([...this.#rollup.changes(), ...this.#gaps.changes()]);
    this.#rollup.written();
    this.#gaps.written();
    if (isLast || at - this.#aliveAt >= HEARTBEAT_MS) await this.#writeAlive(at, isLast);
  }

  /** Compares the counters with the last sample. */
  #compare(at: number): void {
    const { counters } = this.#options;
    this.#checkClock(at);
    this.#findDrops();
    for (const drop of this.#drops) {
      const value = counters.get(drop.name);
      if (value === drop.seen) continue;
      const count = value - drop.seen;
      drop.seen = value;
      if (drop.reason === MISFRAMED) {
        // The messages are received: only their ends are a guess.
        this.#counted.add('listener', drop.listener, MISFRAMED, count);
        continue;
      }
      this.#counted.add('listener', drop.listener, `dropped.${drop.reason}`, count);
      // Refused senders are not allowed to send: nothing is missing.
      if (drop.reason !== 'not_allowed') this.#found.push(this.#gapOf(drop, count, at));
    }
    for (const closed of CLOSED) {
      const events = counters.get(closed.counter);
      const was = counters.get(closed.gauge) > 0 || events !== (this.#events.get(closed.reason) ?? 0);
      this.#events.set(closed.reason, events);
      if (!was) continue;
      this.#found.push({ from: this.#sampledAt, to: at, reason: closed.reason });
      // The spool refuses because of its disk: that is one gap, not two.
      if (closed.reason === 'disk_refused') this.#events.set('spool_full', counters.get('spool.refused'));
    }
    this.#sampledAt = at;
  }

  /** If the clock was set forward, nothing can have arrived in the time it skipped: that is a gap. */
  #checkClock(at: number): void {
    const elapsed = this.#elapsed();
    const gained = at - this.#sampledAt - (elapsed - this.#elapsedAt);
    this.#elapsedAt = elapsed;
    if (gained > JUMP_MS) this.#found.push({ from: this.#sampledAt, to: at, reason: 'clock' });
  }

  /** Finds new counters of drops and of misframed messages: a reload may add listeners. */
  #findDrops(): void {
    const { names } = this.#options.counters;
    for (const name of names.slice(this.#namesSeen)) {
      const match = /^listen\.(.+)\.(?:dropped\.([^.]+)|received\.(misframed))$/.exec(name);
      const reason = match?.[2] ?? match?.[3];
      if (!match || reason === undefined || NOT_MESSAGES.has(reason)) continue;
      this.#drops.push({ name, listener: match[1]!, reason, seen: 0 });
    }
    this.#namesSeen = names.length;
  }

  #gapOf({ listener, reason }: DropCounter, count: number, at: number): Gap {
    const since = reason === 'kernel' ? Math.min(this.#sampledAt, at - KERNEL_MS) : this.#sampledAt;
    return { from: since, to: at, reason: REASONS[reason] ?? 'limited', listener, count };
  }

  async #writeAlive(at: number, ended: boolean): Promise<void> {
    const value: Alive = { at, ended };
    await this.#write([{ namespace: COVERAGE, key: `${this.#options.node}/alive`, value }]);
    this.#aliveAt = at;
  }

  /** Only this node writes these keys. */
  async #write(changes: readonly StateChange[]): Promise<void> {
    for (const { namespace, key, value } of changes) {
      const state = this.#options.state(namespace);
      await state.put(key, value, (await state.get(key))?.revision ?? 0);
    }
  }

  /** Runs one operation at a time. */
  #serialize<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }
}

/**
 * While the gauge is not 0, nothing is accepted, and only then the counter grows. The counter shows short times that fall
 * between two samples.
 */
const CLOSED: readonly { readonly gauge: string; readonly counter: string; readonly reason: GapReason }[] = [
  { gauge: 'spool.failing', counter: 'spool.failures', reason: 'disk_refused' },
  { gauge: 'spool.full', counter: 'spool.refused', reason: 'spool_full' },
];

function listened(known: Listened, listeners: readonly string[], at: number): Listened {
  const gone = Object.entries(known).map(([name, { since, until }]) => [name, { since, until: until ?? at }]);
  const here = listeners.map((name) => {
    const { since = at, until, again } = known[name] ?? {};
    const reopened = until === undefined ? again : at;
    return [name, { since, ...(reopened !== undefined && { again: reopened }) }];
  });
  return Object.fromEntries([...gone, ...here]);
}
