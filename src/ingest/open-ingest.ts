import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/log.ts';
import type { Settings } from '../config/index.ts';
import { MessageBatch } from '../model/batch.ts';
import type { Position } from '../model/id.ts';
import type { Source } from '../model/message.ts';
import { createParser, type Parser } from '../parse/index.ts';
import { openPipeline, type Pipeline } from '../pipeline/index.ts';
import { type DurableEnd, openSpoolReader } from '../spool/index.ts';
import type { StoreReader, StoreWriter } from '../store/contract.ts';
import { earlierRun } from './earlier-run.ts';
import { Ingest, type IngestAccount } from './ingest.ts';
import { arenaReserveFor, PIPELINE_STATE } from './pipeline-state.ts';
import { stampZoneOf } from './stamp-zones.ts';

export type OpenIngestParts = {
  readonly settings: Settings;
  /** The folder of the spool. */
  readonly folder: string;
  /** The store that has what earlier runs stored. */
  readonly store: Pick<StoreReader | StoreWriter, 'state' | 'storedAfter'>;
  /** The number under which this spool's messages are stored. */
  readonly node: number;
  /** Up to here, messages are safe in the store; undefined if none is. */
  readonly safe: Position | undefined;
  readonly account: IngestAccount;
  /** Host time zones, by the name of the host; default none. */
  readonly hostZones?: ReadonlyMap<string, string>;
  /** If a server is running: how far its spool is on disk. */
  readonly durable?: DurableEnd;
  /** With the counters of stages, and `writer.not_inflated`. */
  readonly counters?: Counters;
  /** The nonce of the spool, if a server runs. */
  readonly nonce?: string;
  readonly log?: Logger;
  /** Rows and bytes of a batch. */
  readonly batchSize?: readonly [rows: number, bytes: number];
};

/** What changes while messages are read. */
type IngestSettings = { readonly settings?: Settings; readonly hostZones?: ReadonlyMap<string, string> };

export type OpenIngest = Disposable & {
  readonly ingest: Ingest;
  readonly pipeline: Pipeline;
  /** How many messages beyond *safe* the store already has. */
  readonly alreadyStored: number;
  /** From the next frame on, reads with these settings or host time zones. */
  reconfigure(change: IngestSettings): void;
  /** A pipeline of other settings, to go on with. @throws what a stage fails with */
  openPipeline(settings: Settings): Promise<Pipeline>;
};

/**
 * Opens the way from the spool to rows: every message that is not safe in the store becomes a row,
 * parsed as the settings say. The pipeline goes on with what its stages knew at *safe*. @throws
 * what the store or a stage fails with
 */
export async function openIngest(parts: OpenIngestParts): Promise<OpenIngest> {
  const { folder, store, node, safe, account, durable, counters, nonce, log, batchSize = [] } = parts;
  const from = safe ?? { receivedAt: 0, node, sequence: 0 };
  const stored = await store.storedAfter(from);
  const stageParts = { counters, nonce, ...(log && { log }) };
  const pipeline = await openPipeline(parts.settings, stageParts);
  pipeline.restore((await store.state(PIPELINE_STATE).get(String(node)))?.value);
  const notInflated = counters?.counter('writer.not_inflated');
  let { settings, hostZones = new Map<string, string>() } = parts;
  const parser = (): Parser => parserFor(settings, hostZones, () => notInflated?.add());
  const batch = MessageBatch.inMemory(...batchSize);
  batch.node = node;
  const reader = openSpoolReader({ folder, from, ...(durable && { durable }) });
  const earlier = earlierRun(from.sequence, stored);
  const ingest = new Ingest({ batch, reader, parser: parser(), earlier, account });
  ingest.reserve(arenaReserveFor(pipeline));
  return {
    ingest,
    pipeline,
    alreadyStored: stored.size,
    reconfigure(change) {
      settings = change.settings ?? settings;
      hostZones = change.hostZones ?? hostZones;
      ingest.parseWith(parser());
    },
    openPipeline: (changed) => openPipeline(changed, stageParts),
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}

/** A parser that follows the settings and the host time zones. */
function parserFor(settings: Settings, hostZones: ReadonlyMap<string, string>, onNotInflated: () => void): Parser {
  const keptWhole = new Set(settings.listen.filter(({ inflate }) => !inflate).map(({ name }) => name));
  const inflates = ({ listener }: Source): boolean => !keptWhole.has(listener);
  return createParser({ zoneOf: stampZoneOf(settings), hostZones, inflates, onNotInflated });
}
