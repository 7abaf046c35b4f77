import assert from 'node:assert/strict';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { versionOf } from '../../src/backup/data-files.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('a database that was written to lately has no version, since another write may leave its time the same', () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'a.cwb');
  const wal = `${path}-wal`;
  const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1000);
  assert.equal(versionOf(path), undefined, 'no file');
  writeFileSync(path, 'content');
  assert.equal(versionOf(path), undefined, 'written now');
  utimesSync(path, ago(5), ago(5));
  const first = versionOf(path);
  assert.ok(first);
  assert.equal(versionOf(path), first, 'nothing has changed');
  writeFileSync(wal, 'a');
  assert.equal(versionOf(path), undefined, 'its log was written now');
  utimesSync(wal, ago(4), ago(4));
  const second = versionOf(path);
  assert.ok(second && second !== first);
  appendFileSync(wal, 'b');
  utimesSync(wal, ago(4), ago(4));
  assert.notEqual(versionOf(path), second, 'another size');
});
