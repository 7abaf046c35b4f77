import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from '../../support/fc.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { count, errorLog, filesOf, find, never, range, rows, sequencesIn, testStore } from './kit.ts';

const OPTIONS = { streams: [], now: () => EPOCH };

/** A closed store of five blocks of 20 rows each. */
async function closedStore(folder: string): Promise<string> {
  const writer = await openEmbeddedWriter({ folder, ...OPTIONS });
  for (let from = 1; from <= 100; from += 20) await writer.insert(rows(from, from + 20));
  await writer.makeSafe({ receivedAt: EPOCH + 100, node: 1, sequence: 100 });
  await writer[Symbol.asyncDispose]();
  return filesOf(folder)[0]!;
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

test('writer and reader refuse a part of a newer version and name it with a remedy', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  change(path, 'PRAGMA user_version = 9');
  const refused = {
    code: 'ERR_DATA_VERSION',
    message: `cannot open ${path}: it has format 9, and this version of Cordwood reads formats up to 2; run the newer version that wrote it, or move the file out of the data folder`,
  };
  await assert.rejects(openEmbeddedWriter({ folder: folder.path, ...OPTIONS }), refused);
  await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
  await assert.rejects(find(reader), refused);
  await assert.rejects(count(reader), refused);
});

test('a part of version 1 becomes one of version 2 when it is written, and keeps its rows', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  change(path, 'PRAGMA user_version = 1');
  const version = (): unknown => {
    using database = new DatabaseSync(path);
    return database.prepare('PRAGMA user_version').get()?.['user_version'];
  };
  {
    await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
    assert.equal((await find(reader)).length, 100);
  }
  assert.equal(version(), 1);
  {
    await using writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS });
    await writer.insert(rows(101, 120));
  }
  assert.equal(version(), 2);
  await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 120));
});

test('state of a newer version is refused', async () => {
  using folder = temporaryFolder();
  await closedStore(folder.path);
  change(join(folder.path, 'state.sqlite'), 'PRAGMA user_version = 2');
  await assert.rejects(openEmbeddedWriter({ folder: folder.path, ...OPTIONS }), { code: 'ERR_DATA_VERSION' });
});

for (const piece of ['summary', 'columns', 'text']) {
  test(`a block with damaged ${piece} is logged once, skipped and counted`, async () => {
    using folder = temporaryFolder();
    const path = await closedStore(folder.path);
    change(
      path,
      `UPDATE block SET ${piece} = zeroblob(50) WHERE first = (SELECT min(first) FROM block WHERE first > (SELECT min(first) FROM block))`,
    );
    const log = errorLog();
    await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS, log });
    const others = [...range(1, 21), ...range(41, 101)];
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(sequencesIn(await find(reader)), others);
      assert.deepEqual(sequencesIn(await find(reader, { order: 'newest' })), others.toReversed());
      const whole = await reader.aggregate({ filter: { kind: 'all' }, order: 'oldest' }, { by: ['message'] }, never());
      assert.equal(whole.length, 80);
    }
    assert.equal((await reader.stats()).damaged, 1);
    assert.equal(log.errors.length, 1);
    assert.match(log.errors[0]!, new RegExp(`^cannot read block \\d+ of ${path}: damaged block: .+; skipped$`));
  });
}

test('a damaged block is not merged and its rows can be stored again', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  change(path, "UPDATE block SET columns = x'00' WHERE first = (SELECT max(first) FROM block)");
  const log = errorLog();
  await using writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS, log });
  await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
  for (let from = 101; from <= 260; from += 20) await writer.insert(rows(from, from + 20));
  while (await writer.maintain(1000)) assert.ok(log.errors.length < 5);
  assert.deepEqual(sequencesIn(await find(reader)), [...range(1, 81), ...range(101, 261)]);
  const stored = await writer.storedAfter({ receivedAt: EPOCH + 60, node: 1, sequence: 60 });
  assert.deepEqual(
    range(50, 262).filter((each) => stored.has(each)),
    [...range(61, 81), ...range(101, 261)],
  );
  await writer.insert(rows(75, 110));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 261));
  assert.ok(log.errors.some((text) => /^cannot read block \d+ of .*: damaged block: .*; replaced$/.test(text)));
});

test('a file that is not a database is logged once and skipped, and writing continues in another', async () => {
  for (const ruin of [
    (path: string) => writeFileSync(path, Buffer.alloc(100_000, 'not a database ')),
    (path: string) => change(path, 'PRAGMA application_id = 5'),
  ]) {
    using folder = temporaryFolder();
    const path = await closedStore(folder.path);
    ruin(path);
    const log = errorLog();
    await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS, log });
    assert.deepEqual(await find(reader), []);
    assert.equal(await count(reader), 0);
    assert.equal((await reader.stats()).damaged, 1);
    assert.equal(log.errors.length, 1);
    await using writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS, log });
    await writer.insert(rows(101, 121));
    assert.deepEqual(sequencesIn(await find(reader)), range(101, 121));
    assert.deepEqual(
      filesOf(folder.path).map((file) => file.slice(-7)),
      ['001.cwb', '002.cwb'],
    );
    assert.equal(log.errors.length, 2);
  }
});

