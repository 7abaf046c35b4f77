import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { test } from 'node:test';
import { dropsIn, readKernelDrops } from '../../../src/listen/udp/kernel-drops.ts';
import { UdpSender } from '../../support/senders.ts';
import { listen } from '../harness.ts';

const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  219: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19000 2 0000000000000000 17
  220: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19001 2 0000000000000000 5
  220: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19002 2 0000000000000000 6
`;
const UDP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  219: 00000000000000000000000001000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19003 2 0000000000000000 4
  220: B80D0120000000000000000001000000:158A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 19004 2 0000000000000000 9
`;

test('kernel drops are found by address, and summed over sockets that share it', () => {
  assert.equal(dropsIn(UDP, { host: '127.0.0.1', port: 5514 }), 17);
  assert.equal(dropsIn(UDP, { host: '0.0.0.0', port: 5514 }), 11);
  assert.equal(dropsIn(UDP, { host: '0.0.0.0', port: 5515 }), undefined);
  assert.equal(dropsIn(UDP6, { host: '::1', port: 5514 }), 4);
  assert.equal(dropsIn(UDP6, { host: '2001:db8::1', port: 5514 }), 9);
  assert.equal(dropsIn(UDP6, { host: '::', port: 5514 }), undefined);
});

const skip = process.platform !== 'linux' ? 'only Linux reports kernel drops' : false;

for (const host of ['127.0.0.1', '::1', '::']) {
  test(`the kernel's table lists a socket bound to ${host}`, { skip }, async () => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(0, host);
    await once(socket, 'listening');
    assert.equal(await readKernelDrops({ host, port: socket.address().port }), 0);
    socket.close();
  });
}

test('every datagram sent is counted as received or as dropped by the kernel', { skip }, async () => {
  const harness = await listen('udp', { settings: { receive_buffer: '64KiB' } });
  await using sender = await UdpSender.open(harness.address);
  const count = 3000;
  const sends: Promise<void>[] = [];
  for (let index = 0; index < count; index++) sends.push(sender.send(Buffer.alloc(1000, 'x')));
  await Promise.all(sends);
  await harness.listener.close();
  const received = harness.counter('received.frames');
  assert.equal(received + harness.counter('dropped.kernel'), count);
  assert.ok(received > 0);
});
