import { Alerting, createAlertService } from '../../src/alert/index.ts';
import type { Delivered } from '../../src/alert/delivery/deliver.ts';
import type { DigestOptions } from '../../src/alert/digest/daily.ts';
import type { AlertService } from '../../src/alert/contract.ts';
import type { AlertWorld } from '../../src/alert/evaluate/world.ts';
import type { Notice } from '../../src/alert/notices/notice.ts';
import type { Notifier } from '../../src/alert/delivery/notifier.ts';
import type { Rule } from '../../src/alert/rules/schemas.ts';
import type { Stretch } from '../../src/hosts/listening.ts';
import { listenedWithRelays } from '../../src/alert/relay-presence.ts';
import type { RelayReport } from '../../src/cluster/contract.ts';
import { formatPassage } from '../../src/relay/index.ts';
import { RULES } from '../../src/alert/registry.ts';
import type { Coverage } from '../../src/account/contract.ts';
import { createHostsService, hostZonesOf, listeningFrom } from '../../src/hosts/index.ts';
import { SILENT } from '../../src/base/log.ts';
import { z } from '../../src/base/schema.ts';
import { MessageBatch, SPAN } from '../../src/model/batch.ts';
import { encodeId } from '../../src/model/id.ts';
import { HOST_ZONES, type HostsService } from '../../src/hosts/contract.ts';
import type { StoreReader, StoreWriter } from '../../src/store/contract.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';

export const MINUTE = 60_000;
/** A Monday, 09:00 UTC. */
export const START = Date.UTC(2026, 10, 23, 9);

/** Rows that stores take at once. */
const BATCH = 4096;

export type Line = {
  readonly text: string;
  readonly host?: string;
  readonly app?: string;
  readonly severity?: number;
  readonly sentAt?: number;
  /** Of a timestamp with an offset, minutes. */
  readonly offset?: number;
  /** The server that forwarded it. */
  readonly relay?: string;
  /** When it arrives, minutes after the start; by default now. */
  readonly minute?: number;
};

export type LabOptions = {
  readonly maxPerHour?: number;
  /** Sends what the lab collects. */
  readonly notifier?: Notifier;
  readonly digest?: DigestOptions;
  /** The same for some recipients. */
  readonly notifiers?: Readonly<Record<string, Notifier>>;
  /**
   * How long a round waits for what it sends, ms; by default until it is sent, at most half a
   * minute.
   */
  readonly patience?: number;
  /** Recipients of notices about silent hosts. */
  readonly silence?: readonly string[];
  /** The coverage log, instead of `covered`, `deaf` and `open`. */
  readonly coverage?: Pick<Coverage, 'coveredWithin' | 'listeners'>;
  /** Another store than the one in memory. */
  readonly store?: { readonly writer: Pick<StoreWriter, 'insert'>; readonly reader: StoreReader };
};

/**
 * Rules over a store in memory, at a time that is set by hand; notices are collected, or refused.
 */
export class Lab {
  now = START;
  /** Times up to which everything that arrived is stored, by node. */
  readonly storedUpTo = new Map<number, number>();
  readonly sent: { readonly notice: Notice; readonly recipient: string }[] = [];
  refuse: string | undefined;
  covered = true;
  /** Times of one second each in which the server was not listening, ms, in order. */
  readonly deaf: number[] = [];
  /** Since when each listener has been open, ms. */
  readonly open = new Map<string, number | undefined>();
  /** What is known of servers that forward here. */
  relays: () => readonly RelayReport[] = () => [];
  /** The zone that timestamps without an offset are read in. */
  zone = 'UTC';
  readonly world: AlertWorld;
  readonly #store: NonNullable<LabOptions['store']>;
  readonly #sequences = new Map<number, number>();
  #rules: readonly Rule[];
  readonly #silence: readonly string[] | undefined;
  readonly #maxPerHour: number;
  readonly #notifier: Notifier | undefined;
  readonly #notifiers: Readonly<Record<string, Notifier>>;
  readonly #patience: number;
  readonly #digest: DigestOptions | undefined;
  /** The result of the last delivery run. */
  delivered: Delivered | undefined;
  #alerting: Promise<Alerting>;

