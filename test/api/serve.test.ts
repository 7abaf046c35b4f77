import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { cookieOf, send } from './support.ts';

/** A configuration with a web page on a free port. */
function configIn(folder: string, web = "{address: '127.0.0.1:0'}"): string {
  const config = join(folder, 'cordwood.yaml');
  writeFileSync(config, `data: ${join(folder, 'data')}\nlisten: [{kind: tcp, address: '127.0.0.1:0'}]\nweb: ${web}\n`);
  return config;
}

async function startIn(folder: string): Promise<{ server: Server; port: number; config: string }> {
  const config = configIn(folder);
  const server = await Server.start({ data: join(folder, 'data'), config });
  const { web } = await server.stats();
  return { server, port: Number(web!.address.replace(/.*:/, '')), config };
}

test('cordwood web prints a link that logs in once, as the operator', async () => {
  using folder = temporaryFolder();
  const { server, port, config } = await startIn(folder.path);
  await using _server = server;
  const { stdout, code } = await cordwood(['web', '--config', config]);
  assert.equal(code, 0);
  const [, origin, secret] = /^(http:\/\/127\.0\.0\.1:\d+)\/login#([\w-]{43})\n$/.exec(stdout)!;
  assert.equal(origin, `http://127.0.0.1:${port}`);
  const logIn = () => send(port, '/api/v1/session', { method: 'POST', body: { link: secret } });
  const answered = await logIn();
  assert.deepEqual([answered.json['user'], answered.json['role']], ['operator', 'admin']);
  assert.equal((await logIn()).status, 401);
  await server.send(['<13>1 - web1 app - - - over the wire']);
  const cookie = cookieOf(answered);
  const found = await until('the message', async () => {
    const { json } = await send(port, '/api/v1/messages?query=wire', { cookie });
    return (json['items'] as { message?: string }[]).find(({ message }) => message);
  });
  assert.equal(found.message, 'over the wire');
  assert.ok(!server.output.includes(secret!));
});

test('a user and a token of the command line work at once in a running server', async () => {
  using folder = temporaryFolder();
  const { server, port, config } = await startIn(folder.path);
  await using _server = server;
  const added = await cordwood(['user', 'add', 'ada', '--role', 'operate', '--config', config], { input: 'sesame\n' });
  assert.deepEqual([added.code, added.stdout], [0, 'ada may log in, with the role operate\n']);
  assert.equal(statSync(join(folder.path, 'users.yaml')).mode & 0o777, 0o640);
  const made = await cordwood(['token', 'add', 'job', '--role', 'read', '--expires', '2099-01-01', '--config', config]);
  const token = made.stdout.trim();
  const session = await until('the token to be known', async () => {
    const answered = await send(port, '/api/v1/session', { headers: { authorization: `Bearer ${token}` } });
    return answered.status === 200 && answered;
  });
  assert.deepEqual([session.json['user'], session.json['role']], ['job', 'read']);
  const body = { user: 'ada', password: 'sesame' };
  const cookie = cookieOf(await send(port, '/api/v1/session', { method: 'POST', body }));
  const listed = await cordwood(['token', 'list', '-o', 'json', '--config', config]);
  assert.ok(!listed.stdout.includes(token) && !listed.stdout.includes('sha256'));
  assert.equal((await cordwood(['user', 'passwd', 'ada', '--config', config], { input: 'other\n' })).code, 0);
  await until('the session of the old password to end', async () => {
    return (await send(port, '/api/v1/session', { cookie })).status === 401;
  });
  const again = { method: 'POST', body: { user: 'ada', password: 'other' } };
  assert.equal((await send(port, '/api/v1/session', again)).status, 200);
  assert.equal((await cordwood(['token', 'remove', 'job', '--config', config])).code, 0);
  await until('the token to be unknown', async () => {
    const { status } = await send(port, '/api/v1/session', { headers: { authorization: `Bearer ${token}` } });
    return status !== 200;
  });
});

test('a slip of the command line changes nothing and says what to write', async () => {
  using folder = temporaryFolder();
  const config = ['--config', configIn(folder.path)];
  const slips: readonly (readonly [string[], RegExp])[] = [
    [['user', 'add', 'ada'], /without a role: give --role metrics\|read\|operate\|admin/],
    [['user', 'passwd', 'eve'], /cannot passwd eve: no such user; cordwood user list/],
    [['user', 'add'], /write cordwood user add NAME, cordwood user passwd NAME/],
    [['token', 'remove', 'x'], /cannot remove the token x: no such token/],
    [
      ['token', 'add', 'x', '--role', 'read', '--from', '10.0.0.0/99'],
      /tokens\.x\.from\[0\]: "10\.0\.0\.0\/99" is not an address or a network/,
    ],
    [['user', 'add', 'x', '--role', 'read', '--only', '('], /"\(" is not a query/],
  ];
  for (const [args, text] of slips) {
    const { code, stderr } = await cordwood([...args, ...config], { input: 'x\n' });
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, text);
  }
  assert.throws(() => statSync(join(folder.path, 'users.yaml')), /ENOENT/);
});

