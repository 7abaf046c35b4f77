import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backUp } from '../../src/backup/index.ts';
import { Counters } from '../../src/base/counters.ts';
import { loadSettings } from '../../src/config/index.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { linesEntry, source } from '../spool/support.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
/** Ages of lines in days, one in each part of the store; two apart, since a part has a whole day. */
const AGES = [14, 12, 10, 8, 6, 4];

function configure(file: string, keep: string): void {
  writeFileSync(file, `listen: [{kind: tcp, address: '127.0.0.1:0'}]\nstreams: [{name: default, keep: ${keep}}]\n`);
}

/** A folder with a line of each age and one of now, each in its own part; no server runs on it. */
async function fill(data: string, config: string, now: number): Promise<void> {
  configure(config, '100d');
  for (const at of [...AGES.map((age) => now - age * DAY), now - 60_000]) {
    const counters = new Counters(SPOOL_COUNTERS);
    await using spool = await openSpool({ folder: join(data, 'spool'), counters, now: () => at });
    const session = spool.openSession(source(1));
    await spool.append(linesEntry(session, [`<13>1 - h a - - - ${Math.round((now - at) / DAY)} days old`]));
  }
  await using server = await Server.start({ data, config });
  const stored = async () => (await server.stats()).counters['writer.messages'] === AGES.length + 1;
  await until('all lines to be stored', stored);
  // The parts are at rest at the next start, so that they can be deleted.
  assert.equal(await server.kill('SIGTERM'), 0);
}

/** Waits in the middle of a function that must not go on meanwhile. */
function waitFor(what: string, holds: () => boolean): void {
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  for (let passes = 0; !holds(); passes++) {
    assert.ok(passes < 3000, what);
    Atomics.wait(sleeping, 0, 0, 20);
  }
}

test('a backup in whose midst retention deletes parts is whole: none of its parts looks lost', async () => {
  using folder = temporaryFolder();
  const [data, made, restored] = ['data', 'made', 'restored'].map((name) => join(folder.path, name)) as [
    string,
    string,
    string,
  ];
  const config = join(folder.path, 'cordwood.yaml');
  const now = Date.now();
  await fill(data, config, now);
  const partOf = (age: number) =>
    join(data, 'store/default', `${new Date(now - age * DAY).toISOString().slice(0, 10)}-001.cwb`);
  await using server = await Server.start({ data, config });
  assert.ok(AGES.every((age) => existsSync(partOf(age))));

  const remaining = [...AGES];
  const deleteOldest = () => {
    const age = remaining.shift()!;
    configure(config, `${age - 1}d`);
    server.child.kill('SIGHUP');
    waitFor(`the part of ${age} days ago to be deleted`, () => !existsSync(partOf(age)));
  };
  let copies = 0;
  await backUp(await loadSettings({ config, data }, {}), {
    to: made,
    signal: new AbortController().signal,
    onProgress: () => {
      copies++;
      // Between the copies of two parts; then twice after a copy of the state, which lists the part.
      if (copies === 2 || (existsSync(join(made, 'state.sqlite')) && remaining.length > 3)) deleteOldest();
    },
  });
  assert.equal(remaining.length, 3);
  const expected = [...remaining.map((age) => `${age} days old`), '0 days old'];
  // Days that are past their keep would not be looked at.
  const longer = join(folder.path, 'longer.yaml');
  configure(longer, '100d');
  const check = async (at: string) => {
    const places = ['--data', at, '--config', longer];
    const { stdout, stderr } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'cat', '--strict', ...places]);
    assert.doesNotMatch(stderr, /damaged/);
    // What was deleted after it was copied may be in it.
    assert.deepEqual(stdout.trim().split('\n').slice(-expected.length), expected);
  };
  await check(made);
  assert.equal((await cordwood(['restore', made, '--data', restored])).code, 0);
  await check(restored);
});
