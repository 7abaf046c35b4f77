import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { StateFile } from '../../../src/store/embedded/state.ts';
import { nodeNumber } from '../../../src/cluster/nodes.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { runChild } from '../../support/child.ts';

test('reading state creates no file and writing does', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'data', 'state.sqlite');
  using file = new StateFile(path, Date.now);
  const state = file.namespace('a');
  assert.equal(await state.get('k'), undefined);
  assert.deepEqual(await state.scan(''), []);
  assert.equal(existsSync(path), false);
  assert.equal(await state.put('k', 1, 0), true);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder.path, 'data')).mode & 0o027, 0);
});

test('a key that is created again gets a new revision', async () => {
  using folder = temporaryFolder();
  using file = new StateFile(join(folder.path, 'state.sqlite'), Date.now);
  const state = file.namespace('a');
  await state.put('k', 'first', 0);
  const { revision } = (await state.get('k'))!;
  await state.put('k', undefined, revision);
  await state.put('k', 'second', 0);
  assert.equal(await state.put('k', 'stale', revision), false);
  assert.equal((await state.get('k'))?.value, 'second');
});

test('processes that increment one key together lose no step, even while the file is created', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'state.sqlite');
  const code = `
    const { StateFile } = await at('src/store/embedded/state.ts');
    const state = new StateFile(${JSON.stringify(path)}, Date.now).namespace('count');
    for (let step = 0; step < 200; ) {
      const entry = await state.get('n');
      if (await state.put('n', (entry?.value ?? 0) + 1, entry?.revision ?? 0)) step++;
    }
    console.log('done');`;
  const children = [runChild(code), runChild(code), runChild(code)];
  for (const child of children) {
    assert.equal(await child.line(), 'done');
    await child[Symbol.asyncDispose]();
  }
  using file = new StateFile(path, Date.now);
  assert.equal((await file.namespace('count').get('n'))?.value, 600);
});

test('processes that create the file at the same moment all get it', async () => {
  using folder = temporaryFolder();
  const code = `
    const { StateFile } = await at('src/store/embedded/state.ts');
    const { createInterface } = await import('node:readline');
    console.log('ready');
    for await (const line of createInterface({ input: process.stdin })) {
      const [path, moment] = line.split(' ');
      while (Date.now() < Number(moment));
      new StateFile(path, Date.now).open();
      console.log('open');
    }`;
  const children = [runChild(code), runChild(code), runChild(code), runChild(code)];
  for (const child of children) assert.equal(await child.line(), 'ready');
  for (let round = 0; round < 40; round++) {
    const moment = Date.now() + 10;
    for (const child of children) child.say(`${join(folder.path, String(round), 'state.sqlite')} ${moment}`);
    for (const child of children) assert.equal(await child.line(), 'open');
  }
  for (const child of children) await child[Symbol.asyncDispose]();
});

test('a file of a newer version is refused with its name and a remedy', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'state.sqlite');
  {
    using file = new StateFile(path, Date.now);
    file.open();
  }
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 7');
  database.close();
  using file = new StateFile(path, Date.now);
  assert.throws(() => file.open(), {
    code: 'ERR_DATA_VERSION',
    message: `cannot open ${path}: it has format 7, and this version of Cordwood reads formats up to 1; run the newer version that wrote it, or move the file out of the data folder`,
  });
});

test('each nonce keeps its node number, and no two nonces share one', async () => {
  using folder = temporaryFolder();
  using file = new StateFile(join(folder.path, 'state.sqlite'), Date.now);
  const state = file.namespace('nodes');
  const nonces = Array.from({ length: 20 }, (_, index) => `nonce-${index % 10}`);
  const numbers = await Promise.all(nonces.map((nonce) => nodeNumber(state, nonce)));
  assert.deepEqual(numbers.slice(0, 10), numbers.slice(10));
  assert.equal(new Set(numbers).size, 10);
  assert.ok(numbers.every((number) => number > 0));
  assert.equal(await nodeNumber(state, 'nonce-3'), numbers[3]);
});
