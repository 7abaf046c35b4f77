import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Counters } from '../../src/base/counters.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { linesEntry, source } from '../spool/support.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
const LISTEN = "listen: [{kind: tcp, address: '127.0.0.1:0'}]\n";
const LINES = 6000;

/** A folder with a configuration that can be changed, and the commands that go with it. */
function place(yaml: string) {
  const folder = temporaryFolder();
  const [data, config] = [join(folder.path, 'data'), join(folder.path, 'cordwood.yaml')];
  const configure = (text: string): void => writeFileSync(config, LISTEN + text);
  configure(yaml);
  return {
    data,
    config,
    configure,
    start: (onLine?: (line: string) => void) => Server.start({ data, config, ...(onLine && { onLine }) }),
    run: (...args: string[]) => cordwood([...args, '--data', data, '--config', config]),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

async function arriveAt(data: string, at: number, ...lines: string[]): Promise<void> {
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSpool({ folder: join(data, 'spool'), counters, now: () => at });
  await spool.append(linesEntry(spool.openSession(source(1)), lines));
}

/** Lines of three severities, of hosts h0 to h4; every tenth holds a secret. */
function* lines(count: number): Generator<string> {
  for (let n = 0; n < count; n++) {
    const secret = n % 10 === 0 ? ' from bob@example.org' : '';
    yield `<${8 + [3, 6, 7][n % 3]!}>1 - h${n % 5} app - - - number ${n}${secret}`;
  }
}

const PIPELINE =
  "pipeline: [{kind: redact, what: [email]}, {kind: rate-limit, limit: 500, every: 1h, match: 'hostname:h4'}]\n";
const STREAMS =
  "streams: [{name: debug, match: 'severity:debug', keep: 3d}, {name: errors, match: 'severity:<=err'}]\n";

test('kill -9 and other streams at each restart: everything once, nothing hidden shows, and the limit holds', async () => {
  using here = place(PIPELINE);
  let said = false;
  const search = async () => {
    const { stdout } = await here.run(
      'search',
      '-S',
      'all',
      '-n',
      'all',
      '-o',
      'json',
      '--fields',
      '_id,message,hostname,stream',
    );
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<'_id' | 'message' | 'hostname' | 'stream', string>);
  };
  for (const [round, streams] of ['', STREAMS, ''].entries()) {
    here.configure(PIPELINE + streams);
    let durable = 0;
    await using server = await here.start((line) => {
      durable = JSON.parse(line).frames;
    });
    if (round === 0) {
      await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
      await sender.sendLines(lines(LINES));
      await until('all to be on disk', () => durable === LINES);
    }
    await server.kill('SIGKILL');
    // What lies in the spool passes the same stages where no server runs.
    const found = await search();
    const summaries = found.filter(({ message }) => message.startsWith('rate limit rate-limit0: '));
    const numbers = found.flatMap(({ message }) => /^number (\d+)/.exec(message)?.[1] ?? []).map(Number);
    assert.equal(new Set(found.map(({ _id }) => _id)).size, found.length);
    assert.equal(new Set(numbers).size, numbers.length);
    assert.equal(numbers.filter((n) => n % 5 !== 4).length, (LINES * 4) / 5, `round ${round}`);
    const limited = numbers.filter((n) => n % 5 === 4).length;
    // A run over the hour's end is let through twice as much.
    assert.ok(limited === 500 || limited === 1000, `${limited} of the limited host`);
    assert.ok(summaries.length >= 1);
    assert.ok(found.every(({ message }) => !message.includes('bob')));
    said ||= found.some(({ message }) => message.endsWith('from [email]'));
  }
  assert.ok(said);
  await using server = await here.start();
  await until('all to be stored', async () => (await server.stats()).counters['spool.waiting'] === 0);
  const streams = new Set((await search()).map(({ stream }) => stream));
  assert.ok(streams.size >= 1 && [...streams].every((name) => ['default', 'debug', 'errors'].includes(name)));
});

/** What a hold, a release and a reload do, whatever the store. */
async function holdAndRelease(store: string): Promise<void> {
  using here = place(`${store}streams: [{name: default, keep: 30d}]\n`);
  const now = Date.now();
  await arriveAt(here.data, now - 9 * DAY, '<13>1 - h a - - - nine days ago', '<13>1 - other a - - - noise');
  await arriveAt(here.data, now - DAY, '<13>1 - h a - - - yesterday');
  const cat = async () => (await here.run('search', '-S', 'all', '-o', 'cat', '-q')).stdout;
  {
    await using server = await here.start();
    await until('all to be stored', async () => (await server.stats()).counters['writer.messages'] === 3);
    assert.equal(await server.kill('SIGTERM'), 0);
  }
  const added = await here.run('hold', 'add', '-S', 'all', '-H', 'h', '--why', 'an incident', '--name', 'case-17');
  assert.deepEqual([added.stderr, added.stdout], ['', 'case-17 keeps 2 messages so far\n']);
  await using server = await here.start();
  assert.equal(await cat(), 'nine days ago\nnoise\nyesterday\n');
  here.configure(`${store}streams: [{name: default, keep: 7d}]\n`);
  server.child.kill('SIGHUP');
  await until('the noise to be hidden', async () => (await cat()) === 'nine days ago\nyesterday\n');
  const report = async () => JSON.parse((await here.run('streams', '-o', 'json')).stdout);
  assert.deepEqual([(await report()).holds, (await report()).streams[0].keep], [1, 7 * DAY]);
  assert.match((await here.run('hold', 'list')).stdout, /case-17 .*hostname:h +an incident\n$/);
  const strict = await here.run('count', '-S', '-10d', '--strict');
  assert.deepEqual([strict.stdout, strict.code], ['2\n', 3]);
  assert.equal((await here.run('hold', 'release', 'case-17')).stdout, 'case-17 is released\n');
  assert.equal(await cat(), 'yesterday\n');
  await until('the day to be deleted', async () => (await report()).streams[0].messages === 1, 60_000);
  assert.equal(await cat(), 'yesterday\n');
  const { taken } = (await report()).streams[0];
  assert.ok(taken.why === 'keep' && taken.until > now - 9 * DAY);
  if (store === '') assert.match(server.output, /removed .* of stream default \(2 messages, .*\): past its keep/);
}

test('a hold pins what is past its keep, a release and a reload let go of it', () => holdAndRelease(''));

test('the same in MongoDB, where a TTL index deletes', { skip: await needsMongod() }, async () => {
  await using mongod = await startMongod();
  await holdAndRelease(`store: {kind: mongodb, uri: '${mongod.uri}', database: ${mongod.database()}}\n`);
});

test('a reload changes the pipeline and the streams for what comes next, and a limit goes on', async () => {
  const began = Math.floor(Date.now() / DAY);
  const limit = "{kind: rate-limit, limit: 2, every: 1d, match: 'hostname:loud'}";
  using here = place(`pipeline: [${limit}]\n`);
  await using server = await here.start();
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  const lines = (from: number) =>
    [0, 1, 2, 3].map((n) => `<15>1 - ${n < 3 ? 'loud' : 'calm'} a - - - line ${from + n}`);
  const taken = (count: number) =>
    until(`${count} lines to be taken`, async () => {
      const { counters } = await server.stats();
      return counters['writer.messages']! + counters['pipeline.rate-limit0.dropped']! - 1 >= count;
    });
  await sender.sendLines(lines(0));
  await taken(4);
  here.configure(
    `pipeline: [${limit}, {kind: drop, match: noise}]\nstreams: [{name: debug, match: 'severity:debug'}]\n`,
  );
  server.child.kill('SIGHUP');
  await until('the new stage', async () => 'pipeline.drop0.dropped' in (await server.stats()).counters);
  await sender.sendLines(['<14>1 - calm a - - - noise', ...lines(4)]);
  await until('the noise to be dropped', async () => (await server.stats()).counters['pipeline.drop0.dropped'] === 1);
  const found = await until('the last line', async () => {
    const { stdout } = await here.run('search', '-S', 'all', '-q', '-o', 'csv', '--fields', 'stream,message');
    return stdout.includes('line 7') && stdout.split('\r\n').slice(1, -1);
  });
  // Over midnight, the host is let through anew.
  if (Math.floor(Date.now() / DAY) !== began) return;
  assert.deepEqual(
    found.map((line) => line.replace(/rate limit.*/, 'summary')),
    ['default,line 0', 'default,line 1', 'default,summary', 'default,line 3', 'debug,line 7'],
  );
  const { total, stages } = await until('all to be settled', async () => {
    const account = JSON.parse((await here.run('account', '-S', 'all', '-o', 'json')).stdout);
    return account.total.waiting === 0 && account;
  });
  assert.partialDeepStrictEqual(total, { received: 9, stored: 5, dropped: 4 });
  assert.deepEqual(stages.map(({ name }: { name: string }) => name).sort(), ['drop0', 'rate-limit0']);
});

test('the size guard keeps a stream within its max_size, oldest first, and says so', async () => {
  using here = place("streams: [{name: noise, match: 'appname:noise', max_size: 16MiB, importance: low}]\n");
  await using server = await here.start();
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.sendLines(['<13>1 - h calm - - - the first line of all']);
  const text = () => Buffer.from(Array.from({ length: 3000 }, () => Math.random() * 256)).toString('base64');
  const texts = Array.from({ length: 50 }, text);
  const noise = function* (from: number, until: number) {
    for (let n = from; n < until; n++) yield `<13>1 - h noise - - - ${n} ${texts[n % 50]!.slice(n % 997)}${n * 7919}`;
  };
  // Each text comes again only after so long that a block holds it once or twice.
  const expired = async () => (await server.stats()).counters['store.expired.messages']!;
  let sent = 0;
  while (sent < 200_000 && (await expired()) === 0) {
    await sender.sendLines(noise(sent, sent + 4000));
    sent += 4000;
    await until('them to be stored', async () => (await server.stats()).counters['writer.messages'] === sent + 1);
  }
  assert.ok((await expired()) > 0, `${sent} lines, and nothing went`);
  const { stdout } = await here.run('search', '-S', 'all', '-q', '-o', 'cat', 'appname:calm');
  assert.equal(stdout, 'the first line of all\n');
  const newest = await here.run('search', '-S', 'all', '-q', '-n', '1', '-o', 'cat', 'appname:noise');
  assert.match(newest.stdout, new RegExp(`^${sent - 1} `));
  const { streams } = JSON.parse((await here.run('streams', '-o', 'json')).stdout);
  const { taken, messages } = streams.find(({ name }: { name: string }) => name === 'noise');
  assert.equal(taken.why, 'max_size');
  assert.equal(messages, sent - (await expired()));
  assert.match(server.output, /removed .* of stream noise \(.*\): over the max_size of the stream/);
  const strict = await here.run('count', '-S', '-1h', '--strict', 'appname:noise');
  assert.equal(strict.code, 3);
  assert.match(strict.stderr, /earlier messages of the stream noise were removed \(over its max_size\)/);
});