test('a part that becomes unwritable fails one insert, and the next insert uses a new part', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  const bytes = readFileSync(path);
  bytes.fill(0xff, 32_768, 32_768 + 16);
  writeFileSync(path, bytes);
  const log = errorLog();
  await using writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS, log });
  await assert.rejects(writer.insert(rows(101, 121)), { code: 'ERR_STORE' });
  await writer.insert(rows(101, 121));
  await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
  assert.deepEqual(sequencesIn(await find(reader)), range(101, 121));
  assert.equal(log.errors.length, 1);
});

test('an empty file left by a crash is used', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'store', 'default', '2026-11-22-001.cwb');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  await using reader = await openEmbeddedReader({ folder: folder.path, ...OPTIONS });
  assert.deepEqual(await find(reader), []);
  await using writer = await openEmbeddedWriter({ folder: folder.path, ...OPTIONS });
  await writer.insert(rows(1, 11));
  assert.deepEqual(sequencesIn(await find(reader)), range(1, 11));
  assert.equal((await reader.stats()).damaged, 0);
});

test('changed or missing bytes in a file never abort a search and never yield a wrong row', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  const original = `${folder.path}/original`;
  copyFileSync(path, original);
  const size = readFileSync(path).length;
  const right = await withReader(folder.path, find);
  const law = fc.asyncProperty(
    fc.array(fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 40 }),
    fc.option(fc.nat({ max: size })),
    async (changes, cut) => {
      copyFileSync(original, path);
      const bytes = readFileSync(path);
      for (const [at, value] of changes) bytes[at] = value;
      writeFileSync(path, bytes);
      if (cut !== null) truncateSync(path, cut);
      const found = await withReader(folder.path, find).catch((error) => assert.equal(error.code, 'ERR_DATA_VERSION'));
      for (const message of found ?? []) assert.ok(right.some(({ _id }) => _id === message._id));
      assert.ok((await withReader(folder.path, count).catch(() => 0)) <= 100);
    },
  );
  await fc.assert(law, { numRuns: Math.min(500, Number(process.env['CORDWOOD_FUZZ'] ?? 60)) });
});

async function withReader<Result>(
  folder: string,
  use: (reader: Awaited<ReturnType<typeof openEmbeddedReader>>) => Promise<Result>,
): Promise<Result> {
  await using reader = await openEmbeddedReader({ folder, ...OPTIONS });
  return await use(reader);
}

test('reading a missing folder finds nothing and does not create it', async () => {
  using folder = temporaryFolder();
  const nowhere = join(folder.path, 'nowhere');
  await using store = await testStore();
  await using reader = await openEmbeddedReader({ folder: nowhere, ...OPTIONS });
  assert.deepEqual(await find(reader), []);
  assert.deepEqual((await reader.stats()).days, []);
  assert.equal(await reader.oldest(), undefined);
  assert.equal(await reader.state('rules').get('a'), undefined);
  assert.throws(() => filesOf(nowhere), { code: 'ENOENT' });
  assert.deepEqual((await store.reader.stats()).days, []);
});

test('a part that is missing or empty is reported once, for its days only, and until retention would have taken it', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  const options = { folder: folder.path, streams: [], now: () => EPOCH };
  const day = 86_400_000;
  for (const lose of [() => truncateSync(path), () => rmSync(path), () => rmSync(dirname(path), { recursive: true })]) {
    lose();
    const log = errorLog();
    await using reader = await openEmbeddedReader({ ...options, log });
    await find(reader, { since: EPOCH + 2 * day });
    assert.equal(reader.damaged, 0);
    assert.deepEqual([await find(reader), await find(reader), reader.damaged], [[], [], 1]);
    assert.deepEqual(log.errors, [`cannot read ${path}: the file is missing or empty; skipped`]);
  }
  // A writer lists what is there, and forgets nothing of what is not.
  {
    await using writer = await openEmbeddedWriter(options);
    await writer.insert(rows(1, 5, () => ({ received_at: new Date(EPOCH + day) })));
    await writer.makeSafe({ receivedAt: EPOCH + day, node: 1, sequence: 5 });
  }
  await using reader = await openEmbeddedReader(options);
  await find(reader);
  assert.equal(reader.damaged, 1);
  const kept = [{ name: path.split('/').at(-2)!, keep: day }];
  await using later = await openEmbeddedReader({ ...options, streams: kept, now: () => EPOCH + 3 * day });
  await find(later);
  assert.equal(later.damaged, 0);
});

test('a part that retention deletes is not reported as lost', async () => {
  using folder = temporaryFolder();
  const path = await closedStore(folder.path);
  const day = 86_400_000;
  const streams = [{ name: path.split('/').at(-2)!, keep: day }];
  const now = () => EPOCH + 5 * day;
  await using writer = await openEmbeddedWriter({ folder: folder.path, streams, now });
  await writer.insert(rows(200, 205, () => ({ received_at: new Date(now()) })));
  await writer.makeSafe({ receivedAt: now(), node: 1, sequence: 205 });
  assert.equal((await writer.expire(now())).removed.length, 1);
  await using reader = await openEmbeddedReader({ folder: folder.path, streams: [], now });
  await find(reader);
  assert.equal(reader.damaged, 0);
});
