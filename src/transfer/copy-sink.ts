import { hostname } from 'node:os';
import { neverAborted } from '../base/abort.ts';
import { CordwoodError, reasonOf } from '../base/errors.ts';
import { retry } from '../base/retry.ts';
import { SECOND } from '../base/units.ts';
import { version } from '../base/version.ts';
import { NODES } from '../cluster/contract.ts';
import { readReports, reportNode } from '../cluster/index.ts';
import { addMessage } from '../model/add-message.ts';
import { MessageBatch } from '../model/batch.ts';
import { arrivalOf, decodeId, idOf, type Position } from '../model/id.ts';
import type { LogMessage } from '../model/message.ts';
import type { StoreReader, StoreWriter } from '../store/contract.ts';

/**
 * The namespace of the target's state that has, by the nonce of a spool, the id up to which it is
 * copied.
 */
export const COPIED = 'copied';
/** How often progress is recorded, ms. */
const RECORD_MS = 2 * SECOND;
/** Retries while the target is unreachable, as during an election: for about a minute. */
const PATIENCE = { attempts: 12, firstMs: 200, maxMs: 10 * SECOND } as const;

/**
 * The messages of one spool: their node in the source and in the target, and the id up to which
 * they are copied.
 */
export type Mapping = {
  readonly nonce: string;
  readonly from: number;
  readonly to: number;
  readonly copied?: string;
};

export type Copying = {
  readonly source: StoreReader;
  readonly target: { readonly writer: StoreWriter; readonly reader: StoreReader };
  readonly signal: AbortSignal;
  /** Called after each batch: messages copied by this run, arrival time of the last one (ms). */
  readonly onProgress: (copied: number, copiedUntil: number) => void;
  /** Called on each failure of the target that will be retried. */
  readonly onFailure: (reason: string) => void;
};

/**
 * Inserts messages into the target, a batch of one node at a time, while the next batch is being
 * filled.
 */
export class CopySink {
  readonly #copying: Copying;
  readonly #mappings: ReadonlyMap<number, Mapping>;
  /**
   * By nonce, the id of the source up to which messages are stored in the target but not recorded
   * as copied.
   */
  readonly #unrecorded = new Map<string, string>();
  #batch = new MessageBatch();
  #spare = new MessageBatch();
  #mapping: Mapping | undefined;
  #last = '';
  #inserting: Promise<void> = Promise.resolve();
  #recordedAt = performance.now();
  copied = 0;

  constructor(copying: Copying, mappings: readonly Mapping[]) {
    this.#copying = copying;
    this.#mappings = new Map(mappings.map((mapping) => [mapping.from, mapping]));
  }

  /** Adds messages, which must come in order of their ids. */
  async add(messages: readonly LogMessage[]): Promise<void> {
    for (const message of messages) {
      const { node, sequence } = decodeId(message._id)!;
      if (node !== this.#mapping?.from) await this.#switchTo(node, message._id);
      if (!addMessage(this.#batch, message, sequence)) {
        await this.#flush();
        if (!addMessage(this.#batch, message, sequence)) throw copyError(message._id, 'it is larger than a batch');
      }
      this.#last = message._id;
    }
  }

  /** Resolves when everything is stored and recorded as copied. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#inserting;
    await this.#record();
  }

  async #switchTo(node: number, id: string): Promise<void> {
    await this.#flush();
    this.#mapping = this.#mappings.get(node);
    if (!this.#mapping) throw copyError(id, `its node ${node} is unknown in the source`);
  }

  async #flush(): Promise<void> {
    await this.#inserting;
    if (performance.now() - this.#recordedAt >= RECORD_MS) await this.#record();
    if (this.#batch.count === 0) return;
    const [batch, mapping, last] = [this.#batch, this.#mapping!, this.#last];
    batch.node = mapping.to;
    this.#batch = this.#spare;
    this.#batch.clear();
    this.#spare = batch;
    this.#inserting = this.#insert(batch, mapping.nonce, last);
    // The next `await` of this promise throws its error.
    this.#inserting.catch(() => {});
  }

  async #insert(batch: MessageBatch, nonce: string, last: string): Promise<void> {
    await this.#retry(() => this.#copying.target.writer.insert(batch));
    this.#unrecorded.set(nonce, last);
    this.copied += batch.count;
    this.#copying.onProgress(this.copied, arrivalOf(last));
  }

  async #record(): Promise<void> {
    await this.#retry(() => this.#recordAll());
    this.#unrecorded.clear();
    this.#recordedAt = performance.now();
  }

  /** All work is idempotent: repeating it writes the same ids and keys. */
  async #retry(work: () => Promise<void>): Promise<void> {
    const { signal, onFailure } = this.#copying;
    await retry(work, {
      ...PATIENCE,
      // A copy that is stopped finishes the batch under way, so that its progress is recorded.
      signal: neverAborted(),
      worthwhile: (error) => !signal.aborted && error instanceof CordwoodError && error.code === 'ERR_STORE',
      onFailure: (error) => onFailure(reasonOf(error)),
    });
  }

  /**
   * Records how far each spool is copied, and that this much is safe, for a server that continues
   * with the spool.
   */
  async #recordAll(): Promise<void> {
    const { writer } = this.#copying.target;
    for (const [nonce, id] of this.#unrecorded) {
      const { to } = [...this.#mappings.values()].find((mapping) => mapping.nonce === nonce)!;
      const position = { ...decodeId(id)!, node: to };
      const safe = await writer.safe(to);
      const entry = { namespace: COPIED, key: nonce, value: id };
      await writer.makeSafe(safe && safe.sequence > position.sequence ? safe : position, [entry]);
      await this.#report(position);
    }
  }

  /** Reports the node as stopped, unless it already runs on the target and reports itself. */
  async #report(position: Position): Promise<void> {
    const nodes = this.#copying.target.writer.state(NODES);
    const known = (await readReports(nodes)).find(({ report }) => report.node === position.node)?.report;
    if (known && !known.stopped) return;
    if (known?.visible !== undefined && known.visible > idOf(position)) return;
    const now = Date.now();
    await reportNode(nodes, {
      node: position.node,
      host: hostname(),
      version: version(),
      startedAt: now,
      heartbeatAt: now,
      every: 0,
      stopped: true,
      visible: idOf(position),
      counters: {},
    });
  }
}

function copyError(id: string, reason: string): CordwoodError {
  return new CordwoodError('ERR_STORE', `cannot copy message ${id}: ${reason}`);
}
