import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeepFree } from '../../../src/store/retention/keep-free.ts';

const MIB = 1 << 20;
const GIB = 1 << 30;
/** What is to stay free. */
const KEPT = 3 * GIB;

test('messages may grow by the room beyond what is to stay free', () => {
  const keepFree = new KeepFree();
  assert.equal(keepFree.limit(2 * GIB, 10 * GIB, KEPT), 9 * GIB);
  assert.equal(keepFree.limit(5 * GIB, 7 * GIB, KEPT), 9 * GIB);
});

test('messages that took room that is to stay free give it back', () => {
  const keepFree = new KeepFree();
  keepFree.limit(2 * GIB, 10 * GIB, KEPT);
  assert.equal(keepFree.limit(10 * GIB, 2 * GIB, KEPT), 9 * GIB);
});

test('room that others took costs no messages, however often parts are deleted meanwhile', () => {
  const keepFree = new KeepFree();
  keepFree.limit(2 * GIB, 10 * GIB, KEPT);
  assert.equal(keepFree.limit(2 * GIB, GIB, KEPT), 2 * GIB);
  assert.equal(keepFree.limit(2 * GIB - 300 * MIB, GIB, KEPT), 2 * GIB);
  assert.equal(keepFree.limit(2 * GIB, 4 * GIB, KEPT), 3 * GIB, 'once it is free again, they may grow');
});

test('on a disk that is nearly full at the start, half of what is free stays free', () => {
  const keepFree = new KeepFree();
  assert.equal(keepFree.limit(0, 2 * GIB, KEPT), GIB);
  assert.equal(keepFree.limit(GIB / 2, 1.5 * GIB, KEPT), GIB);
});

test('messages may always take 64 MiB', () => {
  assert.equal(new KeepFree().limit(0, 10 * MIB, KEPT), 64 * MIB);
});
