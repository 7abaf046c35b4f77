import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotFakeTime, FakeTime } from '../support/faketime.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const YEAR_S = 365 * 86_400;
/** Longer than the pause between two runs of retention. */
const WRONG_MS = 13_000;

const lines = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `<13>1 - h a - - - number ${from + index}\n`);

async function arrivals(data: string): Promise<number[]> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data]);
  const rows = stdout.split('\n').filter(Boolean);
  return rows.map((row) => Date.parse(JSON.parse(row).received_at));
}

test('a clock that is a year ahead for seconds deletes nothing, and leaves no message in the future', {
  skip: cannotFakeTime(),
}, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const time = new FakeTime(join(folder.path, 'time'));
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(config, "listen: [{kind: tcp, address: '127.0.0.1:0'}]\nstreams: [{name: default, keep: 7d}]\n");
  {
    await using server = await Server.start({ data, config, env: time.env });
    await server.send(lines(0, 100));
    await until('the lines to be stored', async () => (await arrivals(data)).length === 100);
    time.set(YEAR_S);
    await sleep(WRONG_MS);
    await server.send(lines(100, 200));
    await until('both warnings', () =>
      /jumped to 20[\s\S]*deleted by age|deleted by age[\s\S]*jumped to 20/.test(server.output),
    );
    // Wherever the clock steps back between the arrival of a line and its storing, nothing waits for the time to return.
    for (let round = 0; round < 10; round++) {
      time.set(YEAR_S);
      await server.send(lines(200 + round * 10, 210 + round * 10));
      await sleep(round);
      time.set(0);
    }
    await until('all lines to be shown', async () => (await arrivals(data)).length === 300);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    assert.doesNotMatch(server.output, /past its keep/);
  }
  const found = await arrivals(data);
  assert.ok(
    found.every((at) => Math.abs(at - Date.now()) < 600_000),
    'no message arrived in the future',
  );
  assert.deepEqual(
    found,
    found.toSorted((a, b) => a - b),
  );
});

test('a start under a clock that is a year ahead deletes nothing', { skip: cannotFakeTime() }, async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const time = new FakeTime(join(folder.path, 'time'));
  const listen = ['tcp://127.0.0.1:0'];
  {
    await using server = await Server.start({ data, listen, env: time.env });
    await server.send(lines(0, 100));
    await until('the lines to be stored', async () => (await arrivals(data)).length === 100);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
  }
  time.set(YEAR_S);
  for (let start = 0; start < 2; start++) {
    await using server = await Server.start({ data, listen, env: time.env });
    await server.send(lines(100 + start, 101 + start));
    await until('the warning', () => /the wall clock shows 20.*messages are deleted by age as of/.test(server.output));
    await sleep(WRONG_MS);
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    assert.doesNotMatch(server.output, /past its keep/);
  }
  assert.equal((await arrivals(data)).length, 102);
});
