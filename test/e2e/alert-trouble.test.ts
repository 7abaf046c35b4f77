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

/** Seconds that a server, and a mail server, are away; 600 in full. */
const AWAY_MS = Number(process.env['CORDWOOD_AWAY'] ?? 2) * 1000;
/** Ticks are minutes apart, and what failed for long is tried every quarter of an hour. */
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
    await until('a try to fail', () => server.output.includes('cannot tell ops@example.org'), PATIENCE_MS);
    await sleep(AWAY_MS / 2);
    await server.kill('SIGKILL');
  }
  await using server = await Server.start({ data, config });
  await sleep(AWAY_MS / 2);
  await using smtp = await Smtp.start({ port });
  const letters = async () => (await cordwood(['alert', 'show', 'fires', '--config', config, '--data', data])).stdout;
  await until('the mail', async () => /^to ops@example\.org, sent /m.test(await letters()), PATIENCE_MS);
  assert.equal((await letters()).match(/^to ops@example\.org/gm)?.length, 1);
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

/** Lines of a host, five a second, through an agent that keeps what it cannot deliver. */
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
    await until('the incident to be told', () => smtp.mails.length > 0, PATIENCE_MS);
    await server.kill('SIGKILL');
  }
  await sleep(AWAY_MS);
  await using server = await Server.start({ data, config });
  await sleep(1000);
  chatter.stop();
  const stored = async () => Number(await ask('count', 'appname:burst', '-S', 'all'));
  await until('all lines to be here', async () => (await stored()) >= chatter.sent, PATIENCE_MS);
  const isOver = ({ mail }: Taken) => mail.headers.get('x-log-state') === 'resolved';
  const counted = () => smtp.mails.reduce((sum, taken) => sum + (isOver(taken) ? 0 : windowOf(taken).count), 0);
  const resolved = () => smtp.mails.some(isOver);
  await until('all lines to be told', async () => counted() >= (await stored()), PATIENCE_MS);
  if (AWAY_MS >= 60_000) await until('the end to be told', resolved, PATIENCE_MS);
  assert.equal(counted(), await stored());
  const told = smtp.mails.filter((taken) => !isOver(taken));
  const windows = told.map((taken) => windowOf(taken).from);
  assert.deepEqual(windows, [...new Set(windows)], 'each window once');
  const ids = smtp.mails.map(({ mail }) => mail.messageId);
  assert.deepEqual(ids, [...new Set(ids)], 'no mail twice');
  // Late is told by the minute of arrival.
  if (AWAY_MS >= 400_000) {
    assert.ok(
      told.some(({ mail }) => /^! \d+ of \d+ were sent more than 5 minutes before they arrived$/m.test(mail.text!)),
    );
  }
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
}

/** What somebody does about an incident while a server runs is there where none does, and the other way round. */
async function deskBesideServer(store: string): Promise<void> {
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
  assert.match(known, /^ +burst-1: 3 matches .*, known since .* \(Ada knows\)$/m);
  assert.match(known, /^ +silenced until /m);
  await alert('mute', '0s');
  await alert('silence', 'burst', '0s');
  await alert('resolve', 'burst-1');
  const tested = await alert('test', 'burst', '-S', '-15m');
  assert.ok(tested.includes(smtp.mails[0]!.mail.subject!), tested);
  assert.match(tested, /^1 mail in 0\.0 days .*, 1[45] times judged$/m);
  await using server = await Server.start({ data, config });
  const after = await alert('list');
  assert.doesNotMatch(after, /muted|silenced|burst-1/);
  assert.equal(smtp.mails.length, 1);
  assert.equal(await server.kill('SIGTERM'), 0, server.output);
}

const skipMongo = await needsMongod();

suite('alerts in trouble', { concurrency: true }, () => {
  nodesInTrouble();
  test('the mail server is away, and the server is killed meanwhile: one mail afterwards', mailServerAway);
  const skip = needsModules('omrelp');
  test(
    'the server is away in the middle of an incident: each line is counted once, in one window',
    { skip },
    serverAway,
  );
  test('what is done about an incident holds with a server and without one', () => deskBesideServer(''));
  test('and so it does on MongoDB', { skip: skipMongo }, async () => {
    await using mongod = await startMongod();
    await deskBesideServer(`store: {kind: mongodb, uri: '${mongod.uri}', database: ${mongod.database()}}`);
  });
});
