import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogMessage } from '../../src/model/message.ts';
import { freePort } from '../support/ports.ts';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const LINES = Number(process.env['CORDWOOD_FORWARD'] ?? 500);
/** How the servers die, in turns; the fault points are in the forwarder, right before it saves and once it is answered. */
const DEATHS = [
  'acked:3',
  'central',
  'cursor:2',
  'edge',
  'central',
  'acked:20',
  'edge',
  'central',
  'edge',
  'central',
] as const;
const HOSTS = 7;

function configure(folder: string, name: string, text: string): { data: string; config: string } {
  const config = join(folder, `${name}.yaml`);
  writeFileSync(config, text);
  return { config, data: join(folder, name) };
}

async function found(data: string): Promise<LogMessage[]> {
  const { stdout, code, stderr } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data]);
  assert.ok(code === 0 || code === 1, stderr);
  return stdout.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text) as LogMessage]));
}

/** Sends numbered lines of several hosts by RELP, again from the first unacknowledged one after each break. */
async function sendAll(port: number, total: number, signal: AbortSignal): Promise<void> {
  let acknowledged = 0;
  while (acknowledged < total && !signal.aborted) {
    const sender = await RelpSender.open(`127.0.0.1:${port}`).catch(() => undefined);
    if (!sender) {
      await sleep(100);
      continue;
    }
    await using _open = sender;
    const first = acknowledged;
    const failed = () => sender.socket.destroyed || sender.serverClosed;
    for (let next = first; next < total && !failed(); next += 50) {
      const lines = Array.from({ length: Math.min(50, total - next) }, (_, index) => lineOf(next + index));
      if ((await Promise.allSettled([sender.send(lines)]))[0]!.status === 'rejected') break;
      while (!failed() && sender.answers.length < sender.sent) await sleep(2);
      acknowledged = first + Math.max(0, sender.answers.length - 1);
    }
  }
}

function lineOf(number: number): string {
  return `<13>1 2026-11-22T16:20:01.5+01:00 host${number % HOSTS} app - - - line ${number}`;
}

test(`an edge forwards ${LINES} lines to a central server while both are killed: each is stored there once, as at the edge`, async () => {
  using folder = temporaryFolder();
  const [edgePort, centralPort] = [await freePort(), await freePort()];
  const central = configure(
    folder.path,
    'central',
    `listen: [{kind: relp, name: from-edges, address: '127.0.0.1:${centralPort}', relays: ['127.0.0.1'], max_frame: 68KiB}]\n`,
  );
  const edge = configure(
    folder.path,
    'edge',
    `listen: [{kind: relp, name: relp0, address: '127.0.0.1:${edgePort}'}]\n` +
      `forward: [{kind: relp, name: central, to: ['127.0.0.1:${centralPort}'], from: start, rate: {per_second: ${LINES / 10}}}]\n`,
  );
  const running = { edge: await Server.start(edge), central: await Server.start(central) };
  await using _ended = {
    [Symbol.asyncDispose]: async () => {
      await running.edge.kill();
      await running.central.kill();
    },
  };
  const given = new AbortController();
  const sending = sendAll(edgePort, LINES, given.signal);
  for (const death of DEATHS.slice(0, LINES < 10_000 ? 3 : DEATHS.length)) {
    await sleep(300 + Math.random() * 700);
    const isCentral = death === 'central';
    if (death === 'edge' || isCentral) await running[death].kill('SIGKILL');
    else {
      await running.edge.kill('SIGKILL');
      const doomed = new Server({ ...edge, env: { CORDWOOD_FAULT: death } });
      const died = await Promise.race([doomed.exited.then(() => true), sleep(60_000, false)]);
      assert.ok(died, `the edge passed the fault point ${death}`);
    }
    if (isCentral) running.central = await Server.start(central);
    else running.edge = await Server.start(edge);
  }
  await sending;
  const atEdge = await found(edge.data);
  assert.ok(atEdge.length >= LINES);
  await until(
    'all lines to arrive',
    async () => {
      const { body } = await running.central.get('/health/ready');
      assert.ok(body);
      return (
        (await running.central.stats()).counters['writer.messages']! >= 1 &&
        (await found(central.data)).length >= atEdge.length
      );
    },
    180_000,
  );
  // Nothing may come twice later.
  await sleep(1500);
  const atCentral = await found(central.data);
  const keyOf = ({ message, hostname, source, flags, timestamp }: LogMessage) =>
    JSON.stringify([message, hostname, source.ip, source.port, source.listener, flags, timestamp]);
  const count = (messages: readonly LogMessage[]) => Map.groupBy(messages, keyOf);
  const [here, there] = [count(atEdge), count(atCentral)];
  const wrong = [...here].filter(([key, each]) => (there.get(key)?.length ?? 0) !== each.length).map(([key]) => key);
  assert.deepEqual(wrong, [], 'each line of the edge is at the central server as often as at the edge');
  assert.equal(atCentral.length, atEdge.length);
  for (let host = 0; host < HOSTS; host++) {
    const of = (all: readonly LogMessage[]) =>
      all.filter(({ hostname }) => hostname === `host${host}`).map(({ message }) => message);
    assert.deepEqual(of(atCentral), of(atEdge), 'in the order of the edge');
  }
});