test('a port in use and a broken file of users are errors of the start', async () => {
  using folder = temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const inUse = await cordwood(['serve', '--config', configIn(folder.path, `{address: '127.0.0.1:${port}'}`)]);
  taken.close();
  assert.equal(inUse.code, 4);
  assert.match(inUse.stderr, new RegExp(`cannot listen on tcp 127\\.0\\.0\\.1:${port}: another process uses the port`));
  writeFileSync(join(folder.path, 'users.yaml'), 'users: {ada: {role: boss}}', { mode: 0o640 });
  const broken = await cordwood(['serve', '--config', configIn(folder.path)]);
  assert.equal(broken.code, 2);
  assert.match(broken.stderr, /users\.yaml: one problem\n {2}line 1:21: users\.ada\.role: "boss" is not one of/);
});

test('check-config refuses an address that other machines reach in plain text, and says what mends it', async () => {
  using folder = temporaryFolder();
  const refused = await cordwood(['check-config', '--config', configIn(folder.path, "{address: '*:8514'}")]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /web\.address: \[::\]:8514 can be reached from other machines/);
  assert.match(refused.stderr, / {4}tls: \{cert: .*\n {4}proxies: \{from: /);
  const behind = "{address: '*:8514', proxies: {from: [10.0.0.5], roles: {'*': read}}}";
  assert.equal((await cordwood(['check-config', '--config', configIn(folder.path, behind)])).code, 0);
  const flag = await cordwood(['check-config', '--data', folder.path, '--web', '0.0.0.0:80']);
  assert.match(flag.stderr, /--web 0\.0\.0\.0:80/);
});

for (const format of ['csv', 'ndjson', 'text']) {
  test(`a download that a stopping server cuts short fails at the client, as ${format}`, async () => {
    using folder = temporaryFolder();
    const { server, port, config } = await startIn(folder.path);
    await using _server = server;
    const line = `<13>1 - web1 app - - - ${'x'.repeat(2000)}`;
    await server.send(Array.from({ length: 5000 }, () => line));
    const token = (await cordwood(['token', 'add', 'job', '--role', 'read', '--config', config])).stdout.trim();
    const headers = { authorization: `Bearer ${token}` };
    await until('all to be stored', async () => {
      const { json } = await send(port, '/api/v1/count', { headers });
      return json['count'] === 5000;
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    const sent = request(
      { port, host: '127.0.0.1', path: `/api/v1/export?format=${format}`, headers, agent: false },
      (response) => {
        response.once('data', () => {
          response.pause();
          void server.kill('SIGTERM').then(() => response.resume());
        });
        response.on('end', () => resolve('whole')).on('error', (error) => resolve(error.message));
      },
    );
    sent.on('error', (error) => resolve(error.message)).end();
    assert.match(await promise, /aborted|ECONNRESET|socket hang up/);
  });
}

test('without a configuration the page is on, and --listen or --web off leaves it closed', async () => {
  using folder = temporaryFolder();
  const described = (...args: string[]) =>
    cordwood(['check-config', '--data', folder.path, ...args], { env: { CORDWOOD_CONFIG: '' } });
  assert.match((await described()).stdout, /^web {12}http:\/\/127\.0\.0\.1:8514\//m);
  assert.match((await described('--listen', 'tcp://127.0.0.1:0')).stdout, /^web {12}off/m);
  assert.match((await described('--web', 'off')).stdout, /^web {12}off/m);
  assert.match((await described('--listen', 'tcp://127.0.0.1:0', '--web', '127.0.0.1:0')).stdout, /^web {12}http:/m);
});

test('a server whose page is off makes no link', async () => {
  using folder = temporaryFolder();
  await using _server = await Server.start({ data: folder.path });
  const { code, stderr } = await cordwood(['web', '--data', folder.path]);
  assert.equal(code, 2);
  assert.match(stderr, /the web page is off; name its address in the configuration/);
  const absent = await cordwood(['web', '--data', join(folder.path, 'nowhere')]);
  assert.deepEqual([absent.code, /no server is running/.test(absent.stderr)], [4, true]);
});
