import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/ports.ts';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** How often each fault point is tried. */
const ROUNDS = Number(process.env['CORDWOOD_FAULTS'] ?? 1);
const CONNECTIONS = 2;
/** Messages that a sender of RELP has under way at most. */
const WINDOW = 16;
/** Long lines fill a segment (64 MiB) within seconds, and with it come rotation, *safe* and unlinking. */
const PADDING = 'x'.repeat(60_000);

/** What one connection sent, and how much of it the server said is on disk. */
type Sent = { readonly name: string; readonly port: number; lines: number; durable: number };

async function sendUntilBroken(socket: Socket, sent: Sent): Promise<void> {
  const broken = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  while (!socket.destroyed) {
    const taken = socket.write(`<13>1 - h ${sent.name} ${sent.lines++} - - ${PADDING}\n`);
    if (!taken) await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), broken]);
  }
}

/** The same by RELP, where what was answered is what is on disk. */
async function sendUntilBrokenByRelp(sender: RelpSender, sent: Sent): Promise<void> {
  while (!sender.socket.destroyed) {
    sent.durable = Math.max(0, sender.answers.length - 1);
    if (sent.lines - sent.durable < WINDOW) {
      await sender.send([`<13>1 - h ${sent.name} ${sent.lines++} - - ${PADDING}`]).catch(() => {});
    } else await once(sender.socket, 'data', { signal: AbortSignal.timeout(20) }).catch(() => {});
  }
  sent.durable = Math.max(0, sender.answers.length - 1);
}

/** Sends until the server has killed itself at the fault point, which it may do before anyone can connect. */
async function killedAt(
  fault: string,
  { round, ...options }: { data: string; config: string; round: number },
): Promise<Sent[]> {
  const all: Sent[] = [];
  const onLine = (line: string) => {
    const { peer, frames } = JSON.parse(line);
    const sent = all.find(({ port }) => peer.endsWith(`:${port}`));
    if (sent) sent.durable = frames;
  };
  const [port, relpPort] = [await freePort(), await freePort()];
  const listen = [`tcp://127.0.0.1:${port}`, `relp://127.0.0.1:${relpPort}`];
  await using server = new Server({ ...options, listen, onLine, env: { CORDWOOD_FAULT: fault } });
  const closed = once(server.child, 'close');
  for (let i = 0; i < CONNECTIONS; i++) {
    const [socket] = await until(
      'a connection or the end',
      async () => {
        const connection = await connected(port);
        return connection || server.child.signalCode !== null ? [connection] : undefined;
      },
      60_000,
    );
    if (!socket) break;
    const sent = { name: `r${round}-${fault.replace(':', '-')}-${i}`, port: socket.localPort!, lines: 0, durable: 0 };
    all.push(sent);
    void sendUntilBroken(socket, sent);
  }
  const relp = await RelpSender.open(`127.0.0.1:${relpPort}`).catch(() => undefined);
  let byRelp: Promise<void> | undefined;
  if (relp) {
    const sent = { name: `r${round}-${fault.replace(':', '-')}-relp`, port: 0, lines: 0, durable: 0 };
    all.push(sent);
    byRelp = sendUntilBrokenByRelp(relp, sent);
  }
  await closed;
  await byRelp;
  assert.equal(server.child.signalCode, 'SIGKILL', `${fault}: ${server.output}`);
  return all;
}

/** A connection, undefined where nobody listens. */
function connected(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket)).once('error', () => resolve(undefined));
  });
}

/** Each line's number is its process id: how often each of them is found, by connection, round by round. */
async function check(data: string, all: readonly Sent[], how: string): Promise<void> {
  const rounds = Map.groupBy(all, ({ name }) => name.slice(0, name.indexOf('-')));
  for (const [round, sent] of rounds) await checkRound(round, sent, { data, how });
}

async function checkRound(
  round: string,
  all: readonly Sent[],
  { data, how }: { data: string; how: string },
): Promise<void> {
  // Not all rounds at once: an answer has 100,000 groups at most.
  const top = ['top', 'appname,procid', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data, `appname:${round}-*`];
  const { stdout, stderr, code } = await cordwood(top);
  assert.equal(code, 0, stderr);
  const rows = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const { name, lines, durable } of all) {
    const own = rows.filter(({ appname }) => appname === name);
    assert.deepEqual([...new Set(own.map(({ count }) => count))], own.length > 0 ? [1] : [], `${name}, ${how}: once`);
    const numbers = own.map(({ procid }) => Number(procid)).sort((a, b) => a - b);
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => index),
      `${name}, ${how}: without a gap`,
    );
    assert.ok(numbers.length >= durable, `${name}, ${how}: ${numbers.length} found, ${durable} were on disk`);
    assert.ok(numbers.length <= lines, `${name}, ${how}: ${numbers.length} found, ${lines} were sent`);
  }
  const { total, faults } = JSON.parse(
    (await cordwood(['account', '-S', 'all', '-o', 'json', '-q', '--data', data])).stdout,
  );
  const found = rows.reduce((sum, { count }) => sum + count, 0);
  assert.deepEqual(faults, [], how);
  assert.deepEqual(
    [total.received, total.stored + total.waiting, total.lost],
    [found, found, 0],
    `${how}: the account`,
  );
}

test(`killed ${ROUNDS} times at each fault point under load, every line said to be on disk is found once`, async (t) => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  // The smallest spool there is gives segments up as soon as they are safe.
  writeFileSync(config, 'spool: {max_size: 128MiB}\n');
  const all: Sent[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const fault of ['append:20', 'fsync:20', 'commit:9', 'safe:1', 'rotate:2', 'unlink:1']) {
      const sent = await killedAt(fault, { data, config, round });
      all.push(...sent);
      await check(data, sent, `round ${round}, after ${fault}, where no server runs`);
    }
  }
  await using server = await Server.start({ data, config, listen: ['tcp://127.0.0.1:0'] });
  await check(data, all, 'after a restart');
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
  await check(data, all, 'after an orderly stop');
  t.diagnostic(`${all.reduce((sum, { durable }) => sum + durable, 0)} lines were on disk`);
});

test('killed while it makes its folder, it starts the next time', async () => {
  for (const fault of ['rotate:1', 'append:1', 'fsync:1']) {
    using folder = temporaryFolder();
    await using first = new Server({ data: folder.path, env: { CORDWOOD_FAULT: fault } });
    await first.exited;
    assert.equal(first.child.signalCode, 'SIGKILL', `${fault}: ${first.output}`);
    await using second = await Server.start({ data: folder.path });
    assert.equal(await second.kill('SIGTERM'), 0, second.output);
  }
});
