import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Counters } from '../../src/base/counters.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { linesEntry, source } from '../spool/support.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;

/** Lets lines arrive on a spool whose clock shows `at`, in a folder that no server runs on. */
async function arriveAt(data: string, at: number, ...lines: string[]): Promise<void> {
  const counters = new Counters(SPOOL_COUNTERS);
  await using spool = await openSpool({ folder: join(data, 'spool'), counters, now: () => at });
  const session = spool.openSession(source(1));
  await spool.append(linesEntry(session, lines));
}

const search = (data: string, ...flags: string[]) =>
  cordwood(['search', '-S', 'all', '-o', 'cat', ...flags, '--data', data, '--config', join(data, '../cordwood.yaml')]);

test('what is past its keep is hidden at once, and its day deleted', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, "listen: [{kind: tcp, address: '127.0.0.1:0'}]\nstreams: [{name: default, keep: 7d}]\n");
  const now = Date.now();
  await arriveAt(data, now - 9 * DAY, '<13>1 - h a - - - nine days ago');
  await arriveAt(data, now - 6.5 * DAY, '<13>1 - h a - - - six days ago');
  // The clock is believed at once if it is near that of the last run.
  await arriveAt(data, now - 60_000, '<13>1 - h b - - - just now');
  const days = async (server: Server) => (await server.stats()).store.days.map(({ day }) => day);
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
  let said = '';
  // A part that is being written stays; the second start finds it at rest, whatever the first one did.
  for (const left of [3, 2]) {
    await using server = await Server.start({ data, config });
    if (left === 3)
      await until('both to be stored', async () => (await server.stats()).counters['writer.messages'] === 3);
    else await until('the older day to go', async () => (await days(server)).length === left);
    assert.equal((await search(data)).stdout, 'six days ago\njust now\n');
    assert.deepEqual((await days(server)).slice(-2), [dayOf(now - 6.5 * DAY), dayOf(now - 60_000)]);
    assert.equal(await server.kill('SIGTERM'), 0);
    said += server.output;
  }
  assert.match(
    said,
    new RegExp(`removed ${dayOf(now - 9 * DAY)} of stream default \\(1 message, .*\\): past its keep`),
  );
  const long = await search(data, '-S', '-10d', '--strict');
  assert.equal(long.stdout, 'six days ago\njust now\n');
  assert.equal(long.code, 3);
  assert.match(
    long.stderr,
    /the window begins before .*: earlier messages of the stream default were removed \(past its keep\)/,
  );
  // Nobody listened in between, which is a gap of its own; retention took nothing from this window.
  const short = await search(data, '-S', '-6d', '--strict');
  assert.doesNotMatch(short.stderr, /were removed/);
});

test('the arrival clock steps back neither over a restart nor where the spool was lost', async () => {
  using folder = temporaryFolder();
  const ahead = Date.now() + 3_600_000;
  const [kept, lost] = [join(folder.path, 'kept'), join(folder.path, 'lost')];
  writeFileSync(join(folder.path, 'cordwood.yaml'), "listen: [{kind: tcp, address: '127.0.0.1:0'}]\n");
  for (const data of [kept, lost]) {
    await arriveAt(data, ahead, '<13>1 - h a - - - first');
    if (data === lost) {
      await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
      await until('the line to be stored', async () => (await server.stats()).store.days.length === 1);
      assert.equal(await server.kill('SIGTERM'), 0);
      rmSync(join(data, 'spool'), { recursive: true });
    }
    await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await sender.write('<13>1 - h a - - - second\n');
    const rows = await until('both lines', async () => {
      const { stdout } = await search(data, '-o', 'json');
      const lines = stdout.split('\n').filter(Boolean);
      return lines.length === 2 && lines.map((line) => JSON.parse(line));
    });
    assert.deepEqual(
      rows.map(({ message }) => message),
      ['first', 'second'],
    );
    const [first, second] = rows.map((row) => Date.parse(row.received_at));
    assert.equal(first, ahead);
    assert.ok(second! >= ahead && second! < ahead + 600_000, `${second! - ahead} ms later`);
  }
});
