import { neverAborted } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import { decodeId, idOf, lastIdOf } from '../model/id.ts';
import type { Query } from '../model/query.ts';
import type { StoreReader } from '../store/contract.ts';
import { readReports } from './nodes.ts';

/** How often the reports of the others are read, ms. */
const READ_MS = 1000;
/** A node whose report is the same for this long has died, ms: all that it has stored may be shown, … */
const SILENT_MS = 60_000;
/**
 * … but not passed over: killed in mid-batch, it stores what is missing among the last of its messages once it is back.
 * After so long, who follows gets those that are there, ms.
 */
const GONE_MS = 3_600_000;
const NONCE = 'nonce/';
/** The number of a node's messages whose ids another machine had taken. */
const BESIDE = /^nonce\/beside\/(\d+)$/;

/** What is known of a node. */
type Known = {
  /** The id up to which all is stored, or all that ever will be. */
  readonly visible: string;
  readonly revision: number;
  /** Since when it has said nothing new, by our clock, ms. */
  readonly since: number;
  readonly silent: boolean;
  readonly gone: boolean;
};

/** What the latest report of a node contains. */
type Noted = { readonly visible?: string | undefined; readonly revision: number; readonly age?: number | undefined };

type Options = {
  readonly store: Pick<StoreReader, 'state' | 'find' | 'storedAfter' | 'advanceClusterTime'>;
  /** Whose position is known without a report. */
  readonly own: number | undefined;
  /** Whether there is no time to watch who is silent: then a report that is old by its own clock tells. */
  readonly atOnce?: boolean;
  /** After so long without a new report a node is silent, and gone, ms; a minute and an hour unless told. */
  readonly silentMs?: number;
  readonly goneMs?: number;
  readonly log: Logger;
};

/** How far the other nodes of a store have stored what they took, by their reports. */
export class OtherNodes implements AsyncDisposable {
  readonly #options: Options;
  readonly #known = new Map<number, Known>();
  /** A node's number → that of its messages whose ids were taken. */
  readonly #beside = new Map<number, number>();
  #nodes: readonly number[] = [];
  #poller: Poller | undefined;

  private constructor(options: Options) {
    this.#options = options;
  }

  /** Reads the reports once; `watch` keeps on reading them. @throws where the store cannot be read */
  static async read(options: Options): Promise<OtherNodes> {
    const others = new OtherNodes(options);
    await others.#read();
    return others;
  }

  watch(): void {
    this.#poller ??= new Poller({
      work: (signal) => this.#read(signal),
      everyMs: READ_MS,
      onFailure: (reason) => this.#options.log.warn(`cannot read the reports of other nodes: ${reason}; trying again`),
    });
  }

  /** An id for each of the others, up to which all is there for good: who follows reads no further; `own` is ours. */
  visible(own?: string): string[] {
    return this.#positions((node) => this.#known.get(node)?.visible ?? nothingOf(node), own);
  }

  /** The same for who asks once: of a silent node, all that it has stored. */
  shown(own?: string): string[] {
    const of = (node: number): string => {
      const known = this.#known.get(node);
      return known?.silent ? lastIdOf(node) : (known?.visible ?? nothingOf(node));
    };
    return this.#positions(of, own);
  }

  #positions(of: (node: number) => string, own: string | undefined): string[] {
    const positions = new Map(this.#nodes.map((node) => [node, of(node)]));
    if (own !== undefined) positions.set(decodeId(own)!.node, own);
    for (const [node, beside] of this.#beside) {
      const position = positions.get(node);
      if (position) positions.set(beside, idOf({ ...decodeId(position)!, node: beside }));
    }
    if (own !== undefined) positions.delete(decodeId(own)!.node);
    return [...positions.values()];
  }

  async #read(signal = neverAborted()): Promise<void> {
    const state = this.#options.store.state('nodes');
    const entries = await state.scan(NONCE);
    this.#nodes = entries.map(({ value }) => value as number);
    for (const { key, value } of entries) {
      const node = BESIDE.exec(key)?.[1];
      if (node !== undefined) this.#beside.set(Number(node), value as number);
    }
    const { own, atOnce, store } = this.#options;
    const unheard = new Set(this.#nodes).difference(new Set(this.#beside.values()));
    for (const { report, revision } of await readReports(state)) {
      unheard.delete(report.node);
      if (report.node === own) continue;
      if (report.reached !== undefined) store.advanceClusterTime?.(BigInt(report.reached));
      const age = atOnce ? Date.now() - report.heartbeatAt : undefined;
      await this.#note(report.node, { visible: report.visible, revision, age }, signal);
    }
    // One that was killed before its first report may have stored something.
    for (const node of unheard) if (node !== own) await this.#note(node, { revision: 0 }, signal);
  }

  /** A node that has just started reports less than it had stored before. */
  async #note(node: number, report: Noted, signal: AbortSignal): Promise<void> {
    const { silentMs = SILENT_MS, goneMs = GONE_MS } = this.#options;
    const now = performance.now();
    const before = this.#known.get(node);
    const isNews = before?.revision !== report.revision;
    const since = isNews ? now : before.since;
    const age = report.age ?? now - since;
    let visible = furthest(before?.visible ?? nothingOf(node), report.visible);
    const gone = age > goneMs && visible !== nothingOf(node);
    if (gone && (isNews || !before.gone)) visible = await this.#endOf(visible, signal);
    this.#known.set(node, { visible, revision: report.revision, since, silent: age > silentMs, gone });
  }

  /** The last id that a node stored before it died, from the last that it reported on. */
  async #endOf(visible: string, signal: AbortSignal): Promise<string> {
    const { store } = this.#options;
    const { size } = await store.storedAfter(decodeId(visible)!);
    if (size === 0) return visible;
    const node = decodeId(visible)!.node;
    const others = this.#nodes.filter((each) => each !== node).map(lastIdOf);
    const query: Query = { filter: { kind: 'all' }, order: 'oldest', limit: size, after: [visible, ...others] };
    let last = visible;
    for await (const messages of store.find(query, signal)) last = messages.at(-1)?._id ?? last;
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#poller?.[Symbol.asyncDispose]();
  }
}

function nothingOf(node: number): string {
  return idOf({ receivedAt: 0, node, sequence: 0 });
}

function furthest(id: string, other: string | undefined): string {
  return other !== undefined && other > id ? other : id;
}
