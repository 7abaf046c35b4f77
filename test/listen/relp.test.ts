import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OFFERS, RelpSender, relpFrame } from '../support/relp.ts';
import { until } from '../support/until.ts';
import { conformance } from './conformance.ts';
import { type Harness, listen } from './harness.ts';

conformance('relp', async (address) => {
  const sender = await RelpSender.open(address);
  return {
    port: sender.socket.localPort!,
    send: (messages) => sender.send(messages),
    [Symbol.asyncDispose]: () => sender[Symbol.asyncDispose](),
  };
});

test('a message is answered once it is durable, and not before', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  harness.spool.hold();
  await sender.send(['<1>a', '<2>b']);
  await until('both', () => harness.counter('received.frames') === 2);
  await sender.command('open', OFFERS);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(sender.answers.length, 1, 'neither the messages nor the command after them are answered');
  harness.spool.release();
  await sender.answered();
  assert.deepEqual(sender.answers.slice(1, 3), ['200 OK', '200 OK']);
  assert.match(sender.answers[3]!, /^200 OK\nrelp_version=0\n/);
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
});

test('an open, an empty message and a close each get their answer', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  assert.equal(sender.answers[0], '200 OK\nrelp_version=0\nrelp_software=cordwood\ncommands=syslog');
  await sender.send(['<1>a', '', '<2>b']);
  await sender.command('close');
  await sender.tcp.closed();
  assert.deepEqual(sender.answers.slice(1), ['200 OK', '200 OK', '200 OK', '']);
  assert.equal(sender.serverClosed, false);
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
  assert.equal(harness.counter('dropped.empty'), 1);
  await until('the session to be closed', () => harness.spool.closed.length === 1);
  assert.equal(harness.spool.closed[0]!.clean, true);
});

test('a session without a close does not count as ended in order', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  harness.spool.hold();
  await sender.send(['<1>a', '<2>b']);
  await until('both', () => harness.counter('received.frames') === 2);
  await sender.tcp.write('4 syslog 9 <3>unf');
  sender.socket.end();
  await until('the end', () => harness.counter('connections.open') === 1);
  harness.spool.release();
  await sender.tcp.closed();
  assert.deepEqual(
    sender.answers.slice(1),
    ['200 OK', '200 OK'],
    'it ended only its own side and can still read answers',
  );
  await until('the session to be closed', () => harness.spool.closed.length === 1);
  assert.equal(harness.spool.closed[0]!.clean, false);
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b']);
  assert.equal(harness.counter('dropped.partial'), 0, 'the sender still has an unfinished message');
});

test('a shutdown answers durable messages, sends serverclose and disconnects', async () => {
  const harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  await using idle = await RelpSender.open(harness.address);
  harness.spool.hold();
  await sender.send(['<1>a', '<2>b']);
  await until('both', () => harness.counter('received.frames') === 2);
  const closed = harness.listener.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(sender.serverClosed, false);
  harness.spool.release();
  await closed;
  await sender.tcp.closed();
  assert.deepEqual(sender.answers.slice(1), ['200 OK', '200 OK']);
  assert.equal(sender.serverClosed, true);
  await idle.tcp.closed();
  assert.equal(idle.serverClosed, true);
  assert.deepEqual(
    harness.spool.closed.map(({ clean }) => clean),
    [false],
  );
});

test('a sender that keeps sending during a shutdown receives an answer for every stored message', async () => {
  const harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  sender.socket.on('error', () => {});
  let sending = true;
  const sent = (async () => {
    while (sending && !sender.socket.destroyed) await sender.send([`<1>${'x'.repeat(1000)}`]).catch(() => {});
  })();
  await until('some', () => harness.spool.stored.length > 100);
  await harness.listener.close();
  await sender.tcp.closed();
  sending = false;
  await sent;
  assert.equal(sender.serverClosed, true);
  assert.equal(sender.answers.length - 1, harness.spool.stored.length);
});

test('while the spool is full nothing is read or answered, and afterwards everything is', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  harness.spool.full = true;
  await sender.send(['<1>a']);
  await until('the pause', () => harness.counter('paused.spool_full') === 1);
  await sender.send(['<2>b', '<3>c']);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(sender.answers.length, 1);
  harness.spool.drain();
  await sender.answered();
  assert.deepEqual(harness.spool.texts(), ['<1>a', '<2>b', '<3>c']);
});

test('a connection is closed without an answer if the spool cannot write its messages', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  harness.spool.failing = true;
  await sender.send(['<1>a']);
  await sender.tcp.closed();
  assert.equal(sender.answers.length, 1);
  assert.equal(harness.counter('connections.closed.spool_failed'), 1);
});

