import { neverAborted } from '../base/abort.ts';
import type { Logger } from '../base/log.ts';
import { Poller } from '../base/poller.ts';
import { HOUR, MINUTE, SECOND } from '../base/units.ts';
import { decodeId, idOf, lastIdOf } from '../model/id.ts';
import type { Query } from '../model/query.ts';
import type { StoreReader } from '../store/contract.ts';
import { NODES } from './contract.ts';
import { nodesByNonce, readReports } from './nodes.ts';

/** How often the reports of the other nodes are read, ms. */
const READ_MS = SECOND;
/**
 * A node whose report has not changed for this long is silent, ms: searches show everything it has
 * stored.
 */
const SILENT_MS = MINUTE;
/**
 * A node that is silent for this long is gone, ms: followers read past its last message. Not
 * earlier, because a node that was killed in mid-batch may have stored parts of the batch, and
 * stores the rest when it comes back.
 */
const GONE_MS = HOUR;
/**
 * The nonce of the second number of a node, for messages whose ids were taken by a copy of its data
 * folder.
 */
const BESIDE = /^beside\/(\d+)$/;

/** What is known of a node. */
type Known = {
  /** The id up to which everything is stored. */
  readonly visible: string;
  readonly revision: number;
  /** When the report last changed, by our monotonic clock, ms. */
  readonly since: number;
  readonly silent: boolean;
  readonly gone: boolean;
};

/** What the last report of a node contains. `revision` is 0 if the node never reported. */
type LastReport = {
  readonly visible?: string | undefined;
  readonly revision: number;
  readonly age?: number | undefined;
};

type Options = {
  readonly store: Pick<StoreReader, 'state' | 'find' | 'storedAfter' | 'advanceClusterTime'>;
  /** Our own node, whose position is known without a report. */
  readonly own: number | undefined;
  /**
   * For a command that reads the reports only once: judges silence by the time that is written in
   * the report.
   */
  readonly oneShot?: boolean;
  /**
   * Times without a new report after which a node is silent or gone, ms; a minute and an hour by
   * default.
   */
  readonly silentMs?: number;
  readonly goneMs?: number;
  readonly log: Logger;
};

/** How far each of the other nodes of a store has stored its messages, according to their reports. */
export class OtherNodes implements AsyncDisposable {
  readonly #options: Options;
  readonly #known = new Map<number, Known>();
  /** By node number, the second number of that node. */
  readonly #beside = new Map<number, number>();
  #nodes: readonly number[] = [];
  #poller: Poller | undefined;

  private constructor(options: Options) {
    this.#options = options;
  }

  /** Reads the reports once. @throws if the store cannot be read */
  static async read(options: Options): Promise<OtherNodes> {
    const others = new OtherNodes(options);
    await others.#read();
    return others;
  }

  /** Reads the reports regularly from now on. */
  watch(): void {
    this.#poller ??= new Poller({
      work: (signal) => this.#read(signal),
      everyMs: READ_MS,
      onFailure: (reason) => this.#options.log.warn(`cannot read the reports of other nodes: ${reason}; trying again`),
    });
  }

  /**
   * For each other node, the id up to which everything is stored and nothing will be added;
   * followers read no further.
   * @param own our own position
   */
  visible(own?: string): string[] {
    return this.#positions((node) => this.#known.get(node)?.visible ?? startOf(node), own);
  }

  /** The same for a search, which also shows everything that a silent node has stored. */
  shown(own?: string): string[] {
    const of = (node: number): string => {
      const known = this.#known.get(node);
      return known?.silent ? lastIdOf(node) : (known?.visible ?? startOf(node));
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
    const state = this.#options.store.state(NODES);
    const byNonce = await nodesByNonce(state);
    this.#nodes = [...byNonce.values()];
    for (const [nonce, number] of byNonce) {
      const node = BESIDE.exec(nonce)?.[1];
      if (node !== undefined) this.#beside.set(Number(node), number);
    }
    const { own, oneShot, store } = this.#options;
    const unreported = new Set(this.#nodes).difference(new Set(this.#beside.values()));
    for (const { report, revision } of await readReports(state)) {
      unreported.delete(report.node);
      if (report.node === own) continue;
      if (report.reached !== undefined) store.advanceClusterTime?.(BigInt(report.reached));
      const age = oneShot ? Date.now() - report.heartbeatAt : undefined;
      await this.#note(report.node, { visible: report.visible, revision, age }, signal);
    }
    // A node that was killed before its first report may have stored something.
    for (const node of unreported) if (node !== own) await this.#note(node, { revision: 0 }, signal);
  }

  async #note(node: number, report: LastReport, signal: AbortSignal): Promise<void> {
    const { silentMs = SILENT_MS, goneMs = GONE_MS } = this.#options;
    const now = performance.now();
    const before = this.#known.get(node);
    const changed = before?.revision !== report.revision;
    const since = changed ? now : before.since;
    const age = report.age ?? now - since;
    // A node that has just started reports less than it had stored before.
    let visible = higher(before?.visible ?? startOf(node), report.visible);
    const gone = age > goneMs && visible !== startOf(node);
    if (gone && (changed || !before.gone)) visible = await this.#lastStored(visible, signal);
    this.#known.set(node, { visible, revision: report.revision, since, silent: age > silentMs, gone });
  }

  /** The last id that a node stored before it died. @param visible the last id that it reported */
  async #lastStored(visible: string, signal: AbortSignal): Promise<string> {
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

function startOf(node: number): string {
  return idOf({ receivedAt: 0, node, sequence: 0 });
}

function higher(id: string, other: string | undefined): string {
  return other !== undefined && other > id ? other : id;
}
