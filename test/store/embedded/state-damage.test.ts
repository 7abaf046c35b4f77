import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { StateRecovery, StoreWriter } from '../../../src/store/contract.ts';
import { openEmbeddedReader, openEmbeddedWriter } from '../../../src/store/embedded/index.ts';
import { EPOCH } from '../../support/batches.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { count, errorLog, rows } from './kit.ts';

/* Whatever happens to state.sqlite, the store opens, and no entry has a value that was never written. */

const HOUR = 3_600_000;
const KEYS = 60;
const DAMAGES = Number(process.env['CORDWOOD_STATE_DAMAGES'] ?? 40);

const entryOf = (key: number, version: number) => ({ key, version, text: `${key} `.repeat(key * 7), half: key / 2 });

async function writeAll(writer: StoreWriter, version: number): Promise<void> {
  const state = writer.state('test');
  for (let key = 0; key < KEYS; key++) {
    await state.put(`key/${key}`, entryOf(key, version), (await state.get(`key/${key}`))?.revision ?? 0);
  }
}

/** A folder as a killed server leaves it: versions 1 to 4 of each entry were written, the last ones are in the -wal. */
async function killedStore(folder: string, more: { readonly copy: boolean }): Promise<void> {
  const live = join(folder, 'live');
  await using writer = await openEmbeddedWriter({ folder: live, streams: [], now: () => EPOCH });
  await writeAll(writer, 1);
  await writer.insert(rows(1, 21));
  await writer.makeSafe({ receivedAt: EPOCH + 20, node: 1, sequence: 20 });
  await writeAll(writer, 2);
  if (more.copy) await writer.expire(EPOCH);
  await writeAll(writer, 3);
  await writer.insert(rows(21, 41));
  await writer.makeSafe({ receivedAt: EPOCH + 40, node: 1, sequence: 40 });
  new DatabaseSync(join(live, 'state.sqlite')).exec('PRAGMA wal_checkpoint(PASSIVE)');
  await writeAll(writer, 4);
  await writer.insert(rows(41, 61));
  cpSync(live, join(folder, 'killed'), { recursive: true });
}

/** Small numbers from a seed. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Zeros, a cut, garbage, some changed bytes, or one flipped bit. */
function damage(path: string, roll: (below: number) => number): string {
  const bytes = readFileSync(path);
  const at = roll(bytes.length);
  const kind = roll(6);
  if (kind === 0) bytes.fill(0, at, at + 1 + roll(5000));
  if (kind === 1) truncateSync(path, at);
  if (kind === 2) for (let i = at; i < Math.min(bytes.length, at + 4096); i++) bytes[i] = roll(256);
  if (kind === 3) for (let n = 0; n < 20; n++) bytes[roll(bytes.length)] = roll(256);
  if (kind === 4) bytes[at]! ^= 1 << roll(8);
  if (kind === 5) for (let i = 0; i < bytes.length; i++) bytes[i] = roll(256);
  if (kind !== 1) writeFileSync(path, bytes);
  return `${['zeros', 'cut', 'garbage', 'changed bytes', 'a flipped bit', 'garbage only'][kind]} at ${at}`;
}

type Opened = {
  readonly recovered: StateRecovery | undefined;
  readonly errors: readonly string[];
  readonly versions: Set<number>;
};

/** Opens the store, checks all entries, stores more rows, and reads all rows. */
async function check(folder: string, what: string): Promise<Opened> {
  const log = errorLog();
  const options = { folder, streams: [], now: () => EPOCH + HOUR, log };
  await using writer = await openEmbeddedWriter(options).catch((error: Error) => {
    throw new Error(`${what}: ${error.message}`);
  });
  const versions = new Set<number>();
  for (const { key, value } of await writer.state('test').scan('')) {
    const { version } = value as { version: number };
    versions.add(version);
    assert.deepEqual(value, entryOf(Number(key.slice(4)), version), what);
  }
  const safe = await writer.safe(1);
  assert.ok(safe === undefined || safe.sequence === 20 || safe.sequence === 40, what);
  const stored = await writer.storedAfter(safe ?? { receivedAt: 0, node: 1, sequence: 0 });
  for (let sequence = (safe?.sequence ?? 0) + 1; sequence <= 60; sequence++) assert.ok(stored.has(sequence), what);
  await writer.insert(rows(61, 81));
  await writer.makeSafe({ receivedAt: EPOCH + 80, node: 1, sequence: 80 });
  await using reader = await openEmbeddedReader(options);
  assert.equal(await count(reader), 80, what);
  return { recovered: writer.recovered, errors: log.errors, versions };
}

async function damaged(folder: string, change: (state: string) => string): Promise<Opened> {
  const copy = join(folder, 'copy');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(folder, 'killed'), copy, { recursive: true });
  const what = change(join(copy, 'state.sqlite'));
  const opened = await check(copy, what);
  assert.equal(opened.errors.length, opened.recovered ? 1 : 0, `${what}: ${opened.errors.join('; ')}`);
  const aside = readdirSync(copy).filter((name) => /^state\.sqlite\.damaged-[-\dT.]+Z$/.test(name));
  assert.equal(aside.length, opened.recovered ? 1 : 0, what);
  return opened;
}

