import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { send } from '../bench/send.ts';
import { usageOf } from '../bench/usage.ts';
import { Certificates } from '../support/certificates.ts';
import { needs } from '../support/require.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Share of the full siege: 1,000 and 2,000 senders, 10,000 handshakes, 100,000 datagrams a second for 30 seconds. */
const SHARE = Math.min(1, Math.max(0.01, Number(process.env['CORDWOOD_SIEGE'] ?? 0.05)));
const MB = 1e6;
const linux = process.platform === 'linux' ? false : 'only Linux tells what a process uses';

type Siege = AsyncDisposable & {
  readonly server: Server;
  readonly port: number;
  counter(what: string): Promise<number>;
  memory(): number;
  descriptors(): number;
};

async function besieged(listener: string): Promise<Siege> {
  const folder = temporaryFolder();
  const certificates = new Certificates(folder.path);
  certificates.make('server', { name: 'localhost', use: 'server' });
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, `listen:\n  - ${listener}\n`);
  // Young generations that grow would look like a leak.
  const execArgv = ['--max-semi-space-size=2'];
  const server = await Server.start({ data: join(folder.path, 'data'), config, execArgv });
  const { name } = (await server.stats()).listeners[0]!;
  const pid = server.child.pid!;
  return {
    server,
    port: await server.port(name),
    counter: async (what) => (await server.stats()).counters[`listen.${name}.${what}`] ?? 0,
    memory: () => usageOf(pid).memory,
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function report(context: TestContext, text: string): void {
  context.diagnostic(`${text}; in full: CORDWOOD_SIEGE=1 (this was ${SHARE})`);
}

/** `work` for each number below `count`, `width` of them at a time. */
async function many(count: number, width: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** Shakes hands over a socket that stays in our hands. */
async function secured(socket: Socket): Promise<void> {
  const secure = connectTls({ socket, rejectUnauthorized: false });
  secure.on('error', () => {});
  await Promise.race([once(secure, 'secureConnect'), once(secure, 'close')]).catch(() => {});
}

/** The first bytes of a ClientHello, and as much of one as makes the server begin its answer. */
const HELLOS = [
  '',
  '\x16',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  `\x16\x03\x01\x00\x05${'\x01'.repeat(5)}`,
  'GET / HTTP/1.0\r\n\r\n',
];

test('handshakes that are broken off leave no descriptor and no memory behind, and a good one works', {
  skip: linux,
}, async (context) => {
  const listener = "{kind: tcp, address: '127.0.0.1:0', tls: {cert: server.pem, key: server.key}}";
  await using siege = await besieged(listener);
  const breakOff = async (index: number): Promise<void> => {
    const socket = await open(siege.port);
    // The last kind shakes hands to the end, and is gone then.
    const hello = HELLOS[index % (HELLOS.length + 1)];
    if (hello === undefined) await secured(socket);
    else socket.write(Buffer.from(hello, 'latin1'));
    await sleep(1);
    if (socket.destroyed) return;
    await new Promise((resolve) => socket.once('close', resolve).resetAndDestroy());
  };
  const count = 10_000 * SHARE;
  const gone = () => until('all to be gone', async () => (await siege.counter('connections.open')) === 0);
  // Heaps grow to the size of the work at first.
  await many(2 * count, 50, breakOff);
  await gone();
  const before = { memory: siege.memory(), descriptors: siege.descriptors() };
  await many(count, 50, breakOff);
  await gone();
  const after = { memory: siege.memory(), descriptors: siege.descriptors() };
  await using good = await TcpSender.secure(`127.0.0.1:${siege.port}`);
  await good.write('<13>good\n');
  await until('the good one', async () => (await siege.counter('received.frames')) >= 1);
  report(
    context,
    `${count} handshakes: memory ${before.memory / MB} to ${after.memory / MB} MB, descriptors ${before.descriptors} to ${after.descriptors}`,
  );
  assert.ok(Math.abs(after.descriptors - before.descriptors) <= before.descriptors * 0.05);
  assert.ok(after.memory < before.memory * 1.05 + 8 * MB, JSON.stringify({ before, after }));
});

test('counts of a thousand million bytes cost no memory', { skip: linux }, async (context) => {
  await using siege = await besieged("{kind: tcp, address: '127.0.0.1:0'}");
  const count = 1000 * SHARE;
  const before = siege.memory();
  const sockets: Socket[] = [];
  await many(count, 50, async () => {
    const socket = await open(siege.port);
    socket.write('999999999 <13>');
    sockets.push(socket);
  });
  await until('all of them', async () => (await siege.counter('connections.open')) === count);
  for (const socket of sockets) socket.write('x'.repeat(1000));
  await using good = await TcpSender.connect(`127.0.0.1:${siege.port}`);
  await good.write('<13>good\n');
  await until('the good one', async () => (await siege.counter('received.frames')) >= 1);
  const grown = siege.memory() - before;
  report(context, `${count} connections with huge counts: ${grown / MB} MB more`);
  for (const socket of sockets) socket.destroy();
  assert.ok(grown < 50 * MB, `${grown}`);
});

test('slow senders are closed by the limit, and others notice nothing of them', { skip: linux }, async (context) => {
  await using siege = await besieged("{kind: tcp, address: '127.0.0.1:0', half_frame_timeout: 4s}");
  const count = 2000 * SHARE;
  const sockets: Socket[] = [];
  const times: number[] = [];
  await using good = await TcpSender.connect(`127.0.0.1:${siege.port}`);
  const before = siege.memory();
  await many(count, 50, async () => {
    const socket = await open(siege.port);
    socket.write('<');
    sockets.push(socket);
  });
  const dribble = setInterval(() => {
    for (const socket of sockets) socket.write('1');
  }, 500);
  for (let sent = 1; sent <= 20; sent++) {
    const at = performance.now();
    await good.write(`<13>good ${sent}\n`);
    await until('the good one', async () => (await siege.counter('received.frames')) >= sent);
    times.push(performance.now() - at);
  }
  await until(
    'all slow ones to be closed',
    async () => (await siege.counter('connections.closed.half_frame')) === count,
    60_000,
  );
  clearInterval(dribble);
  const grown = siege.memory() - before;
  report(
    context,
    `${count} slow senders: ${grown / MB} MB more, the slowest of 20 good lines was seen after ${Math.max(...times)} ms`,
  );
  await until('them to be gone', async () => (await siege.counter('connections.open')) === 1);
  assert.equal(good.socket.readableEnded, false);
});

test('a flood of datagrams: what is missing is counted, the kernel’s drops included, and others are served', {
  skip: linux || needs('cc'),
}, async (context) => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const listeners = [
    "{kind: udp, address: '127.0.0.1:0', receive_buffer: 64KiB}",
    "{kind: tcp, address: '127.0.0.1:0'}",
  ];
  writeFileSync(config, `listen:\n${listeners.map((one) => `  - ${one}\n`).join('')}`);
  const file = join(folder.path, 'lines');
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `<13>Nov 22 16:20:01 flood app[${index}]: ${'x'.repeat(150)}`,
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  await using server = await Server.start({ data: join(folder.path, 'data'), config });
  const counters = async () => (await server.stats()).counters;
  const rate = 100_000;
  const count = Math.round(rate * 30 * SHARE);
  await using good = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const calm = usageOf(server.child.pid!).memory;
  const flood = send({ transport: 'udp', port: await server.port('udp0'), file, lines: count, rate });
  let sent = 0;
  const ticking = setInterval(() => good.socket.write(`<13>Nov 22 16:20:01 good app: ${sent++}\n`), 10);
  const { seconds } = await flood;
  clearInterval(ticking);
  const dropped = (all: Record<string, number>) =>
    Object.entries(all).reduce(
      (sum, [name, value]) => (name.startsWith('listen.udp0.dropped.') ? sum + value : sum),
      0,
    );
  await until(
    'all that came to be stored',
    async () => {
      const all = await counters();
      return all['writer.messages'] === all['spool.messages'] && all['listen.tcp0.received.frames'] === sent;
    },
    60_000,
  );
  const query = (host: string) => ['count', '-S', 'all', '--data', server.data, `hostname:${host}`];
  const countOf = async (host: string) => Number((await cordwood(query(host))).stdout.trim());
  const stored = await countOf('flood');
  // The kernel's drops are looked at every five seconds.
  const counted = await until(
    'the kernel’s count',
    async () => {
      const drops = dropped(await counters());
      return Math.abs(stored + drops - count) <= (count - stored) * 0.01 && [drops];
    },
    20_000,
  );
  const { peak } = usageOf(server.child.pid!);
  report(
    context,
    `${count} datagrams in ${seconds.toFixed(1)} s: ${stored} stored, ${counted[0]} counted as dropped, ${count - stored - counted[0]!} unexplained; peak ${peak / MB} MB, before ${calm / MB}`,
  );
  assert.equal(await countOf('good'), sent, 'every line over TCP is stored');
  assert.ok(peak < 500 * MB, `${peak}`);
});
