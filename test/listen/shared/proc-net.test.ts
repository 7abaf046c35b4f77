import assert from 'node:assert/strict';
import { endianness } from 'node:os';
import { test } from 'node:test';
import { formatProcAddress, parseProcAddress } from '../../../src/listen/shared/proc-net.ts';

const ADDRESSES: readonly (readonly [host: string, port: number, littleEndian: string])[] = [
  ['127.0.0.1', 5514, '0100007F:158A'],
  ['0.0.0.0', 514, '00000000:0202'],
  ['::', 5514, '00000000000000000000000000000000:158A'],
  ['::1', 5514, '00000000000000000000000001000000:158A'],
  ['2001:db8::1', 1, 'B80D0120000000000000000001000000:0001'],
];

for (const [host, port, text] of ADDRESSES) {
  test(`the kernel's spelling of ${host} port ${port} is written and read`, () => {
    if (endianness() === 'LE') assert.equal(formatProcAddress({ host, port }), text);
    assert.deepEqual(parseProcAddress(formatProcAddress({ host, port })), { host, port });
  });
}
