import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/until.ts';
import { entries, ForwardLab, numbersIn, range } from './lab.ts';
import { RelpReceiver, TcpReceiver } from './receivers.ts';

test('everything is sent by RELP once and in order, from where a restart begins again', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  const settings = entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start', window: 16 });
  await lab.lines(0, 500);
  lab.start(settings);
  await until('the backlog', () => receiver.lines.length === 500);
  await lab.lines(500, 600);
  await until('new lines', () => receiver.lines.length === 600);
  await lab.stop();
  await lab.lines(600, 650);
  lab.start(settings);
  await until('the lines of meanwhile', () => receiver.lines.length >= 650);
  await sleep(100);
  assert.deepEqual(numbersIn(receiver.lines), range(0, 650));
  assert.match(
    receiver.lines[0]!,
    /\[cordwood@32473 id="[0-9a-f]{32}" .*from="5f0c5f0c\/central" .*hops="1"\]\[origin ip="192.0.2.7"\]/,
  );
  await until('the position', async () => (await lab.row('central'))?.sent === 650);
});

test('a new name begins with what arrives from then on, and a query chooses', async () => {
  await using receiver = await new TcpReceiver().open();
  await using lab = new ForwardLab();
  await lab.lines(0, 10);
  lab.start(entries({ kind: 'tcp', name: 'siem', to: [receiver.address], query: 'hostname:host1', trail: 'ip' }));
  await until('it to be connected', async () => (await lab.row('siem'))?.status.connected);
  await lab.lines(10, 20);
  await until('two lines', () => receiver.lines.length === 2);
  assert.deepEqual(numbersIn(receiver.lines), [11, 16]);
  assert.match(receiver.lines[0]!, / - \[origin ip="192.0.2.7"\] n 11$/);
});

test('a long line is cut between characters, without what its trail need not say, and counted', async () => {
  await using receiver = await new TcpReceiver().open();
  await using lab = new ForwardLab();
  lab.start(entries({ kind: 'tcp', name: 'siem', to: [receiver.address], from: 'start', max_size: '600B' }));
  await lab.add([{ message: 'ü'.repeat(1000), raw: new Uint8Array(900) }, { message: 'short' }]);
  await until('both', () => receiver.lines.length === 2);
  const [long, short] = receiver.lines;
  assert.ok(
    Buffer.byteLength(long!) <= 600 && long!.endsWith('ü') && !long!.includes('\ufffd') && !long!.includes(' raw='),
  );
  assert.match(short!, / short$/);
  assert.equal(lab.count('siem', 'cut'), 1);
});

test('a beat says how many messages came before it, if the receiver is a Cordwood', async () => {
  await using receiver = await new RelpReceiver().open();
  receiver.opened = '200 OK\nrelp_version=0\nrelp_software=cordwood\ncommands=syslog';
  await using lab = new ForwardLab({ times: { beat: 50 } });
  lab.start(entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start' }));
  await lab.lines(0, 100);
  const beats = () => receiver.lines.filter((line) => line.includes(' beat="1" '));
  await until('a beat after all of them', () => beats().some((line) => line.includes(' sent="100"')));
  assert.ok(receiver.lines.every((line) => !line.includes('[origin ')));
  for (const beat of beats()) {
    const before = numbersIn(receiver.lines.slice(0, receiver.lines.indexOf(beat))).length;
    assert.match(beat, new RegExp(` sent="${before}"`));
  }
});

test('a reload closes changed destinations in order, leaves others alone, and keeps the place of a removed one', async () => {
  await using one = await new RelpReceiver().open();
  await using two = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  const a = { kind: 'relp', name: 'a', to: [one.address], from: 'start' };
  const b = { kind: 'relp', name: 'b', to: [two.address], from: 'start' };
  lab.start(entries(a, b));
  await lab.lines(0, 10);
  await until('both', () => one.lines.length === 10 && two.lines.length === 10);
  await lab.reload(entries(a, { ...b, window: 16 }));
  await lab.lines(10, 20);
  await until('both again', () => one.lines.length === 20 && two.lines.length === 20);
  assert.deepEqual([one.connections, two.connections], [1, 2]);
  await lab.reload(entries(a));
  await until('b to be marked', async () => (await lab.row('b'))?.status.removedAt);
  await lab.lines(20, 30);
  await until('a', () => one.lines.length === 30);
  await lab.reload(entries(a, b));
  await until('b from its place', () => two.lines.length === 30);
  assert.deepEqual(numbersIn(two.lines), range(0, 30));
});

test('only one of two processes on a shared store forwards, and the other one takes over', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab({ isShared: true });
  const settings = entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start' });
  lab.start(settings);
  await lab.lines(0, 10);
  await until('the lines', () => receiver.lines.length === 10);
  const { Forwarder } = await import('../../src/forward/index.ts');
  await using _second = new Forwarder(settings, { ...lab.world, node: 2 });
  await sleep(300);
  assert.equal(receiver.connections, 1);
  await lab.stop();
  await lab.lines(10, 20);
  await until('the other one', () => receiver.lines.length >= 20, 30_000);
  assert.deepEqual(numbersIn(receiver.lines), range(0, 20));
});
