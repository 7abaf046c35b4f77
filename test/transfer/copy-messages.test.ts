import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCopies, copyMessages } from '../../src/transfer/copy-messages.ts';
import type { Copying } from '../../src/transfer/copy-sink.ts';
import { CordwoodError } from '../../src/base/errors.ts';
import { decodeId, encodeId } from '../../src/model/id.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { HOLDS } from '../../src/store/contract.ts';
import { openMemoryStore } from '../../src/store/memory/store.ts';
import { nodeNumber } from '../../src/cluster/nodes.ts';
import { batchOf, EPOCH } from '../support/batches.ts';
import { corpusBatches, EVERYTHING, find, never, sample } from '../store/suite/tools.ts';

const options = { now: () => EPOCH };
const SIZE = 700;

/** A source of two nodes and three streams, and a target that already has another node. */
async function world() {
  const source = openMemoryStore(options);
  for (const nonce of ['first', 'second']) await nodeNumber(source.writer.state('nodes'), nonce);
  for (const batch of corpusBatches(SIZE, 'interleaved')) await source.writer.insert(batch);
  const target = openMemoryStore(options);
  await nodeNumber(target.writer.state('nodes'), 'another spool');
  await target.writer.insert(batchOf(sample(20), { node: 1 }));
  const progress: number[] = [];
  const failures: string[] = [];
  const copying = (signal = never()): Copying => ({
    source: source.reader,
    target,
    signal,
    onProgress: (copied) => progress.push(copied),
    onFailure: (reason) => failures.push(reason),
  });
  return { source, target, copying, progress, failures };
}

const renumbered = (messages: readonly LogMessage[]): LogMessage[] =>
  messages.map((message) => {
    const { receivedAt, node, sequence } = decodeId(message._id)!;
    return { ...message, _id: encodeId(receivedAt, node + 1, sequence) };
  });
const copiesIn = async ({ reader }: { reader: Copying['source'] }): Promise<LogMessage[]> =>
  (await find(reader)).filter(({ _id }) => decodeId(_id)!.node !== 1);

test('a copy gives nodes new numbers, and a second run copies only what arrived since', async () => {
  const { source, target, copying, progress } = await world();
  assert.equal(await copyMessages(copying()), SIZE);
  assert.ok(progress.length > 1 && progress.at(-1) === SIZE);
  assert.deepEqual(await copiesIn(target), renumbered(await find(source.reader)));
  assert.equal(await copyMessages(copying()), 0);
  await source.writer.insert(
    batchOf([{ message: 'late', received_at: new Date(EPOCH + 1e9) }], { node: 2, from: 5000 }),
  );
  assert.equal(await copyMessages(copying()), 1);
  assert.deepEqual(await copiesIn(target), renumbered(await find(source.reader)));
  const compared = await compareCopies(copying());
  assert.deepEqual(
    compared.map(({ stream }) => stream),
    ['auth', 'debug', 'default'],
  );
  for (const { source: here, target: there } of compared) assert.ok(here > 0 && here === there);
});

test('a copy retries while the target elects a primary, and stores each message once', async () => {
  const { source, target, copying, failures } = await world();
  let calls = 0;
  const flaky = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if ([1, 2, 40].includes(++calls)) throw new CordwoodError('ERR_STORE', 'cannot insert: not primary');
    const result = await work();
    if (calls === 5) throw new CordwoodError('ERR_STORE', 'cannot insert: connection closed');
    return result;
  };
  const { writer } = target;
  const electing = Object.assign(Object.create(writer) as typeof writer, {
    insert: (batch: Parameters<typeof writer.insert>[0]) => flaky(() => writer.insert(batch)),
    makeSafe: (...given: Parameters<typeof writer.makeSafe>) => flaky(() => writer.makeSafe(...given)),
  });
  assert.equal(await copyMessages({ ...copying(), target: { ...target, writer: electing } }), SIZE);
  assert.deepEqual(await copiesIn(target), renumbered(await find(source.reader)));
  assert.match(failures[0]!, /not primary/);
});

test('a copy that was stopped continues where it was', async () => {
  const { source, target, copying } = await world();
  const stopped = new AbortController();
  const begun = copying(stopped.signal);
  const stopping = { ...begun, onProgress: () => stopped.abort() };
  const first = await copyMessages(stopping);
  assert.ok(first > 0 && first < SIZE, `${first} before it was stopped`);
  assert.equal(first + (await copyMessages(copying())), SIZE);
  assert.deepEqual(await copiesIn(target), renumbered(await find(source.reader)));
});

test('a copy includes holds and the safe position of each spool', async () => {
  const { source, target, copying } = await world();
  const hold = { name: 'case-17', query: '', filter: { kind: 'all' }, why: 'evidence', addedAt: 1 };
  await source.writer.state(HOLDS).put('case-17', hold, 0);
  await copyMessages(copying());
  assert.deepEqual((await target.reader.state(HOLDS).get('case-17'))?.value, hold);
  const last = (await find(source.reader)).findLast(({ _id }) => decodeId(_id)!.node === 2)!;
  const node = await nodeNumber(target.writer.state('nodes'), 'second');
  assert.deepEqual(await target.reader.safe(node), { ...decodeId(last._id)!, node });
});

test('the comparison counts a message that one side lacks', async () => {
  const { source, copying } = await world();
  await copyMessages(copying());
  const message = { message: 'between', stream: 'auth', received_at: new Date(EPOCH) };
  await source.writer.insert(batchOf([message], { node: 1, from: 0 }));
  const auth = (await compareCopies(copying())).find(({ stream }) => stream === 'auth')!;
  assert.equal(auth.source, auth.target + 1);
  const groups = await source.reader.aggregate(EVERYTHING, { by: [] }, never());
  assert.equal(groups[0]!.count, SIZE + 1);
});
