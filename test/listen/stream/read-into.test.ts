import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { readInto } from '../../../src/listen/stream/read-into.ts';
import { TcpSender } from '../../support/senders.ts';
import { until } from '../../support/until.ts';
import { listen } from '../harness.ts';

/** A connection to ourselves. @returns the end that connected, and the one that was accepted, which `take` saw first */
async function pair(take: (accepted: Socket) => void): Promise<{ client: Socket; server: Socket } & Disposable> {
  const listener = createServer({ allowHalfOpen: true });
  const accepted = once(listener, 'connection').then(([socket]) => socket as Socket);
  listener.on('connection', take);
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const client = connect((listener.address() as AddressInfo).port, '127.0.0.1');
  const server = await accepted;
  listener.close();
  return {
    client,
    server,
    [Symbol.dispose]: () => {
      client.destroy();
      server.destroy();
    },
  };
}

test('this Node lets an accepted socket read into memory that others read into as well', async () => {
  const room = Buffer.alloc(1000);
  const texts = ['', ''];
  const taken = (index: number) => (socket: Socket) => {
    const onBytes = (bytes: Buffer): void => {
      assert.equal(bytes.buffer, room.buffer);
      texts[index] += bytes.toString();
    };
    assert.ok(readInto(socket, room, onBytes));
    socket.resume();
  };
  using first = await pair(taken(0));
  using second = await pair(taken(1));
  const wanted = [0, 1].map((index) => Array.from({ length: 3000 }, (_, n) => `${index}:${n} `).join(''));
  first.client.end(wanted[0]!);
  second.client.end(wanted[1]!);
  await Promise.all([once(first.server, 'end'), once(second.server, 'end')]);
  assert.deepEqual(texts, wanted);
  first.server.end();
  await once(first.server, 'close');
});

test('a socket that reads into memory of others reads nothing while it is paused, and the rest after', async () => {
  let bytes = 0;
  using both = await pair((socket) => {
    const onBytes = ({ length }: Buffer): void => {
      bytes += length;
      socket.pause();
    };
    assert.ok(readInto(socket, Buffer.alloc(1 << 16), onBytes));
    socket.resume();
  });
  const { client, server } = both;
  client.end(Buffer.alloc(1 << 20));
  const ended = once(server, 'end');
  let turns = 0;
  while (bytes < 1 << 20) {
    const before = bytes;
    await until('the pause', () => server.isPaused());
    assert.ok(bytes <= before + (1 << 16));
    turns++;
    server.resume();
    await until('more bytes', () => bytes > before);
  }
  assert.ok(turns >= 8, `${turns} pauses`);
  server.resume();
  await ended;
});

test('a socket that has read something is left as it was', async () => {
  const { promise: read, resolve } = Promise.withResolvers<Socket>();
  using both = await pair((socket) => socket.once('data', () => resolve(socket)));
  both.client.write('PROXY');
  const socket = await read;
  assert.equal(
    readInto(socket, Buffer.alloc(100), () => assert.fail('it read into the memory')),
    false,
  );
  const next = once(socket, 'data');
  both.client.write('line');
  assert.equal(String((await next)[0]), 'line');
});

test('lines that wait for room in the spool stay whole while other connections read', async () => {
  await using harness = await listen('tcp');
  const senders = await Promise.all(Array.from({ length: 3 }, () => TcpSender.connect(harness.address)));
  await using stack = new AsyncDisposableStack();
  for (const sender of senders) stack.use(sender);
  harness.spool.full = true;
  const linesOf = (index: number) => Array.from({ length: 400 }, (_, n) => `<13>sender ${index} line ${n}`);
  for (const [index, sender] of senders.entries()) await sender.sendLines(linesOf(index));
  await until('all to pause', () => harness.counter('paused.spool_full') === senders.length);
  harness.spool.drain();
  await until('all lines', () => harness.spool.stored.length === 1200);
  for (const index of senders.keys()) {
    const own = harness.spool.texts().filter((text) => text.startsWith(`<13>sender ${index} `));
    assert.deepEqual(own, linesOf(index));
  }
});
