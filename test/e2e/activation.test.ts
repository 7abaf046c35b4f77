import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HeldServer } from '../support/holder.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { cordwood } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const skip = needs('cc');
const search = async (data: string) =>
  (await cordwood(['search', '-q', '-S', 'all', '-o', 'cat', '--data', data])).stdout.trim().split('\n').sort();

test('what is sent between two runs waits in the sockets that are held, and is stored by the next one', {
  skip,
}, async () => {
  using folder = temporaryFolder();
  await using server = await HeldServer.start({
    data: folder.path,
    sockets: ['udp:0', 'tcp:0'],
    names: 'datagrams:streams',
    listen: ['udp://127.0.0.1:0?name=datagrams', 'tcp://127.0.0.1:0?name=streams'],
  });
  const [udp, tcp] = server.addresses as [string, string];
  await using datagrams = await UdpSender.open(udp);
  const lines: string[] = [];
  for (let round = 0; round < 2; round++) {
    const restarted = server.restart();
    for (let number = 0; number < 20; number++) {
      await datagrams.send(`<13>1 - h app - - - u${round}-${number}`);
      await using connection = await TcpSender.connect(tcp);
      await connection.write(`<13>1 - h app - - - t${round}-${number}\n`);
      await connection.end();
      lines.push(`u${round}-${number}`, `t${round}-${number}`);
    }
    await restarted;
    await server.ready();
  }
  await until('every line', async () => (await search(folder.path)).length >= lines.length);
  assert.deepEqual(await search(folder.path), lines.sort());
  const { counters } = await server.stats();
  assert.equal(counters['listen.datagrams.dropped.kernel'], 0);
});

test('a socket is told by its address, and one that nobody takes is named', { skip }, async () => {
  using folder = temporaryFolder();
  const port = await freePort();
  await using server = await HeldServer.start({
    data: folder.path,
    sockets: [`tcp:${port}`, 'udp:0'],
    names: 'cordwood.socket:cordwood.socket',
    listen: [`tcp://127.0.0.1:${port}`],
  });
  await using connection = await TcpSender.connect(`127.0.0.1:${port}`);
  await connection.write('<13>1 - h app - - - hello\n');
  await until('the line', async () => (await search(folder.path))[0] === 'hello');
  assert.match(server.output, /the service manager opened sockets that no listener uses/);
  assert.ok(server.output.includes(`"sockets":["udp ${server.addresses[1]} (cordwood.socket)"]`), server.output);
});

test('a listener on a socket that is held keeps its settings until the restart, and says so', { skip }, async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const write = (more: string) =>
    writeFileSync(config, `listen: [{kind: tcp, name: held, address: '127.0.0.1:0'${more}}]\n`);
  write('');
  await using server = await HeldServer.start({ data: folder.path, sockets: ['tcp:0'], names: 'held', config });
  await using connection = await TcpSender.connect(server.addresses[0]!);
  write(', max_frame: 480B');
  process.kill(server.pid, 'SIGHUP');
  await until('the warning', () => /cannot change a listener whose socket the service manager/.test(server.output));
  await until('the end of it', () => server.output.includes('configuration reloaded'));
  await connection.write(`<13>1 - h app - - - ${'x'.repeat(500)}\n`);
  await until('the whole line', async () => (await search(folder.path))[0] === 'x'.repeat(500));
  await server.restart();
  await server.ready();
  await using again = await TcpSender.connect(server.addresses[0]!);
  await again.write(`<13>1 - h app - - - ${'y'.repeat(500)}\n`);
  await until('the cut line', async () => (await search(folder.path)).some((line) => /^y{400,499}$/.test(line)));
  writeFileSync(config, "listen: [{kind: tcp, name: other, address: '127.0.0.1:0'}]\n");
  process.kill(server.pid, 'SIGHUP');
  await until('the warning', () => /the service manager keeps the socket of a removed listener/.test(server.output));
});

test('datagrams that the kernel dropped while no server ran are counted by the next one, once', { skip }, async () => {
  using folder = temporaryFolder();
  const listen = ['udp://127.0.0.1:0'];
  await using server = await HeldServer.start({ data: folder.path, sockets: ['udp:0'], names: 'udp0', listen });
  await using udp = await UdpSender.open(server.addresses[0]!);
  const flood = async (seconds: number) => {
    const text = `<13>1 - h app - - - ${'x'.repeat(8000)}`;
    for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
      await Promise.all(Array.from({ length: 500 }, () => udp.send(text)));
    }
  };
  const dropped = async () => (await server.stats()).counters['listen.udp0.dropped.kernel']!;
  await Promise.all([server.restart(), flood(1)]);
  await server.ready();
  await until('the count', dropped, 30_000);
  assert.match(server.output, /datagrams dropped by the kernel/);
  await server.restart();
  await server.ready();
  const from = server.output.length;
  // Each run looks once more when it ends.
  await server.restart();
  assert.doesNotMatch(server.output.slice(from), /datagrams dropped by the kernel/);
});
