import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copiedFrom, readServerPid } from '../../src/base/machine/server-pid.ts';
import { acquireLock } from '../../src/process/data-lock.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { runChild } from '../support/child.ts';

/** Locks the folder, prints its process id, and releases the folder on the first input. */
const HOLD = (folder: string): string => `
  const { acquireLock } = await at('src/process/data-lock.ts');
  const lock = acquireLock(${JSON.stringify(folder)}, '/run/cordwood/control.sock');
  console.log(lock.holder.pid);
  process.stdin.once('data', () => { lock[Symbol.dispose](); process.exit(0); });`;

/** Whether another process can lock the folder. */
async function freeForOthers(folder: string): Promise<boolean> {
  await using child = runChild(`
    const { acquireLock } = await at('src/process/data-lock.ts');
    try { acquireLock(${JSON.stringify(folder)}, '/x')[Symbol.dispose](); console.log('free'); }
    catch (error) { console.log(error.code); }`);
  return (await child.line()) === 'free';
}

test('a second server is refused and the error names the first', async () => {
  using folder = temporaryFolder();
  assert.equal(readServerPid(folder.path), undefined);
  await using child = runChild(HOLD(folder.path));
  const pid = Number(await child.line());
  assert.throws(() => acquireLock(folder.path, '/y'), {
    code: 'ERR_DATA_LOCKED',
    message: new RegExp(`^cannot serve from ${folder.path}: the server with process id ${pid} holds it; stop that`),
  });
  const holder = readServerPid(folder.path);
  assert.equal(holder?.pid, pid);
  assert.equal(holder?.socket, '/run/cordwood/control.sock');
  assert.ok(Math.abs(Date.now() - holder!.since) < 60_000);
  assert.equal(statSync(join(folder.path, 'server.pid')).mode & 0o777, 0o640);
  assert.equal(statSync(join(folder.path, 'lock.sqlite')).mode & 0o777, 0o600);
});

test('disposing of the lock frees the folder and removes server.pid', async () => {
  using folder = temporaryFolder();
  await using child = runChild(HOLD(folder.path));
  await child.line();
  child.say('go');
  assert.equal(await child.ended(), 0);
  assert.equal(existsSync(join(folder.path, 'server.pid')), false);
  acquireLock(folder.path, '/y')[Symbol.dispose]();
});

test('kill -9 frees the folder and the next server replaces server.pid', async () => {
  using folder = temporaryFolder();
  await using child = runChild(HOLD(folder.path));
  const killed = Number(await child.line());
  child.process.kill('SIGKILL');
  assert.equal(await child.ended(), 'SIGKILL');
  assert.equal(readServerPid(folder.path)?.pid, killed);
  using lock = acquireLock(folder.path, '/y');
  assert.equal(lock.holder.pid, process.pid);
  assert.deepEqual(readServerPid(folder.path), lock.holder);
});

test('a leftover server.pid does not lock the folder, even if its process id is in use again', () => {
  using folder = temporaryFolder();
  acquireLock(folder.path, '/y')[Symbol.dispose]();
  writeFileSync(join(folder.path, 'server.pid'), `${process.ppid}\n${new Date().toISOString()}\n/y\n`);
  using lock = acquireLock(folder.path, '/y');
  assert.equal(readServerPid(folder.path)?.pid, lock.holder.pid);
});

test('reading server.pid and failed attempts in the holding process keep the lock', async () => {
  using folder = temporaryFolder();
  using lock = acquireLock(folder.path, '/y');
  for (let i = 0; i < 3; i++) assert.equal(readServerPid(folder.path)?.pid, lock.holder.pid);
  assert.throws(() => acquireLock(folder.path, '/z'), { code: 'ERR_DATA_LOCKED' });
  assert.equal(await freeForOthers(folder.path), false);
  assert.match(readFileSync(join(folder.path, 'server.pid'), 'utf8'), new RegExp(`^${process.pid}\n`));
});

test('the server.pid of a copied folder is not the server of the copy', () => {
  using folder = temporaryFolder();
  const [original, copy, moved] = ['original', 'copy', 'moved'].map((name) => join(folder.path, name));
  using lock = acquireLock(original!, '/y');
  cpSync(original!, copy!, { recursive: true });
  assert.equal(readServerPid(copy!), undefined);
  assert.equal(copiedFrom(copy!), original);
  assert.equal(copiedFrom(original!), undefined);
  renameSync(original!, moved!);
  assert.deepEqual(readServerPid(moved!), lock.holder);
});

test('a link in place of the new server.pid is not followed', () => {
  using folder = temporaryFolder();
  const victim = join(folder.path, 'victim');
  writeFileSync(victim, 'mine');
  symlinkSync(victim, join(folder.path, 'server.pid.new'));
  using _lock = acquireLock(folder.path, join(folder.path, 'control.sock'));
  assert.equal(readFileSync(victim, 'utf8'), 'mine');
});

test('a malformed server.pid is read as missing', () => {
  using folder = temporaryFolder();
  for (const text of ['', 'x\n2026-11-22T00:00:00Z\n/y\n', '1\n2026-11-22T00:00:00Z\n\n', '0\n\n/y\n']) {
    writeFileSync(join(folder.path, 'server.pid'), text);
    assert.equal(readServerPid(folder.path), undefined);
  }
});

test('the error for a folder that cannot be created names it and a remedy', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), '');
  for (const path of [join(folder.path, 'file', 'data'), '/proc/cordwood', '/proc/cordwood/data']) {
    assert.throws(() => acquireLock(path, '/x'), {
      code: 'ERR_STORE',
      message: new RegExp(`^cannot serve from ${path}: E[A-Z]+: .*; let this user write there, or name another folder`),
    });
  }
});
