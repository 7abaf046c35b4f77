import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gap } from '../../src/account/contract.ts';
import { Counters } from '../../src/base/counters.ts';
import type { Logger } from '../../src/base/log.ts';
import { SILENT } from '../../src/base/log.ts';
import { validate } from '../../src/base/validate.ts';
import { z } from '../../src/base/schema.ts';
import type { ForwardRow } from '../../src/forward/contract.ts';
import { createForwardService, Forwarder, forwardCounters } from '../../src/forward/index.ts';
import { FORWARDS, type ForwardSettings } from '../../src/forward/registry.ts';
import type { ForwardTimes, ForwardWorld } from '../../src/forward/world.ts';
import { idOf } from '../../src/model/id.ts';
import type { DeadLetter } from '../../src/store/index.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { batchOf, type Draft } from '../support/batches.ts';

const NONCE = '5f0c5f0c';
/** Short waits: a test must not take minutes. */
const TIMES: Partial<ForwardTimes> = { firstRetry: 50, lastRetry: 300, back: 400, probe: 100, aside: [50, 100, 150] };

/** Entries of `forward:` as the configuration makes them. */
export function entries(...written: readonly object[]): ForwardSettings[] {
  const [first, ...rest] = FORWARDS.map(({ schema }) => schema);
  const result = validate(z.array(z.discriminatedUnion('kind', [first!, ...rest])), written);
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.value as ForwardSettings[];
}

/** A store in memory with the forwarder beside it; messages are visible at once. */
export class ForwardLab implements AsyncDisposable {
  /** Added to the clock, ms. */
  ahead = 0;
  keep: number | undefined;
  readonly gaps: Gap[] = [];
  readonly letters: DeadLetter[] = [];
  readonly warnings: string[] = [];
  readonly counters = new Counters([]);
  readonly world: ForwardWorld;
  readonly #store;
  readonly #events = new EventEmitter().setMaxListeners(100);
  #sequence = 0;
  #lastAt = 0;
  #forwarder: Forwarder | undefined;

  constructor({
    keep,
    times,
    isShared = false,
  }: { keep?: number; times?: Partial<ForwardTimes>; isShared?: boolean } = {}) {
    this.keep = keep;
    const streams = [{ name: 'default', ...(keep !== undefined && { keep }) }];
    this.#store = openMemoryStore({ now: () => this.now, streams });
    const note = (_: unknown, text?: string) => void this.warnings.push(text ?? String(_));
    const log: Logger = { ...SILENT, warn: note, error: note, child: () => log };
    this.world = {
      store: this.#store.reader,
      visible: () => [idOf({ receivedAt: this.#lastAt, node: 1, sequence: this.#sequence })],
      changed: async (seen, signal, ms) => {
        if (String(seen) !== String(this.world.visible())) return;
        await Promise.race([once(this.#events, 'more', { signal }), sleep(ms, undefined, { signal })]).catch(() => {});
      },
      nonces: async () => new Map([[1, NONCE]]),
      streams: () => streams,
      note: async (gap) => void this.gaps.push(gap),
      setAside: (letter) => void this.letters.push(letter),
      ...{ node: 1, isShared, host: 'edge', version: '0', counters: this.counters, log },
      now: () => this.now,
      times: { ...TIMES, ...times },
    };
  }

  get now(): number {
    return Date.now() + this.ahead;
  }

  /** Stores messages that arrive now. */
  async add(drafts: readonly Draft[]): Promise<void> {
    const at = Math.max(this.now, this.#lastAt);
    const rows = drafts.map((draft) => ({ received_at: new Date(at), timestamp: new Date(at), ...draft }));
    await this.#store.writer.insert(batchOf(rows, { from: this.#sequence + 1 }));
    this.#sequence += rows.length;
    this.#lastAt = at;
    this.#events.emit('more');
  }

  /** Stores numbered lines: `n 0`, `n 1` … */
  async lines(from: number, to: number): Promise<void> {
    await this.add(range(from, to).map((number) => ({ hostname: `host${number % 5}`, message: `n ${number}` })));
  }

  start(settings: readonly ForwardSettings[]): void {
    this.counters.add(forwardCounters(settings.map(({ name }) => name)));
    this.#forwarder = new Forwarder(settings, this.world);
  }

  async reload(settings: readonly ForwardSettings[]): Promise<void> {
    this.counters.add(forwardCounters(settings.map(({ name }) => name)));
    await this.#forwarder!.reload(settings);
  }

  async stop(): Promise<void> {
    await this.#forwarder?.[Symbol.asyncDispose]();
    this.#forwarder = undefined;
  }

  count(name: string, what: string): number {
    return this.counters.get(`forward.${name}.${what}`);
  }

  service(settings: readonly ForwardSettings[] = []) {
    return createForwardService(
      (name) => this.world.store.state(name),
      () => ({ forward: settings }),
      () => this.now,
    );
  }

  async row(name: string): Promise<ForwardRow | undefined> {
    return (await this.service().list()).find((row) => row.name === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The numbers of numbered lines, in their order. */
export function numbersIn(lines: readonly string[]): number[] {
  return lines.flatMap((line) => /\bn (\d+)$/.exec(line)?.[1] ?? []).map(Number);
}

/** The whole numbers from `from` to below `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
