import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRAME_FLAG } from '../../src/base/frame-list.ts';
import { earlierRun } from '../../src/ingest/earlier-run.ts';
import { Ingest } from '../../src/ingest/ingest.ts';
import { MessageBatch } from '../../src/model/batch.ts';
import { sequenceOf } from '../../src/model/id.ts';
import type { LogMessage } from '../../src/model/message.ts';
import { createParser } from '../../src/parse/index.ts';
import type { SpoolReader, SpoolRecord } from '../../src/spool/contract.ts';
import { emptyRecord } from '../../src/spool/format/record.ts';
import fc from '../support/fc.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { ARENA, common, entryOf, ingestOf, older, peer, Recorder, readBatches, spoolIn } from './support.ts';

const textOf = ({ message }: LogMessage): string => message;
const sequencesOf = (messages: readonly LogMessage[]): number[] => messages.map(({ _id }) => sequenceOf(_id));

test('frames become rows in order, whether the fast path or the parser reads them', async () => {
  using folder = temporaryFolder();
  await spoolIn(folder.path, (spool) => {
    const [first, second] = [spool.openSession(peer('tcp0')), spool.openSession(peer('tcp1', 2))];
    void spool.append(entryOf(first, [common('a'), older('b'), common('c')]));
    void spool.append(entryOf(second, [older('d')]));
  });
  using world = ingestOf(folder.path);
  const [messages, ...rest] = readBatches(world.ingest);
  assert.deepEqual(messages!.map(textOf), ['a', 'b', 'c', 'd']);
  assert.deepEqual(sequencesOf(messages!), [1, 2, 3, 4]);
  assert.deepEqual(
    messages!.map(({ source }) => source.listener),
    ['tcp0', 'tcp0', 'tcp0', 'tcp1'],
  );
  assert.deepEqual(rest, []);
  assert.equal(world.ingest.last?.sequence, 4);
});

test('a record that does not fit into one batch goes on in the next', async () => {
  using folder = temporaryFolder();
  const lines = Array.from({ length: 10 }, (_, index) => (index % 4 === 1 ? older(`${index}`) : common(`${index}`)));
  await spoolIn(folder.path, (spool) => void spool.append(entryOf(spool.openSession(peer('tcp0')), lines)));
  using world = ingestOf(folder.path, { capacity: 3 });
  const batches = readBatches(world.ingest);
  assert.deepEqual(
    batches.map((batch) => batch.map(textOf)),
    [['0', '1', '2'], ['3', '4', '5'], ['6', '7', '8'], ['9']],
  );
  assert.ok(batches.flat().every(({ source }) => source.listener === 'tcp0'));
});

test('a full arena ends the batch, and no text is lost', async () => {
  using folder = temporaryFolder();
  const lines = Array.from({ length: 60 }, (_, index) => common(`${index} ${'x'.repeat(60_000)}`));
  await spoolIn(folder.path, (spool) => {
    const session = spool.openSession(peer('tcp0'));
    for (let from = 0; from < lines.length; from += 6) void spool.append(entryOf(session, lines.slice(from, from + 6)));
  });
  using world = ingestOf(folder.path, { arena: ARENA });
  world.ingest.reserve(1 << 20);
  const batches = readBatches(world.ingest);
  assert.ok(batches.length > 2, `${batches.length} batches`);
  assert.deepEqual(
    batches.flat().map(({ message }) => message.split(' ')[0]),
    lines.map((_, index) => String(index)),
  );
});

test('what the framer and the spool know of a frame is in its row', async () => {
  using folder = temporaryFolder();
  const flags = { 1: FRAME_FLAG.truncated, 2: FRAME_FLAG.partial, 3: FRAME_FLAG.possibleDuplicate };
  const lines = ['a', 'b', 'c', 'd', 'e'].map(common);
  await spoolIn(folder.path, (spool) => void spool.append(entryOf(spool.openSession(peer('tcp0')), lines, flags)));
  using world = ingestOf(folder.path);
  const messages = readBatches(world.ingest).flat();
  assert.deepEqual(
    messages.map((message) => [message.message, message.flags.join(), message.length]),
    [
      ['a', '', undefined],
      ['b', 'truncated', 99_999],
      ['c', 'partial', 99_999],
      ['d', 'possible_duplicate', 99_999],
      ['e', '', undefined],
    ],
  );
});

test('safe messages make no rows and are not counted again', async () => {
  using folder = temporaryFolder();
  const lines = ['a', 'b', 'c', 'd', 'e'].map(common);
  await spoolIn(folder.path, (spool) => void spool.append(entryOf(spool.openSession(peer('tcp0')), lines)));
  using world = ingestOf(folder.path, { safeUpTo: 2 });
  assert.deepEqual(readBatches(world.ingest).flat().map(textOf), ['c', 'd', 'e']);
  assert.equal(
    world.account.reads.reduce((sum, { count }) => sum + count, 0),
    3,
  );
  assert.equal(world.account.reads[0]!.sequence, 3);
});

