import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/tmp.ts';
import { nonceOf } from '../../src/spool/index.ts';
import { linesEntry, openSmall, readAll, source, texts } from './support.ts';
import { segmentFile, writeRecords, flip } from './written.ts';

test('the nonce survives the loss of its file, and an emptied folder gets a new one', async () => {
  using folder = temporaryFolder();
  const first = await openSmall(folder.path);
  await first[Symbol.asyncDispose]();
  assert.match(first.nonce, /^[0-9a-f]{32}$/);
  rmSync(join(folder.path, 'nonce'));
  const second = await openSmall(folder.path);
  await second[Symbol.asyncDispose]();
  assert.equal(second.nonce, first.nonce);
  rmSync(segmentFile(folder.path, 1));
  const third = await openSmall(folder.path);
  await third[Symbol.asyncDispose]();
  assert.notEqual(third.nonce, first.nonce);
});

test('a damaged nonce file is restored from the segments, and that of an older version is read as before', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'nonce');
  const first = await openSmall(folder.path);
  await first[Symbol.asyncDispose]();
  const written = readFileSync(file);
  const damages = [
    ...Array.from(written, (_, at) => written.with(at, written[at]! ^ 1)),
    ...[0, 5, 31, 32, 33, 40].map((length) => written.subarray(0, length)),
    `${'0'.repeat(32)}\n`,
    `${'0'.repeat(32)} 00000000\n`,
    `${first.nonce}\n`,
  ];
  for (const damage of damages) {
    writeFileSync(file, damage);
    assert.equal(nonceOf(folder.path), first.nonce);
    const next = await openSmall(folder.path);
    await next[Symbol.asyncDispose]();
    assert.equal(next.nonce, first.nonce);
    assert.deepEqual(readFileSync(file), written);
  }
});

test('if no segment header is readable, the nonce of an older version is believed', () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'nonce'), `${'ab'.repeat(16)}\n`);
  assert.equal(nonceOf(folder.path), 'ab'.repeat(16));
});

test('a damaged segment header loses no record: the nonce comes from its file or from another segment', async () => {
  for (const removed of ['none', 'nonce']) {
    using folder = temporaryFolder();
    const written = await writeRecords(folder.path, 3, 3);
    {
      await using spool = await openSmall(folder.path);
      await spool.append(linesEntry(spool.openSession(source(1)), ['after']));
    }
    flip(segmentFile(folder.path, 1), 20);
    rmSync(join(folder.path, removed), { force: true });
    const read = readAll(folder.path);
    assert.deepEqual(texts(read), [...written.flatMap(({ lines }) => lines), 'after']);
    assert.equal(read.places, 1);
  }
});
