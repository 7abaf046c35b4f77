import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { Certificates } from '../support/certificates.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { send, Served } from './support.ts';

/** A web page over TLS whose certificate is for localhost and `names`. */
async function secure(folder: string, names: readonly string[] = []) {
  const certificates = new Certificates(folder);
  const made = certificates.make('server', { name: 'localhost', alternatives: ['localhost', ...names], use: 'server' });
  const tls = { cert: made.cert, key: made.key };
  const served = await Served.start({ web: { tls }, users: { ada: { role: 'read' } } });
  return { served, certificates, made, ca: certificates.ca.certificate };
}

const LIVE = '/health/live';

test('the page over TLS has a cookie of its host alone, HSTS, and the names of its certificate', async () => {
  using folder = temporaryFolder();
  const { served, ca } = await secure(folder.path, ['*.logs.example.org', '10.1.2.3']);
  await using _served = served;
  const ask = (host: string) => send(served.port, LIVE, { headers: { host } }, ca);
  const statuses = await Promise.all(
    ['localhost', 'a.logs.example.org', '10.1.2.3', 'example.org', '10.1.2.4'].map(ask),
  );
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [200, 200, 200, 421, 421],
  );
  assert.match(String(statuses[0]!.headers['strict-transport-security']), /max-age=/);
  assert.match(served.api.url, /^https:/);
  const link = served.api.link().split('#')[1]!;
  const answered = await send(served.port, '/api/v1/session', { method: 'POST', body: { link } }, ca);
  const [cookie] = answered.headers['set-cookie']!;
  assert.match(cookie!, /^__Host-cordwood=.*; Path=\/; HttpOnly; Secure; SameSite=Strict/);
});

test('a new certificate is read without losing a connection', async () => {
  using folder = temporaryFolder();
  const { served, certificates, ca } = await secure(folder.path);
  await using _served = served;
  using agent = {
    agent: new Agent({ keepAlive: true, maxSockets: 1, ca }),
    [Symbol.dispose]() {
      this.agent.destroy();
    },
  };
  const first = await kept(agent.agent, served.port);
  const other = certificates.make('other', {
    name: 'localhost',
    alternatives: ['localhost', 'new.example.org'],
    use: 'server',
  });
  writeFileSync(join(folder.path, 'server.key'), other.keyPem);
  writeFileSync(join(folder.path, 'server.pem'), other.certText);
  await until('the new certificate', async () => {
    const { status } = await send(served.port, LIVE, { headers: { host: 'new.example.org' } }, ca);
    return status === 200;
  });
  assert.deepEqual(await kept(agent.agent, served.port), first);
});

test('plain HTTP on the TLS port is refused and counted', async () => {
  using folder = temporaryFolder();
  const { served } = await secure(folder.path);
  await using _served = served;
  await assert.rejects(send(served.port, LIVE));
  const count = () => served.counters.get('web.connections.refused.tls_plain');
  await until('the refusal to be counted', () => count() > 0);
});

/** Asks on the one connection of the agent. @returns its port */
function kept(agent: Agent, port: number): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const sent = request({ agent, port, host: '127.0.0.1', servername: 'localhost', path: LIVE }, (response) => {
    const { localPort } = response.socket;
    response.resume().on('end', () => resolve(localPort));
  });
  sent.on('error', reject).end();
  return promise;
}
