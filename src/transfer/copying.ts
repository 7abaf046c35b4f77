import { hostname } from 'node:os';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { retry } from '../base/retry.ts';
import { version } from '../base/version.ts';
import { MessageBatch } from '../model/batch.ts';
import { decodeId, idOf, type Position } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { Query } from '../model/query.ts';
import { addMessage } from '../model/add-message.ts';
import { type Hold, HOLDS, type StoreReader, type StoreState, type StoreWriter } from '../store/contract.ts';
import type { ComparedStream } from './contract.ts';
import { knownNodes, nodeNumber, readReports, reportNode } from '../cluster/index.ts';

/** The namespace of the target's state that says, for each spool by its nonce, the id up to which it is copied. */
const COPIED = 'copied';
const NODES = 'nodes';
const NONCE = 'nonce/';
/** How often progress is written down, ms. */
const SETTLE_MS = 2000;
/** A target that is away, as while it elects a primary, is tried so often, for about a minute. */
const PATIENCE = { attempts: 12, firstMs: 200, maxMs: 10_000 } as const;

/** A spool's messages: their node in the source and in the target, and the id up to which they are copied. */
type Mapping = { readonly nonce: string; readonly from: number; readonly to: number; readonly copied?: string };

export type Copying = {
  readonly source: StoreReader;
  readonly target: { readonly writer: StoreWriter; readonly reader: StoreReader };
  readonly signal: AbortSignal;
  /** Told after each batch how many messages were copied in this run, and the time that has been reached, ms. */
  readonly onProgress: (copied: number, reached: number) => void;
  /** Told of each failure of the target that another try follows. */
  readonly onFailure: (reason: string) => void;
};

/**
 * Copies all messages of one store into another, oldest first, with the holds that pin some. Nodes are numbered anew, by
 * the names of their spools: a server that goes on with the same spool on the target has the number of its copies, and
 * their ids. Stopped anywhere, it goes on where it was; what arrived meanwhile is copied by another run.
 * @returns how many messages this run has copied
 */
export async function copyMessages(copying: Copying): Promise<number> {
  const { source, target, signal } = copying;
  const mappings = await mappingsOf(source, target.writer);
  await copyHolds(source.state(HOLDS), target.writer.state(HOLDS));
  const after = mappings.flatMap(({ copied }) => copied ?? []);
  const query: Query = { filter: { kind: 'all' }, order: 'oldest', ...(after.length > 0 && { after }) };
  const sink = new Sink(copying, mappings);
  for await (const messages of source.find(query, signal)) await sink.take(messages);
  await sink.finish();
  return sink.copied;
}

/** Counts on both sides what is copied of each spool, by stream. */
export async function compareCopies({ source, target, signal }: Copying): Promise<ComparedStream[]> {
  const mappings = (await mappingsOf(source, target.writer)).filter(({ copied }) => copied !== undefined);
  const here = await countByStream(
    source,
    mappings.map(({ copied }) => copied!),
    signal,
  );
  if (target.writer.clusterTime !== undefined) target.reader.advanceClusterTime?.(target.writer.clusterTime);
  const there = await countByStream(
    target.reader,
    mappings.map((each) => renumbered(each.copied!, each.to)),
    signal,
  );
  const streams = [...new Set([...here.keys(), ...there.keys()])].sort();
  return streams.map((stream) => ({ stream, source: here.get(stream) ?? 0, target: there.get(stream) ?? 0 }));
}

async function countByStream(
  store: StoreReader,
  upTo: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const named = new Set(upTo.map((id) => decodeId(id)!.node));
  const others = (await knownNodes(store.state(NODES))).filter((node) => !named.has(node));
  const nothing = others.map((node) => idOf({ receivedAt: 0, node, sequence: 0 }));
  const query: Query = { filter: { kind: 'all' }, order: 'oldest', upTo: [...upTo, ...nothing] };
  const groups = await store.aggregate(query, { by: ['stream'] }, signal);
  return new Map(groups.map(({ values, count }) => [String(values[0]), count]));
}

async function mappingsOf(source: StoreReader, target: StoreWriter): Promise<Mapping[]> {
  const mappings: Mapping[] = [];
  for (const { key, value } of await source.state(NODES).scan(NONCE)) {
    const nonce = key.slice(NONCE.length);
    const copied = (await target.state(COPIED).get(nonce))?.value as string | undefined;
    const to = await nodeNumber(target.state(NODES), nonce);
    mappings.push({ nonce, from: value as number, to, ...(copied !== undefined && { copied }) });
  }
  return mappings;
}

/** A hold of the same name in the target stays as it is. */
async function copyHolds(source: StoreState, target: StoreState): Promise<void> {
  for (const { key, value } of await source.scan('')) await target.put(key, value as Hold, 0);
}

