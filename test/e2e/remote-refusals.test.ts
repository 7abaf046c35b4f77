import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { days } from '../support/certificates.ts';
import { cordwood } from '../support/server.ts';
import { RemoteWorld } from './remote-world.ts';

let world: RemoteWorld;

before(async () => {
  world = await RemoteWorld.start();
});

after(() => world?.[Symbol.asyncDispose]());

test('a token sees and does what its role and its query allow', async () => {
  const count = await world.run(['count', '-S', 'all', ...world.there('limited')]);
  const own = await world.run(['count', '-S', 'all', 'hostname:web1', ...world.here()]);
  assert.equal(count.stdout, own.stdout);
  for (const [words, token, reason] of [
    ['hosts', 'limited', /it shows more than messages, and limited sees only hostname:web1/],
    ['stats', 'limited', /it shows more than messages/],
    ['alert mute 1h', 'read', /it needs the role operate, and read has the role read; there, cordwood token/],
    ['hosts retire web2', 'read', /it needs the role operate/],
    ['hosts clock web1 --apply --zone UTC', 'read', /it needs the role operate/],
    ['hold add -S all --why no error', 'read', /it needs the role operate/],
    ['alert digest --send', 'read', /it needs the role operate/],
  ] as const) {
    const { code, stderr } = await world.run([...words.split(' '), ...world.there(token)]);
    assert.equal(code, 4, words);
    assert.match(stderr, reason, words);
  }
});

test('completion asks the server of the command line, and offers nothing to a token that may not ask', async () => {
  const complete = async (...line: string[]): Promise<string> => {
    const env = { CORDWOOD_COMPLETE_MS: '60000' };
    const { code, stdout, stderr } = await world.run(
      ['complete', 'program', '--', 'app', 'cordwood', 'search', ...line],
      env,
    );
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  };
  assert.equal(await complete(...world.there('read')), 'app0\napp1\napp2\napp3\napp4\n');
  assert.equal(await complete(...world.there('limited')), '');
  assert.equal(await complete(...world.there('read', 'https://localhost:1')), '');
  assert.equal(await complete('--server', world.origin, '--token-file', '/nonexistent'), '');
});

test('what is wrong with the address, the token or the certificate is a sentence with a remedy', async () => {
  const good = world.origin;
  const ca = ['--ca', world.certificates.caFile];
  const read = ['--token-file', world.tokenFile('read')];
  for (const [flags, code, text] of [
    [['--server', good, ...ca, '--token-file', world.file('unknown', `cw_${'x'.repeat(49)}`)], 4, /mistyped|not known/],
    [['--server', good, ...ca, '--token-file', world.file('empty', '\n')], 2, /the file is empty/],
    [['--server', good, ...ca, '--token-file', '/nonexistent'], 2, /cannot read --token-file \/nonexistent/],
    [['--server', good, ...ca], 2, /no token; there, cordwood token add/],
    [['--server', good, ...read], 4, /no CA known here has issued its certificate; give the file of its CA with --ca/],
    [
      ['--server', `https://127.0.0.1:${world.port}`, ...ca, ...read],
      4,
      /its certificate is for localhost; use one of these/,
    ],
    [['--server', 'http://logs.example.org', ...read], 2, /the token would travel as plain text; use https/],
    [['--server', `http://localhost:${world.port}`, ...read], 4, /cannot reach|not a Cordwood server/],
    [['--server', 'logs.example.org', ...read], 2, /an address such as https:\/\/logs.example.org/],
    [['--server', `${good}/page`, ...read], 2, /an address such as/],
    [['--server', 'https://localhost:1', ...read], 4, /nothing listens there; see that the server runs/],
    [['--server', 'https://nowhere.invalid', ...read], 4, /this name has no address here/],
    [['--server', good, ...world.here()], 2, /cannot use --server with --data/],
  ] as const) {
    const outcome = await world.run(['count', ...flags]);
    assert.match(outcome.stderr, text, flags.join(' '));
    assert.equal(outcome.code, code, outcome.stderr);
    assert.equal(outcome.stderr.trim().split('\n').length, 1, 'one line');
  }
});

test('a certificate out of date is named as such', async () => {
  const wanted = { name: 'localhost', alternatives: ['localhost'], use: 'server' } as const;
  for (const [span, expected] of [
    [days(-9, -1), /its certificate has expired; replace it there/],
    [days(1, 9), /its certificate is not valid yet; compare the clocks/],
  ] as const) {
    const { certText, keyPem } = world.certificates.make('dated', { ...wanted, ...span });
    const dated = createSecureServer({ cert: certText, key: keyPem });
    await once(dated.listen(0, '127.0.0.1'), 'listening');
    const origin = `https://localhost:${(dated.address() as AddressInfo).port}`;
    const { code, stderr } = await world.run(['count', ...world.there('read', origin)]);
    dated.close();
    assert.equal(code, 4);
    assert.match(stderr, expected);
  }
});

test('NODE_EXTRA_CA_CERTS is trusted without --ca', async () => {
  const origin = world.origin;
  const env = { NODE_EXTRA_CA_CERTS: world.certificates.caFile };
  const words = ['count', '-S', 'all', '--server', origin, '--token-file', world.tokenFile('read')];
  const { stdout, stderr } = await cordwood(words, { env });
  assert.match(stdout, /^\d+\n$/, stderr);
});

test('servers that are something else are told apart', async () => {
  const answers: Readonly<Record<string, readonly [number, Record<string, string>, string]>> = {
    'it is not a Cordwood server (status 200': [200, { 'content-type': 'text/html' }, '<html>log in</html>'],
    'it leads to https://sso.example.org/': [302, { location: 'https://sso.example.org/' }, ''],
    'its version does not know this question; update the server': [
      404,
      { 'content-type': 'application/problem+json' },
      JSON.stringify({ code: 'ERR_NOT_FOUND', detail: 'cannot answer POST: no such address' }),
    ],
    'status 502': [502, { 'content-type': 'text/html' }, 'bad gateway'],
  };
  for (const [expected, [status, headers, body]] of Object.entries(answers)) {
    const other = createServer((_, response) => response.writeHead(status, headers).end(body));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await world.run(['search', '-f', ...world.there('read', origin)]);
    other.close();
    assert.equal(code, 4);
    assert.ok(stderr.includes(expected), stderr);
  }
});
