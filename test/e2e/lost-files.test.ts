import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const LINES = 500;

function lines(from: number): string[] {
  return Array.from({ length: LINES }, (_, index) => `<14>1 - h app - - - n${from + index}`);
}

async function numbersIn(data: string): Promise<number[]> {
  const { stdout, stderr, code } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'cat', '--data', data]);
  assert.equal(code, 0, stderr);
  return stdout.split('\n').flatMap((line) => (/^n\d+$/.test(line) ? Number(line.slice(1)) : []));
}

/** Fills a data folder with the numbers from 1 on, and stops its server, in order or not. */
async function fill(data: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  await using server = await Server.start({ data });
  await server.send(lines(1));
  await until('all lines', async () => (await server.stats()).counters['writer.messages'] === LINES);
  await server.kill(signal);
}

/** Starts a server on the folder and sends it more numbers. @returns all that are found then, and what the server said */
async function goOn(
  data: string,
): Promise<{ readonly found: number[]; readonly output: string; readonly account: string }> {
  await using server = await Server.start({ data });
  await server.send(lines(LINES + 1));
  const found = await until('the new lines', async () => {
    const numbers = await numbersIn(data);
    return numbers.includes(2 * LINES) && numbers;
  });
  const account = await cordwood(['account', '-S', 'all', '--verify', '--data', data]);
  return { found, output: server.output, account: account.stdout + account.stderr };
}

/** The bytes of the files that a version writes messages and state into, by path. */
function bytesOf(data: string): Map<string, Buffer> {
  const paths = readdirSync(data, { recursive: true, encoding: 'utf8' }).sort();
  const kept = paths.filter((path) => /\.cwb$|^state\.sqlite$|^spool\/./.test(path));
  return new Map(kept.map((path) => [path, readFileSync(join(data, path))]));
}

const FIRST = Array.from({ length: LINES }, (_, index) => index + 1);
const BOTH = Array.from({ length: 2 * LINES }, (_, index) => index + 1);

test('a lost state.sqlite costs counts and alerts since its last copy, and no message', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  await fill(data, 'SIGKILL');
  for (const name of ['state.sqlite', 'state.sqlite-wal', 'state.sqlite-shm', 'state.sqlite.copy'])
    rmSync(join(data, name), { force: true });
  const { found, output, account } = await goOn(data);
  assert.deepEqual(found, BOTH, 'every line once');
  assert.match(
    output,
    /cannot use .*state\.sqlite: it is missing; counts, alerts, holds and the host ledger begin again/,
  );
  assert.match(account, /state/);
});

test('a lost part is reported, and comes back from a backup by a copy of that file', async () => {
  using folder = temporaryFolder();
  const [data, made] = [join(folder.path, 'data'), join(folder.path, 'backup')];
  await fill(data);
  assert.equal((await cordwood(['backup', made, '--data', data])).code, 0);
  const store = join(data, 'store/default');
  const part = readdirSync(store).find((name) => name.endsWith('.cwb'))!;
  for (const name of readdirSync(store)) rmSync(join(store, name));
  const strict = await cordwood(['search', '-S', 'all', '--strict', '--data', data]);
  assert.equal(strict.code, 3, 'part of the window is missing');
  assert.match(strict.stdout + strict.stderr, /1 damaged piece of the store left out/);
  copyFileSync(join(made, 'store/default', part), join(store, part));
  const { found, account } = await goOn(data);
  assert.deepEqual(found, BOTH);
  assert.match(account, /the account balances/);
});

test('a lost spool costs what was not stored yet, and the server goes on under another name', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  await fill(data);
  rmSync(join(data, 'spool'), { recursive: true });
  assert.deepEqual(await numbersIn(data), FIRST, 'what was stored is found without a server, too');
  const { found, account } = await goOn(data);
  assert.deepEqual(found, BOTH);
  assert.match(account, /the account balances/);
  assert.match((await cordwood(['nodes', '--data', data])).stdout, /^2 /m);
});

test('an older version refuses what a newer one wrote, and goes on from the backup made before the upgrade', async () => {
  using folder = temporaryFolder();
  const [data, made] = [join(folder.path, 'data'), join(folder.path, 'backup')];
  await fill(data);
  assert.equal((await cordwood(['backup', made, '--data', data])).code, 0);
  const store = join(data, 'store/default');
  const part = join(store, readdirSync(store).find((name) => name.endsWith('.cwb'))!);
  for (const path of [part, join(data, 'state.sqlite')]) {
    // As a newer version would mark its file.
    using database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    const before = bytesOf(data);
    const refused = new Server({ data });
    assert.notEqual(await refused.exited, 0);
    const reason = 'it has format 99, and this version of Cordwood reads formats up to ';
    assert.ok(refused.output.includes(`cannot open ${path}: ${reason}`), refused.output);
    assert.deepEqual(bytesOf(data), before, 'nothing is changed');
  }
  rmSync(data, { recursive: true });
  assert.equal((await cordwood(['restore', made, '--data', data])).code, 0);
  assert.ok(!existsSync(join(data, 'backup.json')));
  assert.deepEqual((await goOn(data)).found, BOTH);
});