const BROKEN: readonly (readonly [name: string, bytes: string, complaint: RegExp, open?: boolean])[] = [
  ['a message before the open', '1 syslog 4 <1>a\n', /before the session was opened/, false],
  ['a close before the open', '1 close 0\n', /before the session was opened/, false],
  ['a first number other than 1', '2 open 0\n', /not the expected one/, false],
  ['a skipped number', '3 syslog 4 <1>a\n', /not the expected one/],
  ['a repeated number', '1 syslog 4 <1>a\n', /not the expected one/],
  ['another protocol', '<13>Nov 22 16:20:01 web1 sshd: hello\n', /valid RELP header/],
  ['a number of ten digits', '1000000000 syslog 4 <1>a\n', /valid RELP header/],
  ['a length of ten digits', '2 syslog 1000000000 <1>a\n', /valid RELP header/],
  ['an unknown command', '2 starttls 0\n', /valid RELP header/],
  ['a command that only servers send', '2 serverclose 0\n', /valid RELP header/],
  ['a length that is too short', '2 syslog 3 <1>a\n', /does not end where its length says/],
  ['a length without its data', '2 syslog 4\n', /valid RELP header/],
  ['endless offers', `2 open 99999 ${'x'.repeat(20)}`, /longer than 16384 bytes/],
];

for (const [name, bytes, complaint, open = true] of BROKEN) {
  test(`a connection is closed because of ${name}`, async () => {
    await using harness = await listen('relp');
    await using sender = await (open ? RelpSender.open : RelpSender.connect)(harness.address);
    await sender.tcp.write(bytes);
    await sender.tcp.closed();
    assert.equal(harness.counter('connections.closed.protocol'), 1);
    assert.match(harness.warnings.join('\n'), complaint);
    assert.equal(sender.answers.length, open ? 1 : 0);
    assert.deepEqual(harness.spool.texts(), []);
  });
}

test('messages before a violation are stored and answered', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  await sender.tcp.write(Buffer.concat([relpFrame(2, 'syslog', '<1>a'), relpFrame(4, 'syslog', '<2>b')]));
  await sender.tcp.closed();
  assert.deepEqual(sender.answers.slice(1), ['200 OK']);
  assert.deepEqual(harness.spool.texts(), ['<1>a']);
});

const OFFERED: readonly (readonly [name: string, offers: string, answer: RegExp])[] = [
  ['version 1', 'relp_version=1\ncommands=syslog', /^200 OK\nrelp_version=0\n/],
  ['several commands', 'relp_version=0\ncommands=eventlog,syslog', /^200 OK/],
  ['nothing', '', /^200 OK/],
  ['unknown features', 'relp_version=0\nfuture=1,2\n\ncommands=syslog', /^200 OK/],
  ['other commands', 'relp_version=0\ncommands=eventlog', /^500 the command syslog is required$/],
  ['a version that is not a number', 'relp_version=x', /^500 relp_version is not a number$/],
  ['a value of 256 bytes', `a=${'x'.repeat(256)}`, /^500 an offer is too long$/],
  ['a name of 33 bytes', `${'a'.repeat(33)}=1`, /^500 an offer is too long$/],
  ['65 values', `a=${'1,'.repeat(64)}1`, /^500 an offer is too long$/],
];

for (const [name, offers, answer] of OFFERED) {
  test(`an open that offers ${name}`, async () => {
    await using harness = await listen('relp');
    await using sender = await RelpSender.connect(harness.address);
    const accepted = answer.source.startsWith('^200');
    await sender.tcp.write(Buffer.concat([relpFrame(1, 'open', offers), relpFrame(2, 'syslog', '<1>a')]));
    if (accepted) await until('both answers', () => sender.answers.length === 2);
    else await sender.tcp.closed();
    assert.match(sender.answers[0]!, answer);
    assert.deepEqual(harness.spool.texts(), accepted ? ['<1>a'] : []);
  });
}

test('reading pauses if a sender never reads its answers', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  sender.socket.pause();
  const burst = Array.from({ length: 10_000 }, () => 'a');
  await until('the pause', async () => {
    void sender.send(burst).catch(() => {});
    return harness.counter('paused.answers') > 0;
  });
  sender.socket.resume();
  await sender.answered();
  assert.equal(harness.counter('received.frames'), sender.sent - 1);
});

test('endless open commands do not pile up in memory while the disk hangs', async () => {
  await using harness = await listen('relp');
  await using sender = await RelpSender.open(harness.address);
  harness.spool.hold();
  await sender.send(['<1>a']);
  for (let round = 0; round < 40; round++) {
    void Promise.all(Array.from({ length: 1000 }, () => sender.command('open'))).catch(() => {});
  }
  await until('the pause', () => harness.counter('paused.answers') > 0);
  harness.spool.release();
  await sender.answered();
});

test('no session or connection is left after a thousand senders vanish in mid-frame', async () => {
  await using harness = await listen('relp');
  for (let round = 0; round < 20; round++) {
    const senders = await Promise.all(Array.from({ length: 50 }, () => RelpSender.open(harness.address)));
    await Promise.all(senders.map((sender) => sender.tcp.write('2 syslog 999 <1>half')));
    await Promise.all(senders.map((sender, index) => (index % 3 ? sender.tcp.reset() : sender.tcp.end())));
  }
  await allGone(harness);
  assert.equal(harness.spool.sources.size, harness.spool.closed.length);
});

async function allGone(harness: Harness): Promise<void> {
  await until('all connections to be gone', () => harness.counter('connections.open') === 0);
}
