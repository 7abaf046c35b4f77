import { NODES } from '../cluster/contract.ts';
import { knownNodes, nodeNumber, nodesByNonce } from '../cluster/index.ts';
import { decodeId, idOf, nodeOf } from '../model/id.ts';
import type { Query } from '../model/query.ts';
import { type Hold, HOLDS, type StoreReader, type StoreState, type StoreWriter } from '../store/contract.ts';
import type { ComparedStream } from './contract.ts';
import { COPIED, type Copying, CopySink, type Mapping } from './copy-sink.ts';

/**
 * Copies all messages of one store into another, oldest first, and all holds. Nodes get new
 * numbers, by the nonces of their spools: a server that continues with the same spool on the target
 * has the number of its copies, and their ids. A copy that was stopped continues where it was;
 * another run copies what arrived meanwhile.
 * @returns how many messages this run has copied
 */
export async function copyMessages(copying: Copying): Promise<number> {
  const { source, target, signal } = copying;
  const mappings = await mappingsOf(source, target.writer);
  await copyHolds(source.state(HOLDS), target.writer.state(HOLDS));
  const after = mappings.flatMap(({ copied }) => copied ?? []);
  const query: Query = { filter: { kind: 'all' }, order: 'oldest', ...(after.length > 0 && { after }) };
  const sink = new CopySink(copying, mappings);
  for await (const messages of source.find(query, signal)) await sink.add(messages);
  await sink.finish();
  return sink.copied;
}

/** Counts on both sides, by stream, the messages that were copied by this run and earlier ones. */
export async function compareCopies({ source, target, signal }: Copying): Promise<ComparedStream[]> {
  const mappings = (await mappingsOf(source, target.writer)).filter(({ copied }) => copied !== undefined);
  const copied = mappings.map((mapping) => mapping.copied!);
  const here = await countByStream(source, copied, signal);
  const { clusterTime } = target.writer;
  if (clusterTime !== undefined) target.reader.advanceClusterTime?.(clusterTime);
  const renumbered = mappings.map((mapping) => idOf({ ...decodeId(mapping.copied!)!, node: mapping.to }));
  const there = await countByStream(target.reader, renumbered, signal);
  const streams = [...new Set([...here.keys(), ...there.keys()])].sort();
  return streams.map((stream) => ({ stream, source: here.get(stream) ?? 0, target: there.get(stream) ?? 0 }));
}

/** @param upTo the last id to count of each node; other nodes count as empty */
async function countByStream(
  store: StoreReader,
  upTo: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const named = new Set(upTo.map(nodeOf));
  const others = (await knownNodes(store.state(NODES))).filter((node) => !named.has(node));
  const nothing = others.map((node) => idOf({ receivedAt: 0, node, sequence: 0 }));
  const query: Query = { filter: { kind: 'all' }, order: 'oldest', upTo: [...upTo, ...nothing] };
  const groups = await store.aggregate(query, { by: ['stream'] }, signal);
  return new Map(groups.map(({ values, count }) => [String(values[0]), count]));
}

async function mappingsOf(source: StoreReader, target: StoreWriter): Promise<Mapping[]> {
  const mappings: Mapping[] = [];
  for (const [nonce, from] of await nodesByNonce(source.state(NODES))) {
    const copied = (await target.state(COPIED).get(nonce))?.value as string | undefined;
    const to = await nodeNumber(target.state(NODES), nonce);
    mappings.push({ nonce, from, to, ...(copied !== undefined && { copied }) });
  }
  return mappings;
}

/** A hold of the target with the same name stays as it is. */
async function copyHolds(source: StoreState, target: StoreState): Promise<void> {
  for (const { key, value } of await source.scan('')) await target.put(key, value as Hold, 0);
}
