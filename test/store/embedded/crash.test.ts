import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import type { StoreReader, StoreWriter } from '../../../src/store/contract.ts';
import { EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { runChild } from '../../support/child.ts';
import { count, find, range, rows, sequencesIn } from './kit.ts';

const OPTIONS = { streams: [], now: () => EPOCH };
/** Rows of each second stream, so that one insert needs two files. */
const STREAMS = (sequence: number): { stream: string } => ({ stream: sequence % 3 === 0 ? 'auth' : 'default' });

/** Goes on from row `from` for ever: batches of many sizes, merged and settled on the way; says what was taken. */
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

/** Runs the writer until it dies; what it had said by then. */
async function writeUntilDeath(
  folder: string,
  from: number,
  fault: string | undefined,
): Promise<{ taken: number; safe: number }> {
  await using child = runChild(WRITE(folder, from), fault === undefined ? {} : { CORDWOOD_FAULT: fault });
  const said = { taken: from - 1, safe: 0 };
  const lines = 15 + (from % 20);
  try {
    for (let line = 0; fault !== undefined || line < lines; line++) {
      const words = (await child.line()).split(' ');
      if (words[0] === 'safe') said.safe = Number(words[1]);
      else said.taken = Number(words[0]);
    }
    child.process.kill('SIGKILL');
  } catch {
    // It died at the fault.
  }
  assert.equal(await child.ended(), 'SIGKILL');
  return said;
}

async function check(writer: StoreWriter, reader: StoreReader, said: { taken: number; safe: number }): Promise<number> {
  const found = sequencesIn(await find(reader));
  assert.deepEqual(found.slice(0, said.taken), range(1, said.taken + 1), 'what was taken is there, once, in order');
  assert.equal(new Set(found).size, found.length, 'nothing is there twice');
  const safe = await writer.safe(1);
  assert.ok((safe?.sequence ?? 0) >= said.safe);
  const above = safe?.sequence ?? 0;
  const held = await writer.storedAfter(safe ?? { receivedAt: 0, node: 1, sequence: 0 });
  const last = Math.max(...found, said.taken) + 500;
  assert.deepEqual(
    range(1, last).filter((sequence) => held.has(sequence)),
    found.filter((sequence) => sequence > above),
  );
  assert.equal(held.size, found.filter((sequence) => sequence > above).length);
  return last;
}

/** Sends everything above *safe* again, as a restart would, some of it although it is held. */
async function sendAgain(writer: StoreWriter, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += 64) await writer.insert(rows(at, Math.min(to, at + 64), STREAMS));
}

const FAULTS = [undefined, 'commit:1', 'commit:2', 'commit:9', 'commit:40', 'safe:1', 'safe:4'];

test('kill -9 at any moment loses nothing that was taken and stores nothing twice', async () => {
  using folder = temporaryFolder();
  let next = 1;
  for (const fault of FAULTS) {
    const said = await writeUntilDeath(folder.path, next, fault);
    const writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS });
    const reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
    const last = await check(writer, reader, said);
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