test('messages that are stored but not safe pass the pipeline and are not stored again', async () => {
  using folder = temporaryFolder();
  const lines = ['a', 'b', 'c', 'd', 'e'].map(common);
  await spoolIn(folder.path, (spool) => void spool.append(entryOf(spool.openSession(peer('tcp0')), lines)));
  using world = ingestOf(folder.path, { safeUpTo: 1, stored: new Set([2, 4]) });
  assert.equal(world.ingest.fill(), false);
  assert.deepEqual([world.ingest.batch.count, world.ingest.batch.dropped], [4, 2]);
  world.ingest.batch.compact();
  assert.deepEqual(world.ingest.batch.message(0).message, 'c');
  assert.deepEqual(world.ingest.batch.message(1).message, 'e');
  assert.deepEqual(world.account.already, ['b', 'd']);
});

test('the account gets one call for each run of frames of one record and one listener', async () => {
  using folder = temporaryFolder();
  await spoolIn(folder.path, (spool) => {
    const [one, two, three] = [peer('udp0', 1), peer('udp0', 2), peer('udp1', 3)].map((one) => spool.openSession(one));
    const entry = entryOf(0, ['a', 'b', 'c', 'd'].map(common));
    const session = Uint32Array.from([one!, two!, three!, one!]);
    void spool.append({ ...entry, frames: { ...entry.frames, session } });
    void spool.append(entryOf(one!, [common('e')]));
  });
  using world = ingestOf(folder.path);
  readBatches(world.ingest);
  assert.deepEqual(
    world.account.reads.map(({ listener, sequence, count }) => [listener, sequence, count]),
    [
      ['udp0', 1, 2],
      ['udp1', 3, 1],
      ['udp0', 4, 1],
      ['udp0', 5, 1],
    ],
  );
  assert.ok(world.account.reads[3]!.receivedAt > world.account.reads[0]!.receivedAt);
});

test('missing sequences are reported, without those that the store already has', () => {
  const account = new Recorder();
  const batch = MessageBatch.inMemory(16, ARENA);
  const reader = new FakeReader([5, 6, 10, 2 ** 40]);
  const parser = createParser({ zoneOf: () => 'UTC' });
  const ingest = new Ingest({ batch, reader, parser, earlier: earlierRun(2, new Set([4, 8])), account });
  assert.equal(ingest.fill(), false);
  assert.deepEqual(account.gaps, [
    { from: 1005, to: 1005, count: 1, alreadyStored: 1 },
    { from: 1006, to: 1010, count: 2, alreadyStored: 1 },
  ]);
});

test('law: messages do not depend on how batches and records divide them', async () => {
  const line = fc.tuple(fc.constantFrom(common, older), fc.string({ unit: 'grapheme-ascii', maxLength: 20 }));
  const entries = fc.array(fc.array(line, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
  const law = fc.asyncProperty(entries, fc.integer({ min: 1, max: 9 }), async (given, capacity) => {
    using folder = temporaryFolder();
    const texts = given.map((lines) => lines.map(([write, text], index) => write(`${index}${text}.`)));
    await spoolIn(folder.path, (spool) => {
      const sessions = [peer('a'), peer('b')].map((one) => spool.openSession(one));
      for (const [index, lines] of texts.entries()) void spool.append(entryOf(sessions[index % 2]!, lines));
    });
    using whole = ingestOf(folder.path);
    using cut = ingestOf(folder.path, { capacity });
    assert.deepEqual(readBatches(cut.ingest).flat(), readBatches(whole.ingest).flat());
    assert.deepEqual(
      cut.account.reads.reduce((sum, { count }) => sum + count, 0),
      texts.flat().length,
    );
  });
  await fc.assert(law, { numRuns: 60 });
});

/** Records of one message each, with these sequences. */
class FakeReader implements SpoolReader {
  readonly sources = [peer('tcp0')];
  readonly record: SpoolRecord = emptyRecord();
  readonly damaged = { places: 0, bytes: 0 };
  readonly #sequences: number[];

  constructor(sequences: readonly number[]) {
    this.#sequences = [...sequences];
  }

  next(arena: Buffer, at: number): number {
    const sequence = this.#sequences.shift();
    if (sequence === undefined) return 0;
    const bytes = arena.write(common('x'), at);
    Object.assign(this.record, { receivedAt: 1000 + sequence, firstSequence: sequence, count: 1 });
    this.record.offset[0] = at;
    this.record.length[0] = bytes;
    return bytes;
  }

  [Symbol.dispose](): void {}
}
