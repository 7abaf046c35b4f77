import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { temporaryFolder } from '../support/tmp.ts';
import { bulkEntry, linesEntry, MIB, openSmall, type ReadBack, readAll, source, texts } from './support.ts';
import { segmentFile, lastSegment, linesOf, writeRecords, flip } from './written.ts';

function assertNoneTwice(read: ReadBack): void {
  const sequences = read.messages.map(({ sequence }) => sequence);
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].sort((a, b) => a - b),
  );
}

test('a tail cut at any byte loses only the records that it cuts, and no sequence is used again', async () => {
  using folder = temporaryFolder();
  const written = await writeRecords(folder.path, 6, 3);
  const file = lastSegment(folder.path);
  const whole = readFileSync(file);
  // The last record is the one of a clean close; it is smaller than the others.
  const from = written[3]!.end;
  for (let length = from; length < whole.length; length++) {
    writeFileSync(file, whole.subarray(0, length));
    const kept = written.filter(({ end }) => end <= length);
    const wanted = kept.flatMap(({ lines }) => lines);
    assert.deepEqual(texts(readAll(folder.path)), wanted, `cut at ${length}`);
    if (length % 16 !== 0) continue;
    const spool = await openSmall(folder.path);
    const { records, cutBytes, damagedPlaces, lastSequence } = spool.recovered;
    const atBoundary = kept.at(-1)!.end === length;
    assert.deepEqual(
      { records, damagedPlaces, lastSequence },
      { records: kept.length, damagedPlaces: 0, lastSequence: wanted.length },
    );
    assert.equal(cutBytes > 0, !atBoundary && length > kept.at(-1)!.end);
    await spool.append(linesEntry(spool.openSession(source(9)), ['after']));
    await spool[Symbol.asyncDispose]();
    const read = readAll(folder.path);
    assert.deepEqual(texts(read), [...wanted, 'after']);
    assert.ok(read.messages.at(-1)!.sequence > 6 * 3, 'a sequence may have been given out twice');
    assert.deepEqual({ places: read.places, bytes: read.bytes }, { places: 0, bytes: 0 });
    rmSync(segmentFile(folder.path, 2));
  }
});

test('a spool that was closed cleanly continues with the next sequence', async () => {
  using folder = temporaryFolder();
  await writeRecords(folder.path, 2, 3);
  await using spool = await openSmall(folder.path);
  await spool.append(linesEntry(spool.openSession(source(1)), ['next']));
  assert.equal(readAll(folder.path).messages.at(-1)!.sequence, 7);
});

test('a flipped byte anywhere costs at most one record', async () => {
  using folder = temporaryFolder();
  const written = await writeRecords(folder.path, 100, 8);
  const all = written.flatMap(({ lines }) => lines);
  const file = lastSegment(folder.path);
  const { length } = readFileSync(file);
  let seed = 12345;
  for (let round = 0; round < Number(process.env['CORDWOOD_FLIPS'] ?? 1000); round++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const at = round < 64 ? round : seed % length;
    flip(file, at);
    const read = readAll(folder.path);
    flip(file, at);
    assertNoneTwice(read);
    const found = new Set(texts(read));
    const lost = all.filter((line) => !found.has(line));
    const hit = written.findIndex(({ end }) => at < end);
    assert.deepEqual(
      lost.filter((line) => !written[hit]?.lines.includes(line)),
      [],
      `flipped at ${at}`,
    );
    assert.equal(read.messages.length, all.length - lost.length);
    if (lost.length > 0 && hit < written.length - 1) assert.equal(read.places, 1, `flipped at ${at}`);
  }
  assert.deepEqual(texts(readAll(folder.path)), all);
});

test('recovery counts damage and finds the whole records after it', async () => {
  using folder = temporaryFolder();
  const written = await writeRecords(folder.path, 5, 3);
  flip(lastSegment(folder.path), written[2]!.end - 5);
  await using spool = await openSmall(folder.path);
  const { records, damagedPlaces, damagedBytes, cutBytes } = spool.recovered;
  assert.deepEqual({ records, damagedPlaces, cutBytes }, { records: 4, damagedPlaces: 1, cutBytes: 0 });
  assert.ok(damagedBytes > 100 && damagedBytes <= written[2]!.end - written[1]!.end);
});

