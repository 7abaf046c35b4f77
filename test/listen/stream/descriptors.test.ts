import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { connectionsAllowed } from '../../../src/listen/stream/descriptors.ts';
import { TcpSender } from '../../support/senders.ts';
import { until } from '../../support/until.ts';

test('the connection limit leaves file descriptors for everything else', () => {
  assert.equal(connectionsAllowed(65_536), 65_280);
  assert.equal(connectionsAllowed(100), 50);
  assert.equal(connectionsAllowed(1), 1);
  assert.equal(connectionsAllowed(Infinity), Infinity);
  assert.ok(connectionsAllowed() > 0);
});

const skip = process.platform !== 'linux' ? 'only Linux reports its limits' : false;

test('connections are refused and counted when file descriptors run out, and the listener keeps serving', {
  skip,
}, async (context) => {
  const script = join(import.meta.dirname, 'few-descriptors.ts');
  const server = spawn('/bin/sh', ['-c', `ulimit -n 80; exec "${process.execPath}" "${script}"`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  context.after(() => server.kill());
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value));
  const counters = () => {
    server.stdin.write('count\n');
    return next();
  };
  const { address, warnings } = await next();
  assert.match(warnings[0], /the system's limit of open files allows 40 connections; raise LimitNOFILE=/);
  const senders: TcpSender[] = [];
  for (let index = 0; index < 60; index++) {
    const sender = await TcpSender.connect(address);
    senders.push(sender);
    if (index >= 40) continue;
    await sender.write('<1>a\n');
    await until('its message', async () => (await counters()).received === index + 1);
  }
  await Promise.all(senders.slice(40).map((sender) => sender.closed()));
  const { open, refused } = await counters();
  assert.deepEqual([open, refused], [40, 20]);
  for (const sender of senders) sender.socket.destroy();
  server.stdin.end();
  assert.deepEqual(await exited, [0, null]);
});
