import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const BEFORE = `
listen:
  - {kind: tcp, name: kept, address: '127.0.0.1:0', zone: UTC}
  - {kind: tcp, name: changed, address: '127.0.0.1:0'}
  - {kind: udp, name: gone, address: '127.0.0.1:0'}
`;
const AFTER = `
spool: {max_size: 1GiB}
listen:
  - {kind: tcp, name: kept, address: '127.0.0.1:0', zone: '+05:00', allow: [127.0.0.0/8], rate: {per_second: 1000}}
  - {kind: tcp, name: changed, address: '127.0.0.1:0', max_frame: 480B}
  - {kind: tcp, name: added, address: '127.0.0.1:0'}
streams:
  - {name: default, keep: 3d}
`;
const BROKEN = `
listen:
  - {kind: tcp, name: kept, address: '127.0.0.1:99999'}
  - {kind: carrier-pigeon, address: '127.0.0.1:0'}
`;

type World = { readonly server: Server; write(config: string): void; hangUp(said: string): Promise<void> };

/** A server on a configuration of its own, which can be changed under it. */
async function serve(folder: string): Promise<World> {
  const config = join(folder, 'cordwood.yaml');
  const write = (text: string) => writeFileSync(config, text);
  write(BEFORE);
  const server = await Server.start({ data: join(folder, 'data'), config });
  return {
    server,
    write,
    hangUp: async (said) => {
      const from = server.output.length;
      server.child.kill('SIGHUP');
      await until(said, () => server.output.slice(from).includes(said));
    },
  };
}

type Row = { readonly message: string; readonly timestamp: string; readonly length?: number };

async function found(data: string, query: string): Promise<Row[]> {
  const args = ['search', '-q', '-S', 'all', '-o', 'json', '--data', data, query];
  const text = (await cordwood(args)).stdout.trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
}

test('SIGHUP opens, changes and closes what the configuration says, and leaves the rest alone', async () => {
  using folder = temporaryFolder();
  const { server, write, hangUp } = await serve(folder.path);
  await using _end = server;
  await using kept = await TcpSender.connect(`127.0.0.1:${await server.port('kept')}`);
  await using changed = await TcpSender.connect(`127.0.0.1:${await server.port('changed')}`);
  await kept.write('<13>Jan  2 12:00:00 web1 app: first\n');
  await changed.write(`<13>1 - h app - - - second ${'x'.repeat(600)}\n`);
  await until('both lines', async () => (await found(server.data, 'first OR second')).length === 2);

  write(AFTER);
  mkdirSync(join(folder.path, 'alerts.d'));
  writeFileSync(join(folder.path, 'alerts.d', 'web.yaml'), '- {name: of-a-file, kind: match, query: x, to: [page]}\n');
  await hangUp('configuration reloaded');
  assert.match(server.output, /cannot notify page: no entry of notifiers: has this name/);
  assert.match((await cordwood(['alert', 'list', '--data', server.data])).stdout, /of-a-file: every message/);
  assert.match(server.output, /cannot change spool while the server runs/);
  const { listeners, counters } = await until('the listeners', async () => {
    const stats = await server.stats();
    return stats.listeners.some(({ name }) => name === 'added') && stats;
  });
  assert.deepEqual(listeners.map(({ name }) => name).sort(), ['added', 'changed', 'kept']);
  assert.equal(counters['listen.added.connections.accepted'], 0);

  await kept.write('<13>Jan  2 12:00:00 web1 app: third\n');
  await changed.closed();
  for (const name of ['changed', 'added']) {
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port(name)}`);
    await sender.write(`<13>1 - h app - - - fourth ${'x'.repeat(600)}\n`);
    await sender.end();
  }
  await until('all lines', async () => (await found(server.data, 'third OR fourth')).length === 3);
  const hourOf = (rows: readonly Row[]) => new Date(rows[0]!.timestamp).getUTCHours();
  assert.equal(hourOf(await found(server.data, 'first')), 12);
  assert.equal(hourOf(await found(server.data, 'third')), 7, 'on the same connection, with the new zone');
  const lengths = (await found(server.data, 'fourth')).map(({ length }) => length);
  assert.deepEqual(lengths.filter(Boolean).length, 1, 'cut by the changed listener only');
});

test('a configuration that cannot be used is refused with everything wrong in it, and the old configuration stays', async () => {
  using folder = temporaryFolder();
  const { server, write, hangUp } = await serve(folder.path);
  await using _end = server;
  await using kept = await TcpSender.connect(`127.0.0.1:${await server.port('kept')}`);
  write(BROKEN);
  await hangUp('the old configuration stays');
  assert.match(server.output, /"problems":\["line 3:.*99999.*","line 4:.*carrier-pigeon/);
  await kept.write('<13>1 - h app - - - still here\n');
  await until('the line', async () => (await found(server.data, 'still')).length === 1);
  write(BEFORE);
  await hangUp('configuration reloaded');
  await kept.write('<13>1 - h app - - - and here\n');
  await until('the line', async () => (await found(server.data, 'and')).length === 1);
  assert.equal(await server.kill('SIGTERM'), 0);
});
