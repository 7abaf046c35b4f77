import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DropLedger } from '../../../src/listen/shared/drop-ledger.ts';
import { temporaryFolder } from '../../support/tmp.ts';

test('the next run knows the count of an earlier one, for the same socket only', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'drops.json');
  const first = new DropLedger(file);
  assert.equal(first.counted('7', 100), 0);
  first.note('7', 100);
  first.note('8', 5);
  const second = new DropLedger(file);
  assert.equal(second.counted('7', 130), 100);
  assert.equal(second.counted('8', 3), 0, 'another socket has the inode now');
  assert.equal(second.counted('9', 50), 0);
  second.note('7', 130);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { '7': 130, '8': 0, '9': 0 });
});

test('an unchanged ledger is not written, and an unreadable one counts as empty', () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'drops.json');
  const ledger = new DropLedger(file);
  ledger.note('7', ledger.counted('7', 0));
  assert.equal(existsSync(file), false);
  for (const text of ['', '{', 'null', '[1]', '{"7": "x"}']) {
    writeFileSync(file, text);
    assert.equal(new DropLedger(file).counted('7', 10), 0, text);
  }
});