for (const copy of [true, false]) {
  test(`${DAMAGES} random damages of the state, ${copy ? 'with' : 'without'} a copy of it: the store opens`, async (t) => {
    using folder = temporaryFolder();
    await killedStore(folder.path, { copy });
    assert.equal(existsSync(join(folder.path, 'killed', 'state.sqlite.copy')), copy);
    const roll = dice(copy ? 1 : 2);
    let recoveries = 0;
    for (let n = 0; n < DAMAGES; n++) {
      const { recovered, versions } = await damaged(folder.path, (state) => {
        // As after an orderly stop: otherwise the -wal has most pages again.
        const stopped = roll(3) > 0;
        if (stopped) rmSync(`${state}-wal`);
        const file = stopped || roll(2) === 0 ? state : `${state}-wal`;
        return `${file.slice(state.length - 12)}: ${damage(file, roll)}`;
      });
      if (!recovered) continue;
      recoveries++;
      assert.deepEqual([...versions], copy ? [2] : []);
      assert.deepEqual(recovered.nodes, copy ? undefined : [1]);
    }
    t.diagnostic(`${recoveries} files were set aside`);
    assert.ok(recoveries > DAMAGES / 4);
  });
}

test('the state goes on from its copy if it is missing or empty, and begins again if both are damaged', async () => {
  using folder = temporaryFolder();
  await killedStore(folder.path, { copy: true });
  const emptied = await damaged(folder.path, (state) => {
    truncateSync(state);
    truncateSync(`${state}-wal`);
    return 'empty';
  });
  assert.deepEqual([[...emptied.versions], emptied.recovered?.to], [[2], EPOCH + HOUR]);
  assert.match(
    emptied.errors[0]!,
    /^cannot use .*state\.sqlite: it is empty; it is kept as .*damaged-.*; counts, alerts, .* go on from its copy of /,
  );
  const both = await damaged(folder.path, (state) => {
    truncateSync(state, 5000);
    truncateSync(`${state}.copy`, 5000);
    return 'both';
  });
  assert.deepEqual([[...both.versions], both.recovered?.nodes], [[], [1]]);
  const copy = join(folder.path, 'copy');
  rmSync(copy, { recursive: true });
  cpSync(join(folder.path, 'killed'), copy, { recursive: true });
  rmSync(join(copy, 'state.sqlite'));
  const missing = await check(copy, 'missing');
  assert.deepEqual([[...missing.versions], missing.errors.length], [[2], 1]);
});

test('the state is copied each hour, and as soon as a hold is added', async () => {
  using folder = temporaryFolder();
  let now = Date.now();
  await using writer = await openEmbeddedWriter({ folder: folder.path, streams: [], now: () => now });
  const copy = join(folder.path, 'state.sqlite.copy');
  const inode = () => statSync(copy, { throwIfNoEntry: false })?.ino;
  const expire = async () => {
    await writer.expire(now);
    return inode();
  };
  const first = await expire();
  assert.ok(first !== undefined);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  now += HOUR - 1000;
  assert.equal(await expire(), first);
  await writer
    .state('holds')
    .put('case', { name: 'case', query: '', filter: { kind: 'all' }, why: '', addedAt: now }, 0);
  const second = await expire();
  assert.notEqual(second, first);
  now += HOUR;
  assert.notEqual(await expire(), second);
});

test('entries without a checksum, of an earlier version, are read; a changed one is damage', async () => {
  using folder = temporaryFolder();
  const options = { folder: folder.path, streams: [], now: () => EPOCH };
  const path = join(folder.path, 'state.sqlite');
  const change = (sql: string) => {
    const database = new DatabaseSync(path);
    database.exec(sql);
    database.close();
  };
  {
    await using writer = await openEmbeddedWriter(options);
    await writer.state('a').put('old', { n: 1 }, 0);
    await writer.state('a').put('new', { n: 2 }, 0);
  }
  change(`UPDATE state SET value = rtrim(value, char(32, 9, 10, 13)) WHERE key = 'old'`);
  {
    await using writer = await openEmbeddedWriter(options);
    assert.equal(writer.recovered, undefined);
    assert.deepEqual(
      [(await writer.state('a').get('old'))?.value, (await writer.state('a').get('new'))?.value],
      [{ n: 1 }, { n: 2 }],
    );
  }
  change(`UPDATE state SET value = replace(value, '2', '3') WHERE key = 'new'`);
  await using reader = await openEmbeddedReader(options);
  await assert.rejects(reader.state('a').get('new'), {
    code: 'ERR_STORE',
    message: `cannot read ${path}: the entry "new" of "a" is damaged; restart the server, which sets the file aside and goes on from its copy`,
  });
});
