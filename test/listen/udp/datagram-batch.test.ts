import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatagramBatch } from '../../../src/listen/udp/datagram-batch.ts';

test('a batch of datagrams never exceeds a record, and adding more does not change earlier payloads', () => {
  const batch = new DatagramBatch();
  const payloads: { payload: Uint8Array; byte: number }[] = [];
  for (let index = 0; index < 60; index++) {
    const byte = index % 251;
    while (batch.fits(60_000)) batch.add(Buffer.alloc(60_000, byte), 60_000, 60_000, 1);
    assert.ok(batch.bytes <= 512 << 10 && batch.bytes >= (512 << 10) - 2 * 60_000);
    payloads.push({ payload: batch.payload(), byte });
    batch.clear();
    assert.ok(batch.fits(256 << 10));
  }
  for (const { payload, byte } of payloads) assert.ok(payload.every((one) => one === byte));
  for (let index = 0; index < 4096; index++) batch.add(Buffer.from('a'), 1, 1, 1);
  assert.equal(batch.fits(1), false);
});
