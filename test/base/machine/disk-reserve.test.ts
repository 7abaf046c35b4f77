import assert from 'node:assert/strict';
import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskReserve, isDiskFull } from '../../../src/base/machine/disk-reserve.ts';
import { cannotMount, fillDisk, freeOn, tmpfs } from '../../support/tmpfs.ts';

const MIB = 1 << 20;

test('the reserve is made on a small disk, let go when it is full, and made again once there is room', {
  skip: cannotMount(),
}, () => {
  using disk = tmpfs(64 * MIB);
  const path = join(disk.path, 'reserve');
  const filler = join(disk.path, 'filler');
  const reserve = new DiskReserve(disk.path);
  assert.equal(reserve.keep(), true);
  assert.equal(statSync(path).size, 2 * MIB, 'a thirty-second of the disk');
  fillDisk(filler);
  assert.equal(reserve.keep(), true, 'it is still there');

  const written = reserve.spend(() => writeFileSync(join(disk.path, 'record'), Buffer.alloc(MIB)));
  assert.equal(written, undefined);
  assert.equal(existsSync(path), false);
  assert.equal(freeOn(disk.path), MIB);
  assert.equal(reserve.keep(), false, 'the disk is full');

  rmSync(filler);
  assert.equal(reserve.keep(64 * MIB), false, 'others need the room more urgently');
  assert.equal(reserve.keep(), true);
  assert.equal(statSync(path).size, 2 * MIB);
});

test('work that not even the reserve has room for fails with the reason', { skip: cannotMount() }, () => {
  using disk = tmpfs(16 * MIB);
  const reserve = new DiskReserve(disk.path);
  assert.equal(reserve.keep(), true);
  fillDisk(join(disk.path, 'filler'));
  const work = () => writeFileSync(join(disk.path, 'record'), Buffer.alloc(2 * MIB));
  assert.throws(
    () => reserve.spend(work),
    (error) => isDiskFull(error),
  );
});

test('an error that has nothing to do with room leaves the reserve alone', () => {
  let calls = 0;
  const reserve = new DiskReserve('/nonexistent');
  const work = () => {
    calls++;
    throw new Error('no');
  };
  assert.throws(() => reserve.spend(work), /^Error: no$/);
  assert.equal(calls, 1);
  assert.equal(reserve.keep(), true, 'a folder without a known disk needs none');
});
