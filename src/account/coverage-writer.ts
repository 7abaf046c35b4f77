import type { Counters } from '../base/counters.ts';
import type { StateChange, StoreState } from '../store/contract.ts';
import { ACCOUNT, Rollup } from './rollup.ts';
import { Bucket } from './bucket.ts';
import type { Gap, GapReason } from './contract.ts';
import { COVERAGE, GapLog } from './gap-log.ts';
import { MINUTE } from './outcome-counters.ts';

/** How often the state says that we are alive, ms. */
export const HEARTBEAT_MS = 10_000;
/** The kernel's drops are looked at this often: they may be as old, ms. */
const KERNEL_MS = 6000;
/** A clock that gains more than this from one look to the next was set, ms. */
const JUMP_MS = 30_000;
/** Frames without a byte and halves of frames are no messages. */
const NOT_MESSAGES = new Set(['empty', 'partial']);
/** What else than a limit of ours drops messages, by the counter's last part. */
const REASONS: Readonly<Record<string, GapReason>> = {
  kernel: 'kernel',
  spool_full: 'spool_full',
  spool_failed: 'disk_refused',
  window: 'lost',
  shutdown: 'lost',
};

/** What the state says of a receiver's life. */
export type Alive = {
  /** ms: it ran then. */
  readonly at: number;
  /** Whether it ended in order. */
  readonly ended: boolean;
};

/** When a listener listened first, since when it does not any more, or since when it does again, ms. */
export type Listened = Readonly<
  Record<string, { readonly since: number; readonly until?: number; readonly again?: number }>
>;

export type WatchOptions = {
  /** The state of a namespace. */
  readonly state: (namespace: string) => StoreState;
  readonly node: number;
  readonly counters: Counters;
  readonly now: () => number;
  /** ms that pass, from any beginning, by a clock that nobody sets; only tests give another. */
  readonly elapsed?: () => number;
};

type Watched = { readonly name: string; readonly listener: string; readonly reason: string; seen: number };

/**
 * Writes down what happens at the door, as it happens: what is dropped and why, when nothing is accepted, and that we
 * are alive. It is asked to look about once a second.
 */
