import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '../base/errors.ts';
import type { Logger } from '../base/log.ts';
import { decodeId, idOf, lastIdOf } from '../model/id.ts';
import type { Query } from '../model/query.ts';
import type { StoreReader } from '../store/contract.ts';
import { readReports } from '../store/nodes.ts';

/** How often the reports of the others are read, ms. */
const LOOK_MS = 1000;
/** A node whose report is the same for this long has died, ms: all it ever stored is there. */
const SILENT_MS = 60_000;
const NONCE = 'nonce/';
/** The number of a node's messages whose ids another machine had taken. */
const BESIDE = /^nonce\/beside\/(\d+)$/;

/** What is known of a node: the id up to which all is stored, and since when it has said nothing new (our clock, ms). */
type Known = { readonly visible: string; readonly revision: number; readonly since: number; readonly whole: boolean };

type Options = {
  readonly store: Pick<StoreReader, 'state' | 'find' | 'heldAfter' | 'reach'>;
  /** Whose position is known without a report. */
  readonly own: number | undefined;
  /** Whether there is no time to watch who is silent: then a report that is old by its own clock tells. */
  readonly atOnce?: boolean;
  /** After so long without a new report a node has died, ms; a minute unless told. */
  readonly silentMs?: number;
  readonly log: Logger;
};

/** How far the other nodes of a store have stored what they took, by their reports. */
export class OtherNodes implements AsyncDisposable {
  readonly #options: Options;
  readonly #known = new Map<number, Known>();
  /** A node's number → that of its messages whose ids were taken. */
  readonly #beside = new Map<number, number>();
  #nodes: readonly number[] = [];
  readonly #ended = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(options: Options) {
    this.#options = options;
  }

  /** Reads the reports once; `watch` keeps on reading them. @throws where the store cannot be read */
  static async read(options: Options): Promise<OtherNodes> {
    const others = new OtherNodes(options);
    await others.#look();
    return others;
  }

  watch(): void {
    this.#running = this.#run();
  }

  /** An id for each of the others; `own` is that of this node. */
  visible(own?: string): string[] {
    const positions = new Map(this.#nodes.map((node) => [node, this.#known.get(node)?.visible ?? nothingOf(node)]));
    if (own !== undefined) positions.set(decodeId(own)!.node, own);
    for (const [node, beside] of this.#beside) {
      const position = positions.get(node);
      if (position) positions.set(beside, idOf({ ...decodeId(position)!, node: beside }));
    }
    if (own !== undefined) positions.delete(decodeId(own)!.node);
    return [...positions.values()];
  }

  async #run(): Promise<void> {
    let failed = false;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
      try {
        await this.#look();
        failed = false;
      } catch (error) {
        if (!failed) this.#options.log.warn(`cannot look up the other nodes: ${reasonOf(error)}; trying again`);
        failed = true;
      }
    }
  }

  async #look(): Promise<void> {
    const state = this.#options.store.state('nodes');
    const entries = await state.scan(NONCE);
    this.#nodes = entries.map(({ value }) => value as number);
    for (const { key, value } of entries) {
      const node = BESIDE.exec(key)?.[1];
      if (node !== undefined) this.#beside.set(Number(node), value as number);
    }
    const { own, atOnce } = this.#options;
    const unheard = new Set(this.#nodes).difference(new Set(this.#beside.values()));
    for (const { report, revision } of await readReports(state)) {
      unheard.delete(report.node);
      if (report.node === own) continue;
      if (report.reached !== undefined) this.#options.store.reach?.(BigInt(report.reached));
      await this.#note(report.node, report.visible, revision);
      if (atOnce && Date.now() - report.heartbeatAt > this.#silentMs) await this.#complete(report.node);
    }
    // One that was killed before its first report may have stored something.
    for (const node of unheard) if (node !== own) await this.#note(node, undefined, 0);
  }

  get #silentMs(): number {
    return this.#options.silentMs ?? SILENT_MS;
  }

  /** A node that has just started reports less than it had stored before. */
  async #note(node: number, reported: string | undefined, revision: number): Promise<void> {
    const known = this.#known.get(node);
    const now = performance.now();
    const visible = furthest(known?.visible ?? nothingOf(node), reported);
    if (known?.revision !== revision) this.#known.set(node, { visible, revision, since: now, whole: false });
    else if (!known.whole && now - known.since > this.#silentMs) await this.#complete(node);
  }

  async #complete(node: number): Promise<void> {
    const known = this.#known.get(node)!;
    this.#known.set(node, { ...known, visible: await this.#endOf(known.visible), whole: true });
  }

  /** The last id that a node stored before it died, from the last that it reported on. */
  async #endOf(visible: string): Promise<string> {
    const { store } = this.#options;
    const { size } = await store.heldAfter(decodeId(visible)!);
    if (size === 0) return visible;
    const node = decodeId(visible)!.node;
    const others = this.#nodes.filter((each) => each !== node).map(lastIdOf);
    const query: Query = { filter: { kind: 'all' }, order: 'oldest', limit: size, after: [visible, ...others] };
    let last = visible;
    for await (const messages of store.find(query, this.#ended.signal)) last = messages.at(-1)?._id ?? last;
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }
}

function nothingOf(node: number): string {
  return idOf({ receivedAt: 0, node, sequence: 0 });
}

function furthest(id: string, other: string | undefined): string {
  return other !== undefined && other > id ? other : id;
}
