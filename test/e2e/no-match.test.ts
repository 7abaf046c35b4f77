import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('a search without a match names what would help, and a copied folder is read by itself', async () => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
  const data42 = '[exampleSDID@32473 user="ada"]';
  await server.send([`<38>1 - web1 sshd 42 - ${data42} Accepted key`, '<38>1 - db1 cron 7 - - (root) CMD (x)']);
  const ask = (...args: string[]) => cordwood(['search', '-o', 'cat', ...args, '--data', data]);
  await until('both lines', async () => (await ask()).stdout.split('\n').length === 3);

  const none = await ask('nothing-of-it');
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /^-- no entries$/m);
  assert.equal((await ask('-q', 'nothing-of-it')).stderr, '');
  assert.match((await ask('-H', 'web11')).stderr, /no host "web11" is known; near are web1; cordwood hosts lists them/);
  for (const command of [['hist'], ['top', 'appname'], ['fields']]) {
    const { code, stdout, stderr } = await cordwood([...command, '-H', 'web11', '--data', data]);
    assert.deepEqual([code, stdout], [0, ''], command[0]);
    assert.match(stderr, /^-- no entries\n-- no host "web11" is known; near are web1;/m, command[0]);
  }
  assert.match((await ask('-t', 'crond')).stderr, /no program "crond" sent anything in this window; near are cron/);
  assert.match((await ask('message:cron')).stderr, /"cron" is the name of a program: -t cron finds its lines/);
  assert.match((await ask('-g', 'sshd')).stderr, /"sshd" is the name of a program: -t sshd finds its lines/);
  assert.match(
    (await ask('-H', 'web1', '-S', '+1s')).stderr,
    /the last line of web1 arrived at .*, before this window/,
  );
  assert.match((await ask('-H', '!web1')).stderr, /-H takes no !; to leave a host out: -v host:web1$/m);
  const missing = (await ask('sd.user:ada fields.x:1')).stderr;
  assert.match(missing, /no message in this window has the field sd\.user; near are sd\.exampleSDID@32473\.user;/);
  assert.match(missing, /has the field fields\.x; cordwood fields lists them$/m);
  assert.ok(!(await ask('sd.exampleSDID@32473:* sd.exampleSDID@32473.user:bob')).stderr.includes('has the field'));
  assert.match((await ask('user=ada')).stderr, /user=ada was searched as text; for a field write fields.user:ada/);
  assert.equal(
    (await ask('-H', 'web1', 'disk', '--cursor-file', join(folder.path, 'cursor'))).stderr.includes('no entries'),
    false,
  );

  assert.equal((await ask('cron')).stdout, '(root) CMD (x)\n', 'a word finds a program');
  assert.equal((await ask('-v', 'cron')).stdout, 'Accepted key\n', '-v leaves a program out');
  assert.equal((await ask('42 web1')).stdout, 'Accepted key\n', 'words find a process id and a host');

  const copy = join(folder.path, 'copy');
  cpSync(data, copy, { recursive: true, filter: (path) => !path.endsWith('.sock') });
  await server.send(['<38>1 - web1 sshd 43 - - after the copy']);
  await until('the new line', async () => (await ask()).stdout.includes('after the copy'));
  const copied = await cordwood(['search', '-o', 'cat', '--data', copy]);
  assert.match(copied.stderr, new RegExp(`^-- ${copy} is a copy of ${data}: reading the copy itself`, 'm'));
  assert.ok(!copied.stdout.includes('after the copy'));
});
