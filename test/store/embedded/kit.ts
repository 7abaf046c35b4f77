import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../../src/base/log.ts';
import { SILENT } from '../../../src/base/log.ts';
import type { MessageBatch } from '../../../src/model/batch.ts';
import type { LogMessage } from '../../../src/model/message.ts';
import type { Query } from '../../../src/model/query.ts';
import type { StoreReader, StoreWriter, StreamPolicy } from '../../../src/store/contract.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { batchOf, type Draft, EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';

export type StoreSettings = {
  streams?: readonly StreamPolicy[];
  now?: () => number;
  maxDisk?: number;
  log?: Logger;
};

/** A folder with a writer and a reader, all removed at the end of the scope. */
export type TestStore = AsyncDisposable & { folder: string; writer: StoreWriter; reader: StoreReader };

export async function testStore(settings: StoreSettings = {}): Promise<TestStore> {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder()).path;
  const options = { folder, streams: [], now: () => EPOCH, ...settings };
  const writer = stack.use(await openEmbeddedWriter(options));
  const reader = stack.use(await openEmbeddedReader(options));
  return { folder, writer, reader, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Rows `from` to below `to` of node 1, `step` ms apart. */
export function rows(from: number, to: number, each: (sequence: number) => Draft = () => ({}), step = 1): MessageBatch {
  const drafts = Array.from({ length: to - from }, (_, index): Draft => {
    const sequence = from + index;
    const received_at = new Date(EPOCH + sequence * step);
    return { received_at, message: `line ${sequence} of many`, hostname: `host${sequence % 7}`, ...each(sequence) };
  });
  return batchOf(drafts, { node: 1, from });
}

export async function find(reader: StoreReader, query: Partial<Query> = {}): Promise<LogMessage[]> {
  const found: LogMessage[] = [];
  for await (const chunk of reader.find({ filter: { kind: 'all' }, order: 'oldest', ...query }, never())) {
    found.push(...chunk);
  }
  return found;
}

export async function count(reader: StoreReader, query: Partial<Query> = {}): Promise<number> {
  const whole: Query = { filter: { kind: 'all' }, order: 'oldest', ...query };
  return (await reader.aggregate(whole, { by: [] }, never()))[0]!.count;
}

export function sequencesIn(messages: readonly LogMessage[]): number[] {
  return messages.map(({ _id }) => Number.parseInt(_id.slice(16), 16));
}

/** `from` to below `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

export function never(): AbortSignal {
  return new AbortController().signal;
}

/** The files of a stream with this ending, by name. */
export function filesOf(folder: string, ending = '.cwb', stream = 'default'): string[] {
  const root = join(folder, 'store', stream);
  return readdirSync(root)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(root, name));
}

/** A logger that collects its errors. */
export function errorLog(): Logger & { errors: string[] } {
  const errors: string[] = [];
  return { ...SILENT, errors, error: (...said: readonly unknown[]) => void errors.push(String(said.at(-1))) };
}
