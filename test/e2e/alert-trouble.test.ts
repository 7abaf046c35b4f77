import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { freePort } from '../support/ports.ts';
import { needsModules } from '../support/require.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { Smtp, type Taken } from '../support/smtp.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { nodesInTrouble } from './alert-nodes.ts';

/** How long a server, and a mail server, are away, ms; CORDWOOD_AWAY=600 in full. */
const AWAY_MS = Number(process.env['CORDWOOD_AWAY'] ?? 2) * 1000;
/** Ticks are a minute apart, and what has failed for long is tried every quarter of an hour. */
const PATIENCE_MS = 240_000 + AWAY_MS;

type World = Disposable & { readonly config: string; readonly data: string; readonly folder: string };

function worldWith(text: string): World {
  const folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, text);
  return {
    config,
    data: join(folder.path, 'data'),
    folder: folder.path,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

const mailPart = (port: number) =>
  `mail: {from: logs@example.org, smtp: 'smtp://127.0.0.1:${port}', max_per_hour: 1000}\n`;

async function mailServerAway(): Promise<void> {
  const port = await freePort();
  using world = worldWith(`listen: [{kind: tcp, address: '127.0.0.1:0'}]
alerts: [{name: fires, kind: match, query: 'fire', schedule: '* * * * *', window: 5m, to: [ops@example.org]}]
${mailPart(port)}`);
  const { data, config } = world;
  {
    await using server = await Server.start({ data, config });
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.write('<11>1 - web1 kitchen - - - there is a fire\n');
    await until('an attempt to fail', () => server.output.includes('cannot notify ops@example.org'), PATIENCE_MS);
    await sleep(AWAY_MS / 2);
    await server.kill('SIGKILL');
  }
  await using server = await Server.start({ data, config });
  await sleep(AWAY_MS / 2);
  await using smtp = await Smtp.start({ port });
  const deliveries = async () =>
    (await cordwood(['alert', 'show', 'fires', '--config', config, '--data', data])).stdout;
  await until('the mail', async () => /^to ops@example\.org, sent /m.test(await deliveries()), PATIENCE_MS);
  assert.equal((await deliveries()).match(/^to ops@example\.org/gm)?.length, 1);
  assert.deepEqual(
    smtp.mails.map(({ mail }) => mail.subject),
    ['[FIRING warning x1] web1 kitchen: there is a fire (rule fires)'],
  );
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
}

/** The window of a mail and the messages it counts in it. */
function windowOf({ mail }: Taken): { from: string; count: number } {
  const [, from] = /-S '([^']+)'/.exec(mail.text!) ?? [];
  const [, count] = /^hostname: web1 (\d+)$/m.exec(mail.text!) ?? [];
  return { from: from!, count: Number(count ?? 0) };
}

/** Sends five messages a second through an agent that keeps what it cannot deliver. */
class Chatter implements AsyncDisposable {
  sent = 0;
  readonly #sender: TcpSender;
  readonly #timer: NodeJS.Timeout;

  constructor(sender: TcpSender) {
    this.#sender = sender;
    this.#timer = setInterval(() => {
      const stamp = new Date().toISOString();
      this.#sender.socket.write(`<11>1 ${stamp} web1 burst - - - it goes on ${this.sent++}\n`);
    }, 200);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#sender[Symbol.asyncDispose]();
  }
}

