import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { Certificates } from '../support/certificates.ts';
import { Nginx } from '../support/nginx.ts';
import { freePort } from '../support/ports.ts';
import { needs } from '../support/require.ts';
import { BIN, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

const ETC = join(import.meta.dirname, '../../etc');
const NGINX = readFileSync(join(ETC, 'nginx/cordwood.conf'), 'utf8');
/** The lines of the file for an nginx that checks who asks. */
const CHECKING = /^ *# +(auth_basic|proxy_set_header Remote-User)/gm;
const NAME = 'logs.example.org';
const SPOOFED = { 'remote-user': 'mallory', 'remote-groups': 'ops', 'x-forwarded-for': '10.1.2.3' };

suite('etc/nginx/cordwood.conf in a real nginx before a real server', { skip: needs('nginx') }, () => {
  const folder = temporaryFolder();
  const certificates = new Certificates(join(folder.path, 'tls'));
  const { cert, key } = certificates.make('proxy', { name: NAME, use: 'server' });
  const running = new AsyncDisposableStack();
  let server: Server;
  let token: string;
  let plain: number;
  let checking: number;

  /** Starts nginx with the file, or with what its comments say for one that checks who asks. @returns its port */
  async function start(web: number, name: string, change = (text: string) => text): Promise<number> {
    const port = await freePort();
    const text = change(NGINX)
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('127.0.0.1:8514;', `127.0.0.1:${web};`)
      .replace('/etc/nginx/tls/cordwood.pem', cert)
      .replace('/etc/nginx/tls/cordwood.key', key)
      .replace('/etc/nginx/cordwood.htpasswd', join(folder.path, 'htpasswd'));
    running.use(await Nginx.start(text, join(folder.path, name), port));
    return port;
  }

  before(async () => {
    const web = await freePort();
    const config = join(folder.path, 'cordwood.yaml');
    const data = join(folder.path, 'data');
    writeFileSync(join(folder.path, 'htpasswd'), 'ada:{PLAIN}open sesame\n');
    writeFileSync(
      config,
      `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]
web:
  address: '127.0.0.1:${web}'
  url: https://${NAME}/
  proxies: {from: [127.0.0.1/32], roles: {'*': read, ops: admin}}
  metrics: {from: [10.1.2.3/32]}
`,
    );
    const add = ['token', 'add', 'follower', '--role', 'read', '--config', config];
    token = execFileSync(process.execPath, [BIN, ...add], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
    server = running.use(await Server.start({ data, config, listen: [] }));
    plain = await start(web, 'plain');
    checking = await start(web, 'checking', (text) =>
      text.replace(/^.*Remote-User "";\n/m, '').replace(CHECKING, '        $1'),
    );
  });
  after(async () => {
    await running[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  async function ask(port: number, path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const options = { host: '127.0.0.1', port, path, servername: NAME, ca: certificates.ca.certificate, agent: false };
    const sent = request({ ...options, headers: { host: NAME, ...headers } }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return response.setEncoding('utf8');
  }

  async function answer(port: number, path: string, headers: Record<string, string> = {}) {
    const response = await ask(port, path, headers);
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, text };
  }

  test('each line of a live tail comes as it arrives, not once there are many', { timeout: 120_000 }, async () => {
    const response = await ask(plain, '/api/v1/tail', { authorization: `Bearer ${token}` });
    assert.equal(response.statusCode, 200);
    const chunks = response[Symbol.asyncIterator]();
    let text = '';
    const seen = async (word: string): Promise<void> => {
      while (!text.includes(word)) {
        const { done, value } = await chunks.next();
        assert.ok(!done, text);
        text += value;
      }
    };
    await seen('retry:');
    for (const word of ['first', 'second', 'third']) {
      await server.send([`<14>1 - web1 app - - - the ${word} line`]);
      await seen(`the ${word} line`);
    }
    response.destroy();
  });

  test('no client chooses its user or its address by a header of the proxy', async () => {
    for (const path of ['/api/v1/session', '/metrics']) {
      assert.equal((await answer(plain, path, SPOOFED)).status, 401, path);
    }
    const basic = { authorization: `Basic ${Buffer.from('mallory:x').toString('base64')}` };
    assert.equal((await answer(plain, '/api/v1/session', basic)).status, 401);
  });

  test('with the lines of its comments, nginx checks who asks, and the server takes its word', async () => {
    assert.equal((await answer(checking, '/api/v1/session', SPOOFED)).status, 401);
    const basic = { authorization: `Basic ${Buffer.from('ada:open sesame').toString('base64')}` };
    const { status, text } = await answer(checking, '/api/v1/session', { ...SPOOFED, ...basic });
    assert.equal(status, 200, text);
    assert.deepEqual([JSON.parse(text).user, JSON.parse(text).role], ['ada', 'read']);
  });
});

suite('etc/caddy/Caddyfile', () => {
  const text = readFileSync(join(ETC, 'caddy/Caddyfile'), 'utf8');

  test('removes the headers that say who asks before anything else may set them, and holds no event back', () => {
    const steps = text
      .split('\n')
      .flatMap(
        (line) => /^\t*#?(request_header -?\S+|forward_auth|reverse_proxy|flush_interval \S+)/.exec(line)?.[1] ?? [],
      );
    assert.deepEqual(steps, [
      'request_header -Remote-User',
      'request_header -Remote-Groups',
      'forward_auth',
      'reverse_proxy',
      'flush_interval -1',
    ]);
  });

  test('is understood by Caddy', { skip: needs('caddy') }, () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'Caddyfile');
    for (const given of [text, text.replace(/^(\t+)#(?=\t|forward_auth|\})/gm, '$1')]) {
      const args = ['adapt', '--adapter', 'caddyfile', '--config', file];
      writeFileSync(file, given);
      const adapted = execFileSync('caddy', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      assert.match(adapted, /"flush_interval":-1/);
      assert.equal(adapted.includes('forward-auth'), given !== text);
    }
  });
});
