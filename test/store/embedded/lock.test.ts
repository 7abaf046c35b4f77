import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acquireLock, readHolder } from '../../../src/store/embedded/lock.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { runChild } from './child.ts';

/** Takes the lock, says so, and lets go of it when told. */
const HOLD = (folder: string): string => `
  const { acquireLock } = await at('src/store/embedded/lock.ts');
  const lock = acquireLock(${JSON.stringify(folder)}, '/run/cordwood/control.sock');
  console.log(lock.holder.pid);
  process.stdin.once('data', () => { lock[Symbol.dispose](); process.exit(0); });`;

/** Whether another process could take the folder. */
async function freeForOthers(folder: string): Promise<boolean> {
  await using child = runChild(`
    const { acquireLock } = await at('src/store/embedded/lock.ts');
    try { acquireLock(${JSON.stringify(folder)}, '/x')[Symbol.dispose](); console.log('free'); }
    catch (error) { console.log(error.code); }`);
  return (await child.line()) === 'free';
}

test('a folder has one server, which is named', async () => {
  using folder = temporaryFolder();
  assert.equal(readHolder(folder.path), undefined);
  await using child = runChild(HOLD(folder.path));
  const pid = Number(await child.line());
  assert.throws(() => acquireLock(folder.path, '/y'), {
    code: 'ERR_DATA_LOCKED',
    message: new RegExp(`^cannot serve from ${folder.path}: the server with process id ${pid} holds it`),
  });
  const holder = readHolder(folder.path);
  assert.equal(holder?.pid, pid);
  assert.equal(holder?.socket, '/run/cordwood/control.sock');
  assert.ok(Math.abs(Date.now() - holder!.since) < 60_000);
  assert.equal(statSync(join(folder.path, 'server.pid')).mode & 0o777, 0o640);
  assert.equal(statSync(join(folder.path, 'lock.sqlite')).mode & 0o777, 0o600);
});

test('an orderly end frees the folder and leaves no holder behind', async () => {
  using folder = temporaryFolder();
  await using child = runChild(HOLD(folder.path));
  await child.line();
  child.say('go');
  assert.equal(await child.ended(), 0);
  assert.equal(existsSync(join(folder.path, 'server.pid')), false);
  acquireLock(folder.path, '/y')[Symbol.dispose]();
});

test('kill -9 frees the folder', async () => {
  using folder = temporaryFolder();
  await using child = runChild(HOLD(folder.path));
  await child.line();
  child.process.kill('SIGKILL');
  assert.equal(await child.ended(), 'SIGKILL');
  assert.equal(existsSync(join(folder.path, 'server.pid')), true);
  assert.equal(readHolder(folder.path), undefined);
  using lock = acquireLock(folder.path, '/y');
  assert.equal(readHolder(folder.path)?.pid, lock.holder.pid);
});

test('a process id that another program has now holds nothing', () => {
  using folder = temporaryFolder();
  acquireLock(folder.path, '/y')[Symbol.dispose]();
  writeFileSync(join(folder.path, 'server.pid'), `${process.ppid}\n${new Date().toISOString()}\n/y\n`);
  assert.equal(readHolder(folder.path), undefined);
});

test('asking who holds it, in the same process, does not let go of it', async () => {
  using folder = temporaryFolder();
  using lock = acquireLock(folder.path, '/y');
  for (let i = 0; i < 3; i++) assert.equal(readHolder(folder.path)?.pid, lock.holder.pid);
  assert.throws(() => acquireLock(folder.path, '/z'), { code: 'ERR_DATA_LOCKED' });
  assert.equal(await freeForOthers(folder.path), false);
  assert.match(readFileSync(join(folder.path, 'server.pid'), 'utf8'), new RegExp(`^${process.pid}\n`));
});

test('a folder that cannot be made is refused by name, with a remedy', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'file'), '');
  for (const path of [join(folder.path, 'file', 'data'), '/proc/cordwood', '/proc/cordwood/data']) {
    assert.throws(() => acquireLock(path, '/x'), {
      code: 'ERR_STORE',
      message: new RegExp(`^cannot serve from ${path}: E[A-Z]+: .*; let this user write there, or name another folder`),
    });
  }
});