async function serverAway(): Promise<void> {
  await using smtp = await Smtp.start();
  const [port, input] = [await freePort(), await freePort()];
  using world = worldWith(`listen: [{kind: relp, address: '127.0.0.1:${port}'}]
alerts: [{name: burst, kind: count, query: 'appname:burst', schedule: '* * * * *', window: 1m, above: 0, by: [hostname], repeat: 1m, to: [ops@example.org]}]
${mailPart(smtp.port)}`);
  const { data, config, folder } = world;
  const agent = join(folder, 'agent');
  mkdirSync(agent);
  await using _agent = await Rsyslogd.start(
    agent,
    input,
    `module(load="imtcp") module(load="omrelp")
     input(type="imtcp" port="${input}" address="127.0.0.1")
     if $programname == "burst" then
       action(type="omrelp" target="127.0.0.1" port="${port}" template="RSYSLOG_SyslogProtocol23Format"
              queue.type="LinkedList" queue.filename="burst" queue.size="20" queue.highWatermark="10" queue.lowWatermark="2"
              queue.saveOnShutdown="on" action.resumeRetryCount="-1" action.resumeInterval="1")`,
  );
  await using chatter = new Chatter(await TcpSender.connect(`127.0.0.1:${input}`));
  const ask = async (...args: string[]) => (await cordwood([...args, '--config', config, '--data', data])).stdout;
  {
    await using server = await Server.start({ data, config });
    // Killed between sending and recording, it would rightly send the same mail again.
    const isRecorded = async () => (await server.stats()).counters['alerts.sent']! > 0;
    await until('the first mail to be recorded', isRecorded, PATIENCE_MS);
    await server.kill('SIGKILL');
  }
  await sleep(AWAY_MS);
  await using server = await Server.start({ data, config });
  await sleep(1000);
  chatter.stop();
  const stored = async () => Number(await ask('count', 'appname:burst', '-S', 'all'));
  await until('all messages to be stored', async () => (await stored()) >= chatter.sent, PATIENCE_MS);
  const isOver = ({ mail }: Taken) => mail.headers.get('x-log-state') === 'resolved';
  const counted = () => smtp.mails.reduce((sum, taken) => sum + (isOver(taken) ? 0 : windowOf(taken).count), 0);
  const resolved = () => smtp.mails.some(isOver);
  await until('all messages to be reported', async () => counted() >= (await stored()), PATIENCE_MS);
  if (AWAY_MS >= 60_000) await until('the end to be reported', resolved, PATIENCE_MS);
  assert.equal(counted(), await stored());
  const mails = smtp.mails.filter((taken) => !isOver(taken));
  const windows = mails.map((taken) => windowOf(taken).from);
  assert.deepEqual(windows, [...new Set(windows)], 'each window is reported once');
  const ids = smtp.mails.map(({ mail }) => mail.messageId);
  assert.deepEqual(ids, [...new Set(ids)], 'no mail is sent twice');
  // Late messages are reported in the window in which they arrived.
  if (AWAY_MS >= 400_000) {
    assert.ok(
      mails.some(({ mail }) =>
        /^! [\d,]+ of [\d,]+ messages arrived more than 5 minutes after they were sent$/m.test(mail.text!),
      ),
    );
  }
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
}

/**
 * What an operator does about an incident while a server runs also holds without one, and the other
 * way round.
 */
async function changesBesideServer(store: string): Promise<void> {
  await using smtp = await Smtp.start();
  using world = worldWith(`${store}
listen: [{kind: tcp, address: '127.0.0.1:0'}]
alerts: [{name: burst, kind: count, query: 'appname:burst', schedule: '* * * * *', window: 10m, above: 2, to: [ops@example.org]}]
${mailPart(smtp.port)}`);
  const { data, config } = world;
  const alert = async (...args: string[]) => {
    const { code, stdout, stderr } = await cordwood(['alert', ...args, '--config', config, '--data', data]);
    assert.equal(code, 0, `alert ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  {
    await using server = await Server.start({ data, config });
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.sendLines([1, 2, 3].map((n) => `<11>1 - web1 burst - - - it burst ${n}`));
    await until('the mail', () => smtp.mails.length > 0, PATIENCE_MS);
    await alert('ack', 'burst-1', '--note', 'Ada knows');
    await alert('silence', 'burst', '2h');
    await alert('mute', '1h');
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
  const known = await alert('list');
  assert.match(known, /^all notices are muted until /m);
  assert.match(known, /^ +burst-1: 3 matches .*, acknowledged .* \(Ada knows\)$/m);
  assert.match(known, /^ +silenced until /m);
  await alert('mute', '0s');
  await alert('silence', 'burst', '0s');
  await alert('resolve', 'burst-1');
  const tested = await alert('test', 'burst', '-S', '-15m');
  assert.ok(tested.includes(smtp.mails[0]!.mail.subject!), tested);
  assert.match(tested, /^1 mail in 1[45]m, judged 1[45] times$/m);
  await using server = await Server.start({ data, config });
  const after = await alert('list');
  assert.doesNotMatch(after, /muted|silenced|burst-1/);
  assert.equal(smtp.mails.length, 1);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
}

const skipMongo = await needsMongod();

suite('alerts in trouble', { concurrency: true }, () => {
  nodesInTrouble();
  test('one mail is sent after the mail server was away and the server was killed', mailServerAway);
  const skip = needsModules('omrelp');
  test('each message is counted once, in one window, if the server is away during an incident', { skip }, serverAway);
  test('changes of an incident hold with a server and without one', () => changesBesideServer(''));
  test('changes of an incident hold with a server and without one on MongoDB', { skip: skipMongo }, async () => {
    await using mongod = await startMongod();
    await changesBesideServer(`store: {kind: mongodb, uri: '${mongod.uri}', database: ${mongod.database()}}`);
  });
});
