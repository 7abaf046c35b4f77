import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import { mongoConfig } from '../support/mongo-config.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { CHECKOUT_BIN, Server, type ServerOptions } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Share of the full attack: 8,000 lines of 64,000 bytes, 5,000 frames that inflate to 250 KB. */
const SHARE = Number(process.env['CORDWOOD_LARGE'] ?? 0.2);
const LINES = Math.round(8000 * SHARE);
const FRAMES = Math.round(5000 * SHARE);
const skip = await needsMongod();
/**
 * Bytes of memory that a server may take beyond what it has right after its start, some 190 MB as a
 * package, with either store. The unit kills it at 1 GB.
 */
const MORE = 140 * 1000 * 1000;
/** Frames sent before the server must have read them, so that the kernel drops none. */
const BURST = 50;

type Kind = {
  readonly name: string;
  readonly listen: readonly string[];
  send(server: Server): Promise<number>;
};

const KINDS: readonly Kind[] = [
  {
    name: 'lines of 64,000 bytes',
    listen: ['tcp://127.0.0.1:0'],
    send: (server) => sendLines(server, (n) => `<14>1 - host app - - - ${n} ${filling(n, 64_000)}`),
  },
  {
    name: 'lines with 60,000 bytes of structured data, each with others',
    listen: ['tcp://127.0.0.1:0'],
    send: (server) => sendLines(server, (n) => `<14>1 - host app - - [x@1 text="${filling(n, 60_000)}"] ${n}`),
  },
  {
    name: 'frames that inflate to 250 KB',
    listen: ['udp://127.0.0.1:0'],
    async send(server) {
      const port = await server.port('udp0');
      const socket = createSocket('udp4');
      for (let n = 0; n < FRAMES; n++) {
        const frame = deflateSync(`<14>1 - host app - - - ${n} ${'a'.repeat(250_000)}`);
        socket.send(Buffer.concat([Buffer.from('z'), frame]), port, '127.0.0.1');
        if (n % BURST === BURST - 1) await read(server, n + 1);
      }
      await read(server, FRAMES);
      socket.close();
      return FRAMES;
    },
  },
];

async function sendLines(server: Server, line: (n: number) => string): Promise<number> {
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  for (let n = 0; n < LINES; n++) await sender.write(`${line(n)}\n`);
  await sender.end();
  return LINES;
}

async function read(server: Server, count: number): Promise<void> {
  await until('the datagrams to be read', async () => {
    const { counters } = await server.stats();
    return counters['spool.messages']! >= count;
  });
}

/** Text that differs from line to line and shrinks to a third. */
function filling(seed: number, length: number): string {
  let text = '';
  for (let n = seed * 7919; text.length < length; n = Math.imul(n, 48_271) + 11) text += `word${n >>> 0} `;
  return text.slice(0, length);
}

/** The most memory that a server has ever had, bytes. */
function peakOf(server: Server): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))![1]) * 1024;
}

async function stored(server: Server, count: number): Promise<void> {
  await until('all to be stored', async () => (await server.stats()).counters['writer.messages']! >= count, 300_000);
}

/** Stores them, lets blocks be merged, searches them, and starts again, all in `more` bytes beyond the start's. */
async function attack(context: TestContext, kind: Kind, given: ServerOptions & { more: number }): Promise<void> {
  // A bundle takes less memory at its start, which is what the bounds are relative to.
  const options = { ...given, bin: CHECKOUT_BIN };
  let most = 0;
  {
    await using server = await Server.start(options);
    most = peakOf(server) + options.more;
    const count = await kind.send(server);
    await stored(server, count);
    context.diagnostic(`stored: ${peakOf(server) / 1e6} MB`);
    // Blocks are merged while nothing arrives.
    await sleep(3000);
    context.diagnostic(`merged: ${peakOf(server) / 1e6} MB`);
    const body = await server.ask('count', { query: 'a*' });
    context.diagnostic(`${body.replaceAll('\n', ' ')} counted: ${peakOf(server) / 1e6} MB`);
    assert.ok(peakOf(server) <= most, `it took ${peakOf(server)} bytes`);
  }
  await using again = await Server.start(options);
  await sleep(3000);
  context.diagnostic(`started again: ${peakOf(again) / 1e6} MB`);
  assert.ok(peakOf(again) <= most, `after a restart, it took ${peakOf(again)} bytes`);
}

for (const kind of KINDS) {
  test(`${kind.name} take no more memory than others to store, to merge and to search`, async (context) => {
    using folder = temporaryFolder();
    await attack(context, kind, { data: join(folder.path, 'data'), listen: kind.listen, more: MORE });
  });

  test(`${kind.name} take no more memory than others to store in MongoDB and to search`, { skip }, async (context) => {
    await using mongod = await startMongod();
    using folder = temporaryFolder();
    const config = mongoConfig(folder.path, { uri: mongod.uri, database: mongod.database() });
    const data = join(folder.path, 'data');
    await attack(context, kind, { data, config, listen: kind.listen, more: MORE });
  });
}