  constructor(
    rules: readonly object[],
    { maxPerHour = 20, notifier, notifiers = {}, silence, patience = 30_000, store, coverage, digest }: LabOptions = {},
  ) {
    this.#store = store ?? openMemoryStore({ now: () => this.now });
    this.#silence = silence;
    this.#rules = rules.map(ruleOf);
    this.#maxPerHour = maxPerHour;
    this.#notifier = notifier;
    this.#notifiers = notifiers;
    this.#patience = patience;
    this.#digest = digest;
    this.storedUpTo.set(1, START);
    this.world = {
      store: this.#store.reader,
      state: this.#store.reader.state('alert'),
      now: () => this.now,
      visible: () => [...this.storedUpTo].map(([node, at]) => encodeId(at, node, this.#sequences.get(node) ?? 0)),
      isComplete: (at) => [...this.storedUpTo.values()].every((time) => time >= at) || this.now - at >= MINUTE / 2,
      covered: async () => this.covered,
      relays: async () => this.relays(),
      listened: listenedWithRelays(
        async (now) => ({ stretches: this.#listened(now), open: this.open }),
        this.#store.reader.state('alert'),
        async () => this.relays(),
      ),
      zones: {
        of: () => this.zone,
        named: () => [this.zone],
        hosts: hostZonesOf(this.#store.reader.state(HOST_ZONES), () => this.now),
      },
      log: SILENT,
      ...(coverage && listeningFrom(coverage)),
    };
    this.#alerting = this.#open();
  }

  #listened(now: number): Stretch[] {
    const begins = [0, ...this.deaf.map((at) => at + 1000)];
    return begins.map((from, index) => ({ from, to: this.deaf[index] ?? now }));
  }

  /** Starts again as after a restart of the server, with other rules if some are given. */
  restart(rules?: readonly object[]): void {
    if (rules) this.#rules = rules.map(ruleOf);
    this.#alerting = this.#open();
  }

  /** Another process on the same store, which judges while it has the lease. */
  async beside(holder: string, world: Partial<AlertWorld> = {}): Promise<Alerting> {
    return await this.#open(holder, { ...this.world, ...world }, () => this.now);
  }

  #open(holder = 'lab', world = this.world, elapsed = () => 0): Promise<Alerting> {
    return Alerting.open({
      world,
      rules: this.#rules,
      ...(this.#silence && { silence: { to: this.#silence, severity: 4 } }),
      notifierOf: (to) => ({
        name: this.#notifiers[to]?.name ?? 'lab',
        send: async (notice, recipient) => {
          if (this.refuse !== undefined) throw new Error(this.refuse);
          await (this.#notifiers[recipient] ?? this.#notifier)?.send(notice, recipient);
          this.sent.push({ notice, recipient });
        },
        [Symbol.asyncDispose]: async () => undefined,
      }),
      patience: this.#patience,
      ...(this.#digest && { digest: this.#digest }),
      onDelivered: (delivered) => {
        this.delivered = delivered;
      },
      maxPerHour: this.#maxPerHour,
      holder,
      elapsed,
    });
  }

  /** Has messages arrive at a node, by default now. */
  async arrive(
    lines: readonly Line[],
    { node = 1, at = this.now }: { node?: number; at?: number } = {},
  ): Promise<void> {
    for (let from = 0; from === 0 || from < lines.length; from += BATCH) {
      await this.#store.writer.insert(this.#batchOf(lines.slice(from, from + BATCH), node, at));
    }
    this.storedUpTo.set(node, Math.max(this.storedUpTo.get(node) ?? 0, at));
  }

  #batchOf(lines: readonly Line[], node: number, at: number): MessageBatch {
    const batch = new MessageBatch(Math.max(1, lines.length), 1 << 20);
    batch.node = node;
    batch.sources.push({ ip: '192.0.2.7', port: 514, transport: 'tcp', listener: 'tcp0' });
    for (const { text, host = 'web1', app = 'nginx', severity = 3, sentAt, offset, relay, minute } of lines) {
      const sequence = (this.#sequences.get(node) ?? 0) + 1;
      this.#sequences.set(node, sequence);
      const row = batch.begin(minute === undefined ? at : START + minute * MINUTE, sequence, 0);
      batch.priority[row] = 3 * 8 + severity;
      if (sentAt !== undefined) batch.timestamp[row] = sentAt;
      if (offset !== undefined) batch.timestampOffset[row] = offset;
      for (const [span, value] of [
        [SPAN.message, text],
        [SPAN.hostname, host],
        [SPAN.appname, app],
        ...(relay === undefined ? [] : [[SPAN.structuredData, passageThrough(relay, at)] as const]),
      ] as const) {
        const bytes = Buffer.from(value);
        batch.setSpan(row, span, batch.put(bytes), bytes.length);
      }
    }
    return batch;
  }

  /**
   * Lets time pass until this minute after the start, with a round after every `step` minutes.
   */
  async passTo(minute: number, step = 1): Promise<void> {
    const alerting = await this.#alerting;
    while (this.now < START + minute * MINUTE) {
      this.now = Math.min(this.now + step * MINUTE, START + minute * MINUTE);
      for (const node of this.storedUpTo.keys()) if (!this.stuck.has(node)) this.storedUpTo.set(node, this.now);
      await alerting.round();
    }
  }

  /** Takes over the time and the arrivals of another lab on the same store. */
  follow(other: Lab): void {
    this.now = other.now;
    for (const [node, at] of other.storedUpTo) this.storedUpTo.set(node, at);
    for (const [node, sequence] of other.#sequences) this.#sequences.set(node, sequence);
  }

  /** Lets time pass without a round. */
  jumpTo(minute: number): void {
    this.now = START + minute * MINUTE;
    for (const node of this.storedUpTo.keys()) if (!this.stuck.has(node)) this.storedUpTo.set(node, this.now);
  }

  /** Nodes that currently store nothing. */
  readonly stuck = new Set<number>();

  async round(): Promise<void> {
    await (await this.#alerting).round();
  }

  /** Notices in short: kind, tick in minutes after the start, messages. */
  get short(): string[] {
    return this.sent.map(({ notice }) => `${notice.kind} ${(notice.at - START) / MINUTE} x${notice.incident.total}`);
  }
}

function passageThrough(relay: string, at: number): string {
  return formatPassage({ relays: [relay], by: ['5f0c'], listener: 'relp0', at });
}

/** A rule with default settings, as the configuration would give it. */
export function ruleOf(given: object): Rule {
  const schema = z.union(RULES.map((kind) => kind.schema) as unknown as [z.ZodType<Rule>]);
  return schema.parse({ name: 'rule', query: '*', to: ['ops@example.org'], timezone: 'UTC', ...given });
}

/** The alert service of a lab. */
export function alertServiceOf(lab: Lab, rules: readonly Rule[] = []): AlertService {
  const scratch = () => memoryState(() => lab.now);
  return createAlertService({ world: lab.world, rules: () => rules, maxPerHour: () => 20, scratch });
}

/** The hosts service of a lab. */
export function hostsServiceOf(lab: Lab): HostsService {
  return createHostsService(lab.world);
}