function renumbered(id: string, node: number): string {
  return idOf({ ...decodeId(id)!, node });
}

/** Puts messages into the target, a batch of one node at a time, while the next batch is being filled. */
class Sink {
  readonly #copying: Copying;
  readonly #mappings: ReadonlyMap<number, Mapping>;
  /** Ids of the source, by nonce: what is stored in the target and not yet written down. */
  readonly #reached = new Map<string, string>();
  #batch = new MessageBatch();
  #spare = new MessageBatch();
  #mapping: Mapping | undefined;
  #last = '';
  #inserting: Promise<void> = Promise.resolve();
  #settledAt = Date.now();
  copied = 0;

  constructor(copying: Copying, mappings: readonly Mapping[]) {
    this.#copying = copying;
    this.#mappings = new Map(mappings.map((mapping) => [mapping.from, mapping]));
  }

  async take(messages: readonly LogMessage[]): Promise<void> {
    for (const message of messages) {
      const { node, sequence } = decodeId(message._id)!;
      if (node !== this.#mapping?.from) await this.#turnTo(node, message._id);
      if (!addMessage(this.#batch, message, sequence)) {
        await this.#flush();
        if (!addMessage(this.#batch, message, sequence)) throw copyError(message._id, 'it is larger than a batch');
      }
      this.#last = message._id;
    }
  }

  async finish(): Promise<void> {
    await this.#flush();
    await this.#inserting;
    await this.#settle();
  }

  async #turnTo(node: number, id: string): Promise<void> {
    await this.#flush();
    this.#mapping = this.#mappings.get(node);
    if (!this.#mapping) throw copyError(id, `the store does not know its node ${node}`);
  }

  async #flush(): Promise<void> {
    await this.#inserting;
    if (Date.now() - this.#settledAt >= SETTLE_MS) await this.#settle();
    if (this.#batch.count === 0) return;
    const [batch, mapping, last] = [this.#batch, this.#mapping!, this.#last];
    batch.node = mapping.to;
    this.#batch = this.#spare;
    this.#batch.clear();
    this.#spare = batch;
    this.#inserting = this.#insert(batch, mapping.nonce, last);
    // Whoever waits for it next is told of a failure.
    this.#inserting.catch(() => {});
  }

  async #insert(batch: MessageBatch, nonce: string, last: string): Promise<void> {
    await this.#patiently(() => this.#copying.target.writer.insert(batch));
    this.#reached.set(nonce, last);
    this.copied += batch.count;
    this.#copying.onProgress(this.copied, decodeId(last)!.receivedAt);
  }

  /** Writes down how far each spool is copied, and, for a server that goes on with it, that this much is safe. */
  async #settle(): Promise<void> {
    await this.#patiently(() => this.#settleAll());
    this.#reached.clear();
    this.#settledAt = Date.now();
  }

  /** Whatever is done twice is done once: ids and keys are the same. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    const { signal, onFailure } = this.#copying;
    await retry(work, {
      ...PATIENCE,
      // Who stops it waits for what is under way, which says how far it came.
      signal: new AbortController().signal,
      worthwhile: (error) => !signal.aborted && error instanceof CordwoodError && error.code === 'ERR_STORE',
      onFailure: (error) => onFailure(reasonOf(error)),
    });
  }

  async #settleAll(): Promise<void> {
    const { writer } = this.#copying.target;
    for (const [nonce, id] of this.#reached) {
      const { to } = [...this.#mappings.values()].find((mapping) => mapping.nonce === nonce)!;
      const position = { ...decodeId(id)!, node: to };
      const safe = await writer.safe(to);
      const entry = { namespace: COPIED, key: nonce, value: id };
      await writer.makeSafe(safe && safe.sequence > position.sequence ? safe : position, [entry]);
      await this.#report(position);
    }
  }

  /** Of a node that runs on the target already, its own report is the better one. */
  async #report(position: Position): Promise<void> {
    const nodes = this.#copying.target.writer.state(NODES);
    const known = (await readReports(nodes)).find(({ report }) => report.node === position.node)?.report;
    if (known && !known.stopped) return;
    if (known?.visible !== undefined && known.visible > idOf(position)) return;
    const now = Date.now();
    await reportNode(nodes, {
      ...{ node: position.node, host: hostname(), version: version(), startedAt: now, heartbeatAt: now, every: 0 },
      ...{ stopped: true, visible: idOf(position), counters: {} },
    });
  }
}

function copyError(id: string, reason: string): CordwoodError {
  return new CordwoodError('ERR_STORE', `cannot copy message ${id}: ${reason}`);
}