test('a zeroed page counts as damage, not as padding', async () => {
  using folder = temporaryFolder();
  {
    await using spool = await openSmall(folder.path);
    const session = spool.openSession(source(1));
    for (let i = 0; i < 8; i++) await spool.append(bulkEntry(session, 400 << 10));
  }
  const file = lastSegment(folder.path);
  const fd = openSync(file, 'r+');
  writeSync(fd, Buffer.alloc(MIB), 0, MIB, MIB);
  closeSync(fd);
  const read = readAll(folder.path);
  assert.equal(read.messages.length, 6);
  assert.deepEqual({ places: read.places, bytes: read.bytes >= MIB }, { places: 1, bytes: true });
});

test('the bytes of a record inside a message are never read as a record', async () => {
  using folder = temporaryFolder();
  await writeRecords(folder.path, 1, 1);
  using other = temporaryFolder();
  await writeRecords(other.path, 1, 1);
  const forged = readFileSync(lastSegment(other.path)).subarray(64).toString('latin1');
  {
    await using spool = await openSmall(folder.path);
    const entry = { ...bulkEntry(spool.openSession(source(2)), forged.length), parts: [Buffer.from(forged, 'latin1')] };
    await spool.append(entry);
    await spool.append(linesEntry(spool.openSession(source(3)), ['after']));
  }
  const file = lastSegment(folder.path);
  const bytes = readFileSync(file);
  flip(file, bytes.indexOf(Buffer.from(forged, 'latin1')) - 1);
  assert.deepEqual(texts(readAll(folder.path)), [...linesOf(0, 1), 'after']);
});

test('a segment of a newer format is rejected and named', async () => {
  using folder = temporaryFolder();
  await writeRecords(folder.path, 1, 1);
  const file = lastSegment(folder.path);
  const bytes = readFileSync(file);
  bytes.writeUInt32LE(3, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(16, 64), crc32(bytes.subarray(0, 12))), 12);
  writeFileSync(file, bytes);
  const message = `cannot read ${file}: it has format 3, and this version of cordwood reads formats up to 2; use the newer cordwood that wrote it`;
  await assert.rejects(openSmall(folder.path), { code: 'ERR_DATA_VERSION', message });
  assert.throws(() => readAll(folder.path), { code: 'ERR_DATA_VERSION', message });
});

test('a segment that was created and never written does not count as damage', async () => {
  using folder = temporaryFolder();
  const written = await writeRecords(folder.path, 1, 2);
  writeFileSync(segmentFile(folder.path, 2), '');
  {
    await using spool = await openSmall(folder.path);
    assert.equal(spool.recovered.cutBytes, 0);
    await spool.append(linesEntry(spool.openSession(source(1)), ['after']));
  }
  const read = readAll(folder.path);
  assert.deepEqual(texts(read), [...written[0]!.lines, 'after']);
  assert.equal(read.places, 0);
});

test('a spool from a backup uses no sequence that the store has', async () => {
  using folder = temporaryFolder();
  await writeRecords(folder.path, 2, 3);
  await using spool = await openSmall(folder.path);
  spool.markSafe(5000);
  await spool.append(linesEntry(spool.openSession(source(1)), ['a', 'b']));
  assert.deepEqual(
    readAll(folder.path, 5000).messages.map(({ sequence, text }) => [sequence, text]),
    [
      [5001, 'a'],
      [5002, 'b'],
    ],
  );
});

test('a spool with any last 4,096 bytes opens, and the rest is read', async () => {
  using folder = temporaryFolder();
  const written = await writeRecords(folder.path, 60, 5);
  const file = lastSegment(folder.path);
  const { length } = readFileSync(file);
  using kept = temporaryFolder();
  copyFileSync(file, join(kept.path, 'whole'));
  let seed = 99;
  for (let round = 0; round < 100; round++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const hurt = 1 + (seed % 4096);
    copyFileSync(join(kept.path, 'whole'), file);
    if (round % 2 === 0) truncateSync(file, length - hurt);
    else flip(file, length - hurt);
    const untouched = written.filter(({ end }) => end <= length - hurt).flatMap(({ lines }) => lines);
    const read = readAll(folder.path);
    assertNoneTwice(read);
    assert.deepEqual(texts(read).slice(0, untouched.length), untouched);
    const spool = await openSmall(folder.path);
    await spool[Symbol.asyncDispose]();
    assert.ok(spool.recovered.records >= untouched.length / 5);
  }
});
