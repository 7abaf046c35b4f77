import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Certificates } from '../support/certificates.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { entries, ForwardLab, numbersIn, range } from './lab.ts';
import { RelpReceiver, TcpReceiver } from './receivers.ts';

/** Kills of a TCP receiver, and lines before each, 1,000 a second. */
const KILLS = Number(process.env['CORDWOOD_TCP_KILLS'] ?? 5);
const LINES_OF_KILL = Number(process.env['CORDWOOD_TCP_LINES'] ?? 200);

test('what was not acknowledged when a receiver dies is sent again, and nothing else', async () => {
  await using receiver = await new RelpReceiver().open();
  await using lab = new ForwardLab();
  receiver.answer = (line) => (numbersIn([line])[0]! < 40 ? '200 OK' : undefined);
  lab.start(entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start', window: 32 }));
  await lab.lines(0, 100);
  await until('40 lines', () => lab.count('central', 'sent') === 40);
  await receiver.kill();
  receiver.answer = () => '200 OK';
  await receiver.open();
  await until('the rest', () => receiver.lines.length >= 100);
  assert.deepEqual(numbersIn(receiver.lines), range(0, 100));
  assert.ok(lab.count('central', 'again') > 0 && lab.count('central', 'failures') > 0);
});

test('a frozen and a refusing destination delay no other one', async () => {
  await using frozen = await new RelpReceiver().open();
  await using good = await new RelpReceiver().open();
  await using closed = await new TcpReceiver().open();
  const { address } = closed;
  await closed.kill();
  frozen.answer = () => undefined;
  await using lab = new ForwardLab();
  lab.start(
    entries(
      { kind: 'relp', name: 'frozen', to: [frozen.address], timeout: '1s', window: 16 },
      { kind: 'tcp', name: 'closed', to: [address] },
      { kind: 'relp', name: 'good', to: [good.address] },
    ),
  );
  await until('the good one to be connected', async () => (await lab.row('good'))?.status.connected);
  for (let i = 0; i < 20; i++) {
    await lab.lines(i * 10, i * 10 + 10);
    await until('lines at the good one', () => good.lines.length === i * 10 + 10, 2000);
  }
  await until('the frozen connection to be given up', () => frozen.connections > 1);
  const why = async (name: string) => (await lab.row(name))?.status.failure?.reason;
  await until('both reasons', async () => (await why('frozen')) && (await why('closed')));
  assert.match((await why('frozen'))!, /it did not answer or read for 1s/);
  assert.match((await why('closed'))!, /connection refused: no receiver listens there/);
});

test('the next address takes over, what was sent before is marked, and the first one is gone back to', async () => {
  await using first = await new RelpReceiver().open();
  await using second = await new RelpReceiver().open();
  first.answer = (line) => (numbersIn([line])[0]! < 5 ? '200 OK' : undefined);
  await using lab = new ForwardLab();
  lab.start(entries({ kind: 'relp', name: 'central', to: [first.address, second.address], from: 'start' }));
  await lab.lines(0, 10);
  await until('five lines', () => lab.count('central', 'sent') === 5);
  await first.kill();
  await until('the others at the second', () => second.lines.length === 5);
  assert.deepEqual(numbersIn(second.lines), range(5, 10));
  assert.ok(second.lines.every((line) => line.includes(' again="1"]')));
  first.answer = () => '200 OK';
  await first.open();
  await until('the first to be connected again', async () => {
    return (await lab.row('central'))?.status.connected?.to === first.address;
  });
  await lab.lines(10, 20);
  await until('new lines at the first', () => first.lines.length === 15);
  assert.deepEqual(numbersIn(first.lines).slice(5), range(10, 20));
});

test('a message that is refused is tried alone and becomes a dead letter, and the rest goes on in order', async () => {
  await using receiver = await new RelpReceiver().open();
  receiver.answer = (line) => (line.endsWith('n 7') ? '500 no' : '200 OK');
  await using lab = new ForwardLab();
  lab.start(entries({ kind: 'relp', name: 'siem', to: [receiver.address], from: 'start' }));
  await lab.lines(0, 20);
  await until('a dead letter', () => lab.letters.length === 1, 30_000);
  assert.deepEqual(numbersIn(receiver.lines), [...range(0, 7), ...range(8, 20)]);
  const [letter] = lab.letters;
  assert.deepEqual([letter!.message.message, letter!.forward], ['n 7', 'siem']);
  assert.match(letter!.reason, /siem: the receiver refused a message: 500 no/);
  assert.equal(lab.count('siem', 'dead'), 1);
});

for (const again of ['5s', 'off'] as const) {
  test(`TCP with again: ${again} through ${KILLS} kills of the receiver`, async (t) => {
    await using receiver = await new TcpReceiver().open();
    await using lab = new ForwardLab();
    lab.start(entries({ kind: 'tcp', name: 'siem', to: [receiver.address], from: 'start', again }));
    let sent = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      for (let i = 0; i < LINES_OF_KILL / 20; i++, sent += 20) {
        await lab.lines(sent, sent + 20);
        await sleep(20);
      }
      await receiver.kill();
      await receiver.open();
      await until('a connection', () => receiver.sockets.size > 0);
    }
    const isThere = () => new Set(numbersIn(receiver.lines));
    if (again === 'off') {
      await until('the last lines', async () => (await lab.row('siem'))?.status.waiting === 0);
      await sleep(200);
      assert.equal(receiver.lines.length, isThere().size, 'nothing comes twice');
      assert.equal(lab.count('siem', 'again'), 0);
    } else {
      await until('every line', () => isThere().size === sent);
      assert.ok(lab.count('siem', 'again') > 0);
      assert.ok(receiver.lines.length <= sent + lab.count('siem', 'again'));
    }
    const [twice, lost] = [receiver.lines.length - isThere().size, sent - isThere().size];
    t.diagnostic(`${sent} lines: ${lost} lost, ${twice} twice; counted as sent again ${lab.count('siem', 'again')}`);
  });
}