export class CoverageWriter {
  readonly #options: WatchOptions;
  readonly #coverage: StoreState;
  readonly #book: Rollup;
  readonly #gaps: GapLog;
  readonly #drops: Watched[] = [];
  /** What the counters of CLOSED said when it looked last. */
  readonly #happened = new Map<GapReason, number>();
  /** Counts and gaps that are not in the book and the log yet. */
  #counted = new Bucket();
  readonly #found: Gap[] = [];
  #namesSeen = 0;
  #lookedAt: number;
  #elapsedAt: number;
  #beatAt = -Infinity;
  #begun = false;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(options: WatchOptions) {
    const { state, node, now } = options;
    this.#options = options;
    this.#coverage = state(COVERAGE);
    this.#book = new Rollup(state(ACCOUNT), `${node}/door`, now);
    this.#gaps = new GapLog(this.#coverage, `${node}/door`);
    this.#lookedAt = now();
    this.#elapsedAt = this.#elapsed();
    this.#findDrops();
  }

  #elapsed(): number {
    return (this.#options.elapsed ?? (() => performance.now()))();
  }

  /**
   * We listen with these listeners; the first time, what lies between an earlier run and `since` is a gap.
   * @param lastArrival ms: an earlier run was alive then, 0 if unknown
   * @param since ms: where the store could not be told at once; now unless told
   */
  listening(listeners: readonly string[], lastArrival: number, since?: number): Promise<void> {
    return this.#alone(async () => {
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
      await this.#beat(now(), false);
    });
  }

  /** Takes down what happened since it looked last, and writes it. @throws what the store throws; it is tried again */
  sample(): Promise<void> {
    return this.#alone(() => this.#look(new Bucket(), false));
  }

  /** The last look: nobody listens any more. @param more what else is to be written down */
  end(more: Bucket): Promise<void> {
    return this.#alone(() => this.#look(more, true));
  }

  /** Hands to `settle` what of the account has to be written as one; it resolves when that is done. */
  writeWith<Result>(settle: (changes: readonly StateChange[]) => Promise<Result>): Promise<Result> {
    return this.#alone(async () => {
      await this.#book.roll();
      const result = await settle(this.#book.changes());
      this.#book.written();
      return result;
    });
  }

  async #look(more: Bucket, isLast: boolean): Promise<void> {
    const at = this.#options.now();
    this.#notice(at);
    this.#counted.addAll(more);
    // What the store fails to take in is taken in the next time.
    for (; this.#found.length > 0; this.#found.shift()) await this.#gaps.add(this.#found[0]!);
    if (!this.#counted.isEmpty) await this.#book.add(new Map([[at - (at % MINUTE), this.#counted]]));
    this.#counted = new Bucket();
    await this.#write([...this.#book.changes(), ...this.#gaps.changes()]);
    this.#book.written();
    this.#gaps.written();
    if (isLast || at - this.#beatAt >= HEARTBEAT_MS) await this.#beat(at, isLast);
  }

  /** Takes down what the counters say has happened since they were looked at last. */
  #notice(at: number): void {
    const { counters } = this.#options;
    this.#seeClock(at);
    this.#findDrops();
    for (const drop of this.#drops) {
      const value = counters.get(drop.name);
      if (value === drop.seen) continue;
      const count = value - drop.seen;
      drop.seen = value;
      this.#counted.add('listener', drop.listener, `dropped.${drop.reason}`, count);
      // Who may not send is turned away: nothing of ours is missing.
      if (drop.reason !== 'not_allowed') this.#found.push(this.#gapOf(drop, count, at));
    }
    for (const closed of CLOSED) {
      const happened = counters.get(closed.happened);
      const was = counters.get(closed.level) > 0 || happened !== (this.#happened.get(closed.reason) ?? 0);
      this.#happened.set(closed.reason, happened);
      if (!was) continue;
      this.#found.push({ from: this.#lookedAt, to: at, reason: closed.reason });
      // A disk that refuses is why all is refused.
      if (closed.reason === 'disk_refused') this.#happened.set('spool_full', counters.get('spool.refused'));
    }
    this.#lookedAt = at;
  }

  /** Nothing can have arrived in a time that was left out, and silence in it means nothing. */
  #seeClock(at: number): void {
    const elapsed = this.#elapsed();
    const gained = at - this.#lookedAt - (elapsed - this.#elapsedAt);
    this.#elapsedAt = elapsed;
    if (gained > JUMP_MS) this.#found.push({ from: this.#lookedAt, to: at, reason: 'clock' });
  }

  /** The drop counters there are; a changed configuration may bring more. */
  #findDrops(): void {
    const { names } = this.#options.counters;
    for (const name of names.slice(this.#namesSeen)) {
      const match = /^listen\.(.+)\.dropped\.([^.]+)$/.exec(name);
      if (!match || NOT_MESSAGES.has(match[2]!)) continue;
      this.#drops.push({ name, listener: match[1]!, reason: match[2]!, seen: 0 });
    }
    this.#namesSeen = names.length;
  }

  #gapOf({ listener, reason }: Watched, count: number, at: number): Gap {
    const since = reason === 'kernel' ? Math.min(this.#lookedAt, at - KERNEL_MS) : this.#lookedAt;
    return { from: since, to: at, reason: REASONS[reason] ?? 'limited', listener, count };
  }

  async #beat(at: number, ended: boolean): Promise<void> {
    const value: Alive = { at, ended };
    await this.#write([{ namespace: COVERAGE, key: `${this.#options.node}/alive`, value }]);
    this.#beatAt = at;
  }

  /** Nobody else writes these keys. */
  async #write(changes: readonly StateChange[]): Promise<void> {
    for (const { namespace, key, value } of changes) {
      const state = this.#options.state(namespace);
      await state.put(key, value, (await state.get(key))?.revision ?? 0);
    }
  }

  /** One thing at a time. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#busy.then(work);
    this.#busy = done.catch(() => {});
    return done;
  }
}

/**
 * While the level is not 0 nothing is accepted; what the other one counts happens only then. Who looks once a second, and
 * later where the store keeps it waiting, would miss much of it by the level alone.
 */
const CLOSED: readonly { readonly level: string; readonly happened: string; readonly reason: GapReason }[] = [
  { level: 'spool.failing', happened: 'spool.failures', reason: 'disk_refused' },
  { level: 'spool.full', happened: 'spool.refused', reason: 'spool_full' },
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
