import assert from 'node:assert/strict';
import { globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { Certificates } from '../support/certificates.ts';
import { mongoConfig } from '../support/mongo-config.ts';
import { Mongod, needsMongod } from '../support/mongod.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/* Everything over TLS, as a user with rights on one database; the password must not appear anywhere. */

const PASSWORD = 'v3ry:s3cret/@wörd%41';
/** A part of it that stays as it is, however it is escaped. */
const TELLTALE = /s3cret/;
const DATABASE = 'cordwood';

/** A server with TLS and two users: root, and one that may write to our database. */
async function startSecured(folder: string): Promise<Mongod> {
  const certificates = new Certificates(folder);
  const { certText, keyPem } = certificates.make('mongod', {
    name: 'localhost',
    use: 'server',
    alternatives: ['127.0.0.1'],
  });
  const pem = join(folder, 'mongod-both.pem');
  writeFileSync(pem, keyPem + certText);
  const flags = [
    '--auth',
    '--tlsMode',
    'requireTLS',
    '--tlsCertificateKeyFile',
    pem,
    '--tlsCAFile',
    certificates.caFile,
  ];
  const options = `tls=true&tlsCAFile=${certificates.caFile}`;
  const mongod = await Mongod.start([...flags, '--tlsAllowConnectionsWithoutCertificates'], options);
  {
    await using local = new MongoClient(mongod.uri);
    await local.db('admin').command({ createUser: 'root', pwd: 'open', roles: ['root'] });
  }
  await using root = new MongoClient(mongod.uriOf('root:open'));
  const roles = [{ role: 'readWrite', db: DATABASE }];
  await root.db('admin').command({ createUser: 'logs', pwd: PASSWORD, roles });
  return mongod;
}

test('everything works over TLS as a user of one database, without showing the password', {
  skip: await needsMongod({ own: true }),
}, async () => {
  using folder = temporaryFolder();
  await using mongod = await startSecured(join(folder.path, 'tls'));
  const password = join(folder.path, 'password');
  writeFileSync(password, `${PASSWORD}\n`, { mode: 0o600 });
  const data = join(folder.path, 'data');
  const streams = "[{name: auth, match: 'facility:auth', keep: 1h, max_size: 1GiB}, {name: default, keep: 30d}]";
  const uri = mongod.uriOf('logs');
  const config = mongoConfig(folder.path, { uri, database: DATABASE, streams, password });
  const said: string[] = [];
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await cordwood([...args, '--data', data, '--config', config]);
    said.push(stdout, stderr);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  };
  {
    await using server = await Server.start({ data, config });
    const lines = Array.from({ length: 200 }, (_, n) => `<${n % 2 ? 38 : 14}>1 - host${n % 4} app - - - line ${n}`);
    await server.send(lines);
    await until('all to be stored', async () => (await server.stats()).counters['writer.messages'] === lines.length);
    assert.match(await run('count'), /200/);
    assert.match(await run('search', '-n', '1'), /line 199/);
    assert.match(await run('top', 'hostname'), /host3/);
    assert.match(await run('stats'), /200/);
    assert.match(await run('streams'), /auth/);
    assert.match(await run('nodes'), /running/);
    assert.match(await run('account'), /200/);
    await run('hold', 'add', 'hostname:host1', '-S', 'all', '--name', 'case', '--why', 'a test');
    assert.match(await run('hold', 'list'), /case/);
    await run('hold', 'release', 'case');
    assert.match(await run('check-config'), /logs_auth expires 1h after arrival/);
    const health = await until('when collections expire', async () => {
      const { body } = await server.get('/health/ready');
      return body.includes('expires') && body;
    });
    assert.equal(await server.kill('SIGTERM'), 0, server.output);
    said.push(server.output, health);
  }
  assert.match(await run('count'), /200/, 'without a server');
  assert.doesNotMatch(said.join('\n'), TELLTALE);
  for (const path of globSync('**/*', { cwd: data }).map((name) => join(data, name))) {
    if (statSync(path).isFile()) assert.doesNotMatch(readFileSync(path, 'latin1'), TELLTALE, path);
  }
});

test('a copy works over TLS, and reports a wrong password or an unknown CA', {
  skip: await needsMongod({ own: true }),
}, async () => {
  using folder = temporaryFolder();
  await using mongod = await startSecured(join(folder.path, 'tls'));
  const data = join(folder.path, 'data');
  {
    await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
    await server.send(['<14>1 - h a - - - to be moved']);
    await until('it to be stored', async () => (await server.stats()).counters['writer.messages'] === 1);
    await server.kill('SIGTERM');
  }
  const password = join(folder.path, 'password');
  writeFileSync(password, PASSWORD);
  const to = (uri: string) => ['copy', '--to', uri, '--password-file', password, '--data', data];
  const copied = await cordwood(to(mongod.uriOf('logs')));
  assert.equal(copied.code, 0, copied.stderr);
  writeFileSync(password, `${PASSWORD}, s3cret too`);
  const wrong = await cordwood(to(mongod.uriOf('logs')));
  assert.equal(wrong.code, 4);
  assert.match(wrong.stderr, /Authentication failed; check the user, its authSource and the password/);
  const other = new Certificates(join(folder.path, 'other')).caFile;
  const distrusted = await cordwood(to(mongod.uriOf('logs').replace(/tlsCAFile=[^&]*/, `tlsCAFile=${other}`)));
  assert.match(distrusted.stderr, /cannot open the store mongodb:.*certificate/);
  const config = mongoConfig(folder.path, { uri: mongod.uriOf('logs'), database: DATABASE, password });
  const checked = await cordwood(['check-config', '--config', config]);
  assert.match(checked.stderr, /cannot read from the store: .*Authentication failed/);
  for (const { stdout, stderr } of [copied, wrong, distrusted, checked]) assert.doesNotMatch(stdout + stderr, TELLTALE);
});
