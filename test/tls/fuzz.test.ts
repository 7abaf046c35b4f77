import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { Certificates } from '../support/certificates.ts';
import { mutated, seeded } from '../support/mutate.ts';
import { placeOf, TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { listen } from '../listen/harness.ts';

const ROUNDS = Math.ceil(Number(process.env['CORDWOOD_FUZZ'] ?? 20_000) / 20);

/** The first bytes that a real client sends. */
async function clientHello(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  server.close();
  return hello;
}

test('every client is admitted or refused and counted, whatever its first bytes are', async () => {
  using folder = temporaryFolder();
  const certificates = new Certificates(folder.path);
  const { cert, key } = certificates.make('server', { name: 'localhost', use: 'server' });
  const tls = { cert, key, ca: certificates.caFile };
  await using harness = await listen('tcp', { settings: { tls } });
  const samples = [await clientHello('TLSv1.2'), await clientHello('TLSv1.3'), Buffer.from('<13>plain line\n')];
  const random = seeded();
  const { port } = placeOf(harness.address);
  const attack = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end(mutated(samples, random));
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
  };
  let left = ROUNDS;
  const attacker = async () => {
    while (left-- > 0) await attack();
  };
  await Promise.all(Array.from({ length: 20 }, attacker));
  await until('all to be gone', () => harness.counter('connections.open') === 0);
  const reasons = 'gone tls_hangup tls_plain tls_version tls_handshake tls_certificate tls_timeout'.split(' ');
  const refused = reasons.reduce((sum, reason) => sum + harness.counter(`connections.refused.${reason}`), 0);
  assert.equal(refused, ROUNDS);
  assert.equal(harness.counter('connections.accepted'), 0);
  await using good = await TcpSender.secure(harness.address, certificates.identity('web1'));
  await good.write('<13>good\n');
  await until('the good one', () => harness.spool.stored[0]?.source.peer_cn === 'web1');
});