for (const spread of ['host', 'turn'] as const) {
  test(`spread: ${spread} gives every message to one of two receivers, and to the other one while one is away`, async () => {
    await using one = await new RelpReceiver().open();
    await using two = await new RelpReceiver().open();
    await using lab = new ForwardLab();
    lab.start(entries({ kind: 'relp', name: 'both', to: [one.address, two.address], from: 'start', spread }));
    await lab.lines(0, 400);
    await until('all', () => one.lines.length + two.lines.length === 400);
    assert.ok(one.lines.length > 0 && two.lines.length > 0);
    if (spread === 'host') {
      const hostOf = (line: string) => line.split(' ')[2];
      const hosts = new Set(one.lines.map(hostOf));
      assert.ok(
        two.lines.every((line) => !hosts.has(hostOf(line))),
        'each host is at one of them',
      );
    }
    await one.kill();
    await lab.lines(400, 600);
    await until('all at the other', () => one.lines.length + two.lines.length >= 600);
    assert.deepEqual(
      [...new Set(numbersIn([...one.lines, ...two.lines]))].sort((a, b) => a - b),
      range(0, 600),
    );
  });
}

test('certificates are read at each attempt: wrong ones on either side stop forwarding only until they are replaced', async () => {
  using folder = temporaryFolder();
  const certificates = new Certificates(join(folder.path, 'tls'));
  const others = new Certificates(join(folder.path, 'others'), 'another CA');
  const server = certificates.make('server', { name: 'logs.example.org', use: 'server' });
  const wrong = others.make('server', { name: 'logs.example.org', use: 'server' });
  const edge = certificates.make('edge', { name: 'edge.example.org' });
  const right = { cert: server.certText, key: server.keyPem, ca: certificates.ca.certificate };
  const receiver = new RelpReceiver();
  receiver.tls = right;
  await using _receiver = await receiver.open();
  await using lab = new ForwardLab();
  const tls = { ca: certificates.caFile, cert: edge.cert, key: edge.key, name: 'logs.example.org' };
  lab.start(entries({ kind: 'relp', name: 'central', to: [receiver.address], from: 'start', tls }));
  const why = async () => (await lab.row('central'))?.status.failure?.reason ?? '';
  await lab.lines(0, 100);
  await until('the first lines', () => receiver.lines.length === 100);
  receiver.replace({ ...right, cert: wrong.certText, key: wrong.keyPem });
  for (const socket of receiver.sockets) socket.destroy();
  await lab.lines(100, 200);
  await until('the reason', async () => /another CA than tls.ca/.test(await why()));
  const bad = others.make('edge', { name: 'edge.example.org' });
  copyFileSync(bad.cert, edge.cert);
  copyFileSync(bad.key, edge.key);
  receiver.replace(right);
  await until('the other reason', async () => /refused our certificate/.test(await why()));
  writeFileSync(edge.cert, edge.certText);
  writeFileSync(edge.key, edge.keyPem);
  await until('everything', () => receiver.lines.length >= 200);
  assert.deepEqual(numbersIn(receiver.lines), range(0, 200));
});
