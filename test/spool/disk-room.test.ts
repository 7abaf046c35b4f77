import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { DiskReserve } from '../../src/base/machine/disk-reserve.ts';
import { DiskRoom } from '../../src/spool/write/disk-room.ts';
import { cannotMount, tmpfs } from '../support/tmpfs.ts';

const MIB = 1 << 20;

test('the spool stops once less is free than what waits will take in the store', { skip: cannotMount() }, () => {
  using disk = tmpfs(32 * MIB);
  writeFileSync(join(disk.path, 'spool'), Buffer.alloc(20 * MIB));
  const room = new DiskRoom(new DiskReserve(disk.path), true);
  room.look(20 * MIB, 13 * MIB);
  assert.equal(room.short, true);
  room.look(20 * MIB, 11 * MIB);
  assert.equal(room.short, false);
  room.look(20 * MIB, 0);
  assert.equal(room.short, false, 'what is stored needs no room any more');
});

test('the disk is looked at again after each MiB', () => {
  const room = new DiskRoom(undefined, true);
  room.look(20 * MIB, 0);
  assert.equal(room.isDue(20.5 * MIB), false);
  assert.equal(room.isDue(21 * MIB), true);
  assert.equal(room.isDue(2 * MIB), true, 'segments were deleted');
});

test('with a store elsewhere, the spool may take the whole disk', { skip: cannotMount() }, () => {
  using disk = tmpfs(8 * MIB);
  const room = new DiskRoom(new DiskReserve(disk.path), false);
  room.look(8 * MIB, 100 * MIB);
  assert.equal(room.short, false);
  assert.equal(room.keepReserve(100 * MIB), true);
});
