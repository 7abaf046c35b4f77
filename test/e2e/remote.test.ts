import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.ts';
import { type Outcome, RemoteWorld } from './remote-world.ts';

let world: RemoteWorld;

before(async () => {
  world = await RemoteWorld.start();
});

after(() => world?.[Symbol.asyncDispose]());

/** Command lines that give the same on the spot and from another machine. */
const COMMANDS = [
  'search',
  'search -S all -n all -o json',
  'search -S all -n all -o csv',
  'search -S all -n 5 -o verbose',
  'search -S all -n +3 -o short-iso --utc',
  'search -S all -r -n 4 --timezone Asia/Tokyo',
  'search -S all error -C 2',
  'search -S all -H web1 -p err -t app*',
  'search -S all -g l.ne.1',
  'search -S all nothing-like-it',
  'search -S all nothing-like-it --exit-code',
  'search hostname:wbe1',
  'search (',
  'search -S tomorrow -U yesterday',
  'search nosuchfield:1',
  'count -S all',
  'count -S all severity:<=err -o json',
  'hist -S all --by severity --every 1h',
  'hist -S 2026-11-01 -U 2026-12-31 --every 1d',
  'top hostname,appname -S all',
  'top nosuchfield',
  'fields -S all',
  'account -S -1h -U now --verify -o json',
  'hosts -o json',
  'hosts expect --within 1h HOSTS',
  'hosts clock',
  'hosts clock web1 --apply --zone Europe/Berlin',
  'hosts clock web1 --unset',
  'streams -o json',
  'alert',
  'alert show many',
  'alert silence many 1h',
  'alert mute 10m',
  'alert retry',
  'alert ack many-1',
  'alert resolve none',
  'hold add -S all --why audit error --name one',
  'hold',
  'nodes',
  'search -S all --verbose -n 1',
  'search --cursor-file /nonexistent/folder/cursor',
];

/** An answer without what any process of the machine changes: the free space of the disk. */
function comparable(outcome: Outcome): string {
  return JSON.stringify({ ...outcome, stdout: outcome.stdout.replaceAll(/"free":\d+/g, '"free":0') });
}

for (const line of COMMANDS) {
  test(`cordwood ${line} gives the same from another machine`, async () => {
    const hosts = world.file('hosts.txt', 'web1\nweb9\n');
    const words = line.split(' ').map((word) => (word === 'HOSTS' ? hosts : word));
    let last: readonly [Outcome, Outcome] | undefined;
    // What the server counts and measures may change between the two.
    await until(
      'equal answers',
      async () => {
        last = [await world.run([...words, ...world.here()]), await world.run([...words, ...world.there()])];
        return comparable(last[0]) === comparable(last[1]);
      },
      30_000,
    ).catch(() => assert.deepEqual(last![1], last![0]));
  });
}

test('stats lists the same counters, and releasing a hold from elsewhere removes it', async () => {
  const names = async (flags: readonly string[]) =>
    Object.keys(JSON.parse((await world.run(['stats', '-o', 'json', ...flags])).stdout).counters);
  assert.deepEqual(await names(world.there('read')), await names(world.here()));
  await world.run(['hold', 'add', '-S', 'all', '--why', 'test', '--name', 'two', ...world.here()]);
  assert.equal((await world.run(['hold', 'release', 'two', ...world.there('operate')])).code, 4, 'needs admin');
  assert.equal((await world.run(['hold', 'release', 'two', ...world.there()])).code, 0);
  assert.doesNotMatch((await world.run(['hold', ...world.here()])).stdout, /two/);
});

test('the variables of the environment name the server and the token; --data counts more', async () => {
  const env = {
    CORDWOOD_SERVER: world.origin,
    CORDWOOD_TOKEN_FILE: world.tokenFile('read'),
  };
  assert.match((await world.run(['count', '--ca', world.certificates.caFile], env)).stdout, /^202\n$/);
  assert.match(
    (await world.run(['count', ...world.here()], { ...env, CORDWOOD_SERVER: 'nonsense' })).stdout,
    /^202\n$/,
  );
});
