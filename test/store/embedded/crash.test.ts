import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import type { StoreReader, StoreWriter } from '../../../src/store/contract.ts';
import { EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { runChild } from '../../support/child.ts';
import { count, find, range, rows, sequencesIn } from './kit.ts';

const OPTIONS = { streams: [], now: () => EPOCH };
/** Every third row is in another stream, so that one insert writes two files. */
const STREAMS = (sequence: number): { stream: string } => ({ stream: sequence % 3 === 0 ? 'auth' : 'default' });

/**
 * Writes endlessly from row `from` on, in batches of many sizes, with merges and makeSafe; prints
 * the rows stored.
 */
const WRITE = (folder: string, from: number): string => `
  const { openEmbeddedWriter } = await at('src/store/embedded/index.ts');
  const { rows } = await at('test/store/embedded/kit.ts');
  const writer = await openEmbeddedWriter({ folder: ${JSON.stringify(folder)}, streams: [], now: Date.now });
  for (let from = ${from}, size = 7; ; from += size, size = (size * 5 + 3) % 200 + 1) {
    const to = from + size;
    await writer.insert(rows(from, to, (sequence) => ({ stream: sequence % 3 === 0 ? 'auth' : 'default' })));
    process.stdout.write(to - 1 + '\\n');
    await writer.maintain(5);
    if (from % 4 === 0) {
      await writer.makeSafe({ receivedAt: ${EPOCH} + to - 1, node: 1, sequence: to - 1 });
      process.stdout.write('safe ' + (to - 1) + '\\n');
    }
  }`;

/** Runs the writer until it is killed; @returns what it printed. */
async function writeUntilKilled(
  folder: string,
  from: number,
  fault: string | undefined,
): Promise<{ stored: number; safe: number }> {
  await using child = runChild(WRITE(folder, from), fault === undefined ? {} : { CORDWOOD_FAULT: fault });
  const printed = { stored: from - 1, safe: 0 };
  const lines = 15 + (from % 20);
  try {
    for (let line = 0; fault !== undefined || line < lines; line++) {
      const words = (await child.line()).split(' ');
      if (words[0] === 'safe') printed.safe = Number(words[1]);
      else printed.stored = Number(words[0]);
    }
    child.process.kill('SIGKILL');
  } catch {
    // The fault point killed it.
  }
  assert.equal(await child.ended(), 'SIGKILL');
  return printed;
}

async function check(
  writer: StoreWriter,
  reader: StoreReader,
  printed: { stored: number; safe: number },
): Promise<number> {
  const found = sequencesIn(await find(reader));
  assert.deepEqual(
    found.slice(0, printed.stored),
    range(1, printed.stored + 1),
    'confirmed rows are stored once, in order',
  );
  assert.equal(new Set(found).size, found.length, 'no row is stored twice');
  const safe = await writer.safe(1);
  assert.ok((safe?.sequence ?? 0) >= printed.safe);
  const above = safe?.sequence ?? 0;
  const stored = await writer.storedAfter(safe ?? { receivedAt: 0, node: 1, sequence: 0 });
  const last = Math.max(...found, printed.stored) + 500;
  assert.deepEqual(
    range(1, last).filter((sequence) => stored.has(sequence)),
    found.filter((sequence) => sequence > above),
  );
  assert.equal(stored.size, found.filter((sequence) => sequence > above).length);
  return last;
}

/** Sends all rows above *safe* again, as a restart does, including some that are already stored. */
async function sendAgain(writer: StoreWriter, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 64) await writer.insert(rows(at, Math.min(to, at + 64), STREAMS));
}

const FAULTS = [undefined, 'commit:1', 'commit:2', 'commit:9', 'commit:40', 'safe:1', 'safe:4'];

test('kill -9 at any moment loses no confirmed row and stores none twice', async () => {
  using folder = temporaryFolder();
  let next = 1;
  for (const fault of FAULTS) {
    const printed = await writeUntilKilled(folder.path, next, fault);
    const writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS });
    const reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
    const last = await check(writer, reader, printed);
    const safe = (await writer.safe(1))?.sequence ?? 0;
    await sendAgain(writer, safe + 1, last);
    assert.deepEqual(sequencesIn(await find(reader)), range(1, last), `after ${fault}`);
    assert.equal(await count(reader), last - 1);
    assert.equal((await reader.stats()).damaged, 0);
    next = last;
    await reader[Symbol.asyncDispose]();
    await writer[Symbol.asyncDispose]();
  }
});
