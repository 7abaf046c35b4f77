import { Accounting } from '../account/index.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import { adoptNode, nodeNumber } from '../cluster/index.ts';
import type { Settings } from '../config/index.ts';
import { HOST_ZONES } from '../hosts/contract.ts';
import { followHostZones } from '../hosts/index.ts';
import type { Position } from '../model/id.ts';
import type { DurableEnd } from '../spool/index.ts';
import type { StoreWriter } from '../store/contract.ts';
import { type OpenIngest, openIngest } from './open-ingest.ts';

/** Rows and bytes of a batch for each kind of store. Behind a network, large batches wait for fewer answers. */
const BATCH = { embedded: [8192, 4 << 20], mongodb: [16_384, 16 << 20] } as const;

export type ResumeParts = {
  readonly settings: Settings;
  readonly store: StoreWriter;
  /** The folder of the spool. */
  readonly folder: string;
  /** The name of the spool; its messages up to `lastEarlier` are of earlier runs. */
  readonly nonce: string;
  readonly lastEarlier: number;
  readonly durable: DurableEnd;
  readonly counters: Counters;
  readonly log: Logger;
};

/** What a writer goes on with after an earlier run of this spool, or begins with. */
export type Resumed = Disposable & {
  readonly node: number;
  readonly account: Accounting;
  /** Up to here, messages are safe in the store; undefined if none is. */
  readonly safe: Position | undefined;
  /** Reads with the host time zones that apply now, and follows their changes. */
  readonly opened: OpenIngest;
};

/**
 * Finds out what earlier runs of this spool stored, and opens the way from there to rows. It is
 * idempotent: if the store fails in between, call it again. @throws what the store fails with
 */
export async function resumeIngest(parts: ResumeParts): Promise<Resumed> {
  const { settings, store, folder, nonce, lastEarlier, durable, counters, log } = parts;
  const state = (name: string) => store.state(name);
  const { recovered } = store;
  if (recovered?.nodes) await adoptNode(state('nodes'), nonce, { nodes: recovered.nodes, isNew: lastEarlier === 0 });
  const node = await nodeNumber(state('nodes'), nonce);
  // First: it completes a change of the state that a killed run had begun.
  const safe = await store.safe(node);
  const account = new Accounting({ state, node, counters, now: Date.now, lastEarlier });
  await account.restore();
  if (recovered) account.coverage.note({ from: recovered.from, to: recovered.to, reason: 'state' });
  const batchSize = BATCH[settings.store.kind];
  using opening = new DisposableStack();
  const opened = opening.use(
    await openIngest({ settings, folder, store, node, safe, account, durable, counters, nonce, log, batchSize }),
  );
  const zones = opening.use(await followHostZones(state(HOST_ZONES), log));
  const setZones = (hostZones: ReadonlyMap<string, string>): void => opened.reconfigure({ hostZones });
  setZones(zones.zones);
  zones.onChange(setZones);
  const open = opening.move();
  return { node, account, safe, opened, [Symbol.dispose]: () => open.dispose() };
}
