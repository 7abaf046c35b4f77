import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account, Gap } from '../../src/account/contract.ts';
import { connectServer } from '../../src/cli/client.ts';
import { loadSettings } from '../../src/config/index.ts';
import type { End, QuestionName, Questions } from '../../src/http/contract.ts';
import { openLocal } from '../../src/local.ts';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const ROUNDS = Number(process.env['CORDWOOD_CRASHES'] ?? 10) / 5;

type Told = Account & { readonly gaps: readonly Gap[] };

/** Asks the running server, or else the store itself, as a command does, without the cost of a process. */
async function ask<Name extends QuestionName>(
  data: string,
  name: Name,
  params: Questions[Name]['params'],
): Promise<{ row: Questions[Name]['row']; end: End }> {
  const settings = await loadSettings({ config: undefined, data }, { CORDWOOD_CONFIG: '' });
  await using client = (await connectServer(data)) ?? (await openLocal(settings));
  const answer = client.ask(name, params, new AbortController().signal);
  const first = await answer.next();
  const last = await answer.next();
  assert.ok(!first.done && last.done);
  return { row: first.value as Questions[Name]['row'], end: last.value };
}

async function account(data: string, verify = false): Promise<Told> {
  const { row, end } = await ask(data, 'account', { since: 'all', verify });
  return { ...row, gaps: end.gaps ?? [] };
}

async function count(data: string): Promise<number> {
  return (await ask(data, 'count', { since: 'all' })).row.count;
}

/** What must be true of any account: received is the sum of the rest, by listener and in total, and nothing is wrong. */
function assertBalance(told: Told): void {
  assert.deepEqual(told.faults, []);
  for (const row of [...told.listeners, told.total]) {
    const { received, stored, dropped, limited, dead, waiting, lost } = row;
    assert.equal(received, stored + dropped + limited + dead + waiting + lost, JSON.stringify(row));
  }
}

/** Sends until the connection breaks. */
async function flood(port: number, name: string): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const broken = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  for (let number = 0; !socket.destroyed; ) {
    const lines = Array.from({ length: 10 }, () => `<13>1 - ${name}-${number % 7} app - - - number ${number++}\n`);
    if (!socket.write(lines.join(''))) {
      await Promise.race([new Promise<void>((resolve) => socket.once('drain', resolve)), broken]);
    }
    await sleep(1);
  }
}

test(`killed ${ROUNDS} times under load, the account is what the store holds`, async (t) => {
  using folder = temporaryFolder();
  const data = folder.path;
  for (let round = 0; round < ROUNDS; round++) {
    await using server = await Server.start({ data });
    const port = await server.port('tcp0');
    const floods = [flood(port, 'a'), flood(port, 'b')];
    await sleep(300 + Math.random() * 900);
    const live = await account(data);
    assertBalance(live);
    assert.ok(live.total.received > 0);
    assert.equal(live.total.lost, 0);
    await server.kill('SIGKILL');
    await Promise.all(floods);
    const dead = await account(data);
    assertBalance(dead);
    assert.equal(dead.total.stored + dead.total.waiting, await count(data), 'where no server runs');
    assert.equal(dead.gaps.at(-1)?.reason, 'outage');
    assert.equal(dead.gaps.at(-1)?.open, true);
  }
  await using server = await Server.start({ data });
  assertBalance(await account(data));
  assert.equal(await server.kill('SIGTERM'), 0);
  const after = await account(data, true);
  assertBalance(after);
  assert.equal(after.total.stored, await count(data), 'after an orderly stop');
  assert.equal(after.total.received, after.total.stored);
  assert.equal(after.listeners.find(({ name }) => name === 'tcp0')?.found, after.total.stored);
  assert.equal(
    after.hosts.reduce((sum, { stored }) => sum + stored, 0),
    after.total.stored,
  );
  assert.equal(after.hosts.length, 14);
  assert.equal(
    after.gaps.every(({ reason }) => reason === 'outage'),
    true,
  );
  t.diagnostic(`${after.total.received} messages`);
});

test('an outage is a line in the search of that window, and a hole in the count of a sender is one, too', async () => {
  using folder = temporaryFolder();
  const data = folder.path;
  const numbered = (numbers: readonly number[]): string =>
    numbers.map((id) => `<13>1 - web1 app - - [meta sequenceId="${id}"] number ${id}\n`).join('');
  const run = async (text: string): Promise<void> => {
    await using server = await Server.start({ data });
    await using tcp = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await tcp.write(text);
    await tcp.end();
    await until('the lines', async () => ((await server.stats()).counters['writer.messages'] ?? 0) > 0);
    assert.equal(await server.kill('SIGTERM'), 0);
  };
  await run(numbered([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  await sleep(1100);
  await run(numbered([11, 12, 15, 16]));
  await sleep(1100);
  await run(numbered([17, 18]));
  const search = (...flags: readonly string[]) => cordwood(['search', '-S', 'all', '--data', data, '--utc', ...flags]);
  const shown = await search('--strict');
  assert.equal(shown.code, 3);
  const lines = shown.stdout.trimEnd().split('\n');
  const at = (text: RegExp): number => lines.findIndex((line) => text.test(line));
  const stamp = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
  assert.match(lines.join('\n'), new RegExp(`^-- ${stamp} to .*: no server ran$`, 'm'));
  assert.match(
    lines[at(/sender's own count/)]!,
    /^-- .*\): tcp0: 2 messages of web1 missing by the sender's own count$/,
  );
  assert.ok(at(/no server ran/) > at(/number 10$/) && at(/no server ran/) < at(/number 11$/), shown.stdout);
  const json = await search('-o', 'json');
  assert.equal(json.stdout.trimEnd().split('\n').length, 16);
  assert.match(json.stderr, /no server ran/);
  const counted = await cordwood(['count', '-S', 'all', '--strict', '--data', data]);
  assert.equal(counted.code, 3);
  assert.match(counted.stderr, /2 messages of web1 missing/);
});

test('what UDP has to drop is in the account, with its reason', async () => {
  using folder = temporaryFolder();
  const data = folder.path;
  await using server = await Server.start({ data, listen: ['udp://127.0.0.1:0'] });
  await using udp = await UdpSender.open(`127.0.0.1:${await server.port('udp0')}`);
  await udp.send('<13>1 - dev1 app - - - one');
  await udp.send('');
  await until('the message', async () => (await server.stats()).counters['writer.messages'] === 1);
  const told = await account(data);
  assertBalance(told);
  assert.equal(told.total.received, 1);
  assert.deepEqual(told.gaps, []);
  const future = await cordwood(['count', '-S', '+1h', '--data', data]);
  assert.match(future.stderr, /which is yet to come/);
});
