import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

const ROUNDS = Number(process.env['CORDWOOD_CRASHES'] ?? 10);
const CONNECTIONS = 4;

/** What one connection sent, and how much of it the server said is on disk. */
type Sent = { readonly name: string; readonly port: number; lines: number; durable: number };

/** Sends numbered lines until the connection breaks. */
async function sendUntilBroken(socket: Socket, sent: Sent): Promise<void> {
  const broken = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  while (!socket.destroyed) {
    const lines = Array.from({ length: 10 }, () => `<13>1 - h ${sent.name} - - - number ${sent.lines++}\n`);
    if (!socket.write(lines.join(''))) {
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), broken]);
    }
    await sleep(1);
  }
}

async function round(number: number, data: string): Promise<Sent[]> {
  const all: Sent[] = [];
  const onLine = (line: string) => {
    const { peer, frames } = JSON.parse(line);
    const sent = all.find(({ port }) => peer.endsWith(`:${port}`));
    if (sent) sent.durable = frames;
  };
  await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'], onLine });
  const port = await server.port('tcp0');
  const sending: Promise<void>[] = [];
  for (let i = 0; i < CONNECTIONS; i++) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const sent = { name: `r${number}c${i}`, port: socket.localPort!, lines: 0, durable: 0 };
    all.push(sent);
    sending.push(sendUntilBroken(socket, sent));
  }
  await sleep(200 + Math.random() * 900);
  await server.kill('SIGKILL');
  await Promise.all(sending);
  return all;
}

/** The numbers found of each connection, in the order of the answer. */
async function numbersFound(data: string): Promise<Map<string, number[]>> {
  const search = ['search', '-S', 'all', '-n', 'all', '-o', 'csv', '--fields', 'appname,message', '--data', data];
  const { stdout, code } = await cordwood(search);
  assert.equal(code, 0);
  const found = new Map<string, number[]>();
  for (const [, name, number] of stdout.matchAll(/^(r\d+c\d+),number (\d+)\r?$/gm)) {
    const numbers = found.get(name!) ?? [];
    numbers.push(Number(number));
    found.set(name!, numbers);
  }
  return found;
}

test(`killed ${ROUNDS} times under load, every line said to be on disk is found once`, async (t) => {
  using folder = temporaryFolder();
  const rounds: Sent[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(...(await round(i, folder.path)));
  assert.ok(
    rounds.every(({ durable }) => durable > 0),
    'each connection got something onto the disk',
  );

  const check = async (how: string) => {
    const found = await numbersFound(folder.path);
    for (const { name, durable, lines } of rounds) {
      const numbers = found.get(name) ?? [];
      assert.deepEqual(
        numbers,
        Array.from(numbers, (_, index) => index),
        `${name}, ${how}: in order, once, without a gap`,
      );
      assert.ok(numbers.length >= durable, `${name}, ${how}: ${numbers.length} found, ${durable} were on disk`);
      assert.ok(numbers.length <= lines, `${name}, ${how}`);
    }
  };
  await check('where no server runs');
  await using server = await Server.start({ data: folder.path });
  await check('after a restart');
  assert.equal(await server.kill('SIGTERM'), 0);
  await check('after an orderly stop');
  t.diagnostic(`${rounds.reduce((sum, { durable }) => sum + durable, 0)} lines were on disk`);
});
