import { createForwardService } from '../../src/forward/index.ts';
import { EventEmitter, once } from 'node:events';
import type { Rule } from '../../src/alert/rules/schemas.ts';
import type { AlertWorld } from '../../src/alert/contract.ts';
import { createAlertService } from '../../src/alert/index.ts';
import { SILENT } from '../../src/base/log.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import type { Account, Gap } from '../../src/account/contract.ts';
import { answer } from '../../src/ask/answer.ts';
import type { AnswerContext } from '../../src/ask/context.ts';
import { savedSearches } from '../../src/ask/saved-searches.ts';
import type { End, QuestionName, Questions } from '../../src/ask/contract.ts';
import { idOf } from '../../src/model/id.ts';
import type { StoreState } from '../../src/store/contract.ts';
import type { NodeReport } from '../../src/cluster/contract.ts';
import { createHostsService, hostZonesOf } from '../../src/hosts/index.ts';
import { HOST_ZONES } from '../../src/hosts/contract.ts';
import { holdsOf } from '../../src/store/retention/holds.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { batchOf, type Draft, EPOCH } from '../support/batches.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const NOTHING = { received: 0, stored: 0, dropped: 0, limited: 0, dead: 0, waiting: 0, lost: 0 };

/** A store in memory and the context of handlers. Nothing is visible until a test shows it. */
export class World {
  now = EPOCH + HOUR;
  keep = 30 * DAY;
  rules: readonly Rule[] = [];
  reports: NodeReport[] = [];
  /** The coverage log and the account. */
  gaps: Gap[] = [];
  listeningSince: number | undefined;
  account: Account = { since: 0, until: 0, listeners: [], hosts: [], stages: [], total: NOTHING, faults: [] };
  readonly #store;
  readonly #events = new EventEmitter().setMaxListeners(1000);
  readonly #next = new Map<number, number>();
  readonly #last = new Map<number, string>();
  readonly #visible = new Map<number, string>([[1, idOf({ receivedAt: 0, node: 1, sequence: 0 })]]);
  readonly context: AnswerContext;
  /** What rules and the host ledger keep. */
  readonly alertState: StoreState;

  /** A namespace of the store's state. */
  state(namespace: string): StoreState {
    return this.#store.reader.state(namespace);
  }

  constructor(keep = 30 * DAY) {
    this.keep = keep;
    const streams = [{ name: 'default', keep }];
    this.#store = openMemoryStore({ now: () => this.now, streams });
    this.alertState = this.#store.reader.state('alert');
    const world: AlertWorld = {
      store: this.#store.reader,
      state: this.alertState,
      now: () => this.now,
      visible: () => [...this.#visible.values()],
      isComplete: () => true,
      covered: async () => true,
      listened: async () => ({ stretches: [], open: new Map() }),
      zones: {
        of: () => 'UTC',
        named: () => ['UTC'],
        hosts: hostZonesOf(this.#store.reader.state(HOST_ZONES), () => this.now),
      },
      log: SILENT,
    };
    this.context = {
      store: this.#store.reader,
      retention: () => ({ streams }),
      holds: holdsOf(this.#store.writer),
      visible: () => [...this.#visible.values()],
      changed: async (seen, signal) => {
        if (signal.aborted || String(seen) !== String([...this.#visible.values()])) return;
        await once(this.#events, 'visible', { signal }).catch(() => undefined);
      },
      status: async () => ({
        version: '0.0.0',
        running: true,
        data: '/data',
        spool: { segments: 1, bytes: 2, limit: 3, waitingBytes: 0 },
        listeners: [],
        counters: { 'spool.records': 7 },
      }),
      nodes: async () => this.reports,
      coverage: {
        gaps: async (from, to) => this.gaps.filter((gap) => gap.from < to && gap.to > from),
        since: async () => this.listeningSince,
      },
      account: async () => this.account,
      now: () => this.now,
      alerts: createAlertService({
        world,
        rules: () => this.rules,
        maxPerHour: () => 20,
        scratch: () => memoryState(() => this.now),
      }),
      hosts: createHostsService(world),
      forwards: createForwardService(
        (name) => this.#store.reader.state(name),
        () => ({ forward: [{ name: 'siem' }] }),
        () => this.now,
      ),
      searches: savedSearches(() => this.#store.reader.state('searches')),
    };
  }

  /** Stores messages, one ms apart unless they have an arrival, and makes them visible. */
  async add(drafts: readonly Draft[], node = 1): Promise<void> {
    await this.store(drafts, node);
    this.show(node);
  }

  async store(drafts: readonly Draft[], node = 1): Promise<void> {
    if (drafts.length === 0) return;
    const from = this.#next.get(node) ?? 1;
    const batch = batchOf(drafts, { node, from });
    this.#next.set(node, from + drafts.length);
    this.#last.set(node, batch.id(batch.count - 1));
    await this.#store.writer.insert(batch);
  }

  /** Makes everything that a node has stored visible. */
  show(node = 1): void {
    const last = this.#last.get(node);
    if (last !== undefined) this.#visible.set(node, last);
    this.#events.emit('visible');
  }

  ask<Name extends QuestionName>(name: Name, params: object, signal = new AbortController().signal) {
    return answer<Name>(name, params, this.context, signal);
  }

  /** The whole answer. */
  async get<Name extends QuestionName>(
    name: Name,
    params: object,
  ): Promise<{ rows: Questions[Name]['row'][]; end: End }> {
    const rows: Questions[Name]['row'][] = [];
    const answered = this.ask(name, params);
    for (;;) {
      const { done, value } = await answered.next();
      if (done) return { rows, end: value };
      rows.push(value as Questions[Name]['row']);
    }
  }

  /** The rows of a search as short texts: messages, context as `(message)`, gaps as `--`. */
  async texts(params: object): Promise<string[]> {
    return (await this.get('search', params)).rows.map(shortly);
  }
}

export function shortly(row: Questions['search']['row'] | { _cursor: string }): string {
  if ('_gap' in row) return '--';
  if ('_missing' in row) return `-- ${row._missing.reason}`;
  if ('_cursor' in row) return '@';
  return row._context ? `(${row.message})` : row.message;
}

/** Messages `1` to `count`. */
export function numbered(count: number, draft: Draft = {}): Draft[] {
  return Array.from({ length: count }, (_, index) => ({ ...draft, message: String(index + 1) }));
}
