import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needsMongod, startMongod, type TestServer } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/* The same commands on MongoDB as on the embedded store: beside a server, and without one. */

const EACH = Number(process.env['CORDWOOD_FOLLOW'] ?? 4) * 500;
const CONNECTIONS = 4;

/** Lines with words, cases and characters in which stores may differ. */
const LINES = Array.from({ length: 300 }, (_, index) => {
  const [host, app] = [['web1', 'WEB1', 'web2', 'Übung'][index % 4], ['sshd', 'nginx', 'CRON'][index % 3]];
  const text = ['Failed password for root', 'UPSTREAM timed out', 'Straße gesperrt', 'foo_bar 10.0.0.1', 'été'][
    index % 5
  ];
  const data = index % 6 === 0 ? `[origin ip="192.0.2.${index % 4}" x="a]b"]`.replace(']b', '\\]b') : '-';
  return `<${index % 192}>1 2026-11-2${index % 3}T10:${String(index % 60).padStart(2, '0')}:00.123456Z ${host} ${app} ${index} ID${index % 2} ${data} ${text} ${index}`;
});
const shown = ['-o', 'csv', '--fields', 'timestamp,hostname,appname,procid,severity,message', '-n', 'all'];
const QUESTIONS: readonly (readonly string[])[] = [
  ['search', ...shown],
  ['search', ...shown, '-H', 'web1'],
  ['search', ...shown, '-H', 'web*', '-p', 'err'],
  ['search', ...shown, 'straße'],
  ['search', ...shown, '"timed out"', 'NOT', 'hostname:web2'],
  ['search', ...shown, '/(?i)fail.*root \\d+5$/'],
  ['search', ...shown, 'sd.origin.ip:192.0.2.2'],
  ['search', ...shown, 'procid:[100 TO 120]'],
  ['search', '-o', 'csv', '--fields', 'procid,message', '-n', '7'],
  ['search', '-o', 'csv', '--fields', 'procid,message', '-C', '1', '"foo_bar 10.0.0.1 3"'],
  ['count'],
  ['count', 'password', '-t', 'sshd'],
  ['top', 'hostname', 'severity', '-o', 'csv'],
  ['top', 'sd.origin.ip', '-o', 'csv'],
  ['fields', '-o', 'csv'],
  ['hist', '--every', '364d', '--by', 'severity', '-o', 'csv'],
];

describe('questions to MongoDB', { skip: await needsMongod() }, () => {
  const parts = new AsyncDisposableStack();
  let mongod: TestServer;
  before(async () => {
    mongod = parts.use(await startMongod());
  });
  after(() => parts.disposeAsync());

  /** A data folder and a configuration for a receiver of its own on a database. */
  function receiver(database: string): { data: string; config: string } {
    const folder = parts.use(temporaryFolder()).path;
    const config = join(folder, 'cordwood.yaml');
    const store = { kind: 'mongodb', uri: mongod.uri, database };
    writeFileSync(config, JSON.stringify({ data: 'data', listen: [{ kind: 'tcp', address: '127.0.0.1:0' }], store }));
    return { data: join(folder, 'data'), config };
  }

  const send = async (server: Server, lines: readonly string[]): Promise<void> => {
    const sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.write(`${lines.join('\n')}\n`);
    await sender.end();
  };
  const stored = (server: Server, count: number): Promise<unknown> =>
    until(`${count} messages to be stored`, async () => (await server.stats()).counters['writer.messages'] === count);

  test('every command prints the same as for the embedded store, with and without a server', async () => {
    const mongo = receiver(mongod.database());
    const embedded = { data: join(parts.use(temporaryFolder()).path, 'data') };
    await using ours = await Server.start(mongo);
    await using other = await Server.start({ ...embedded, listen: ['tcp://127.0.0.1:0'] });
    for (const server of [ours, other]) {
      await send(server, LINES);
      await stored(server, LINES.length);
    }
    const ask = async (where: { data: string; config?: string }, questions = QUESTIONS): Promise<string[]> => {
      const answers: string[] = [];
      const flags = ['--data', where.data, ...(where.config ? ['--config', where.config] : [])];
      for (const question of questions) {
        const { code, stdout, stderr } = await cordwood([...question, '-q', '--utc', ...flags]);
        answers.push(`${question.join(' ')}: ${code}\n${stdout}${code === 0 ? '' : stderr}`);
      }
      return answers;
    };
    const want = await ask(embedded);
    assert.deepEqual(await ask(mongo), want);
    assert.equal(await ours.kill('SIGTERM'), 0);
    assert.deepEqual(await ask(mongo), want, 'where no server runs');
    const elsewhere = receiver('');
    assert.notEqual(elsewhere.data, mongo.data);
    const [first] = await ask({ ...mongo, data: elsewhere.data }, QUESTIONS.slice(0, 1));
    assert.equal(first, want[0], 'from a machine that receives nothing');
  });

  test('a follower of one receiver prints each line of both receivers once', async (t) => {
    const database = mongod.database();
    const [first, second] = [receiver(database), receiver(database)];
    await using one = await Server.start(first);
    await using two = await Server.start(second);
    const flags = ['-o', 'csv', '--fields', '_id,procid,message', '-q', '--data', first.data, '--config', first.config];
    const follower = spawn(process.execPath, [BIN, 'search', '-f', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => follower.kill('SIGKILL'));
    let followed = '';
    follower.stdout.setEncoding('utf8').on('data', (text) => {
      followed += text;
    });
    await send(one, ['<13>1 - h app first - - first']);
    await until('the follower to see the first line', () => followed.includes('first'));
    const load = async (server: Server, name: string): Promise<void> => {
      for (let from = 0; from < EACH; from += 100) {
        const lines = Array.from({ length: 100 }, (_, index) => `<13>1 - h app ${name} - - ${from + index}`);
        await send(server, lines);
      }
    };
    const loads = Array.from({ length: CONNECTIONS }, (_, index) => [load(one, `a${index}`), load(two, `b${index}`)]);
    await Promise.all(loads.flat());
    const all = 2 * CONNECTIONS * EACH;
    const rows = (): string[] => followed.split('\n').filter((line) => /^\w{32},[ab]\d,/.test(line));
    await until('the follower to see all', () => rows().length >= all, 60_000);
    const said = rows().map((line) => line.trim().slice(33));
    const want = Array.from({ length: CONNECTIONS }, (_, index) => [`a${index}`, `b${index}`])
      .flat()
      .flatMap((name) => Array.from({ length: EACH }, (_, number) => `${name},${number}`));
    assert.deepEqual(said.toSorted(), want.toSorted(), 'each once');
    const where = ['--data', second.data, '--config', second.config];
    const counted = async (): Promise<boolean> =>
      (await cordwood(['count', '-q', ...where])).stdout.trim() === String(all + 1);
    await until('the other receiver to count all', counted);
  });
});
