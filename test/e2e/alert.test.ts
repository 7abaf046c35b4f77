import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { BIN, cordwood, Server } from '../support/server.ts';
import { refusal, Smtp } from '../support/smtp.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('a server mails a match within two minutes, and its commands show the delivery', async () => {
  using folder = temporaryFolder();
  const onRecipient = (address: string): void => {
    if (address.startsWith('gone@')) throw refusal(550, 'no such user');
  };
  await using smtp = await Smtp.start({ login: { user: 'logs', password: 'secret' }, onRecipient });
  const config = join(folder.path, 'cordwood.yaml');
  writeFileSync(join(folder.path, 'password'), 'secret\n');
  writeFileSync(
    config,
    `
listen: [{kind: tcp, address: '127.0.0.1:0'}]
alerts: [{name: fires, kind: match, query: 'fire', schedule: '* * * * *', window: 5m, to: [ops@example.org, gone@example.org]}]
mail: {from: logs@example.org, smtp: 'smtp://logs@127.0.0.1:${smtp.port}', tls: off, password: {file: ${folder.path}/password}}
`,
  );
  await using server = await Server.start({ data: join(folder.path, 'data'), config });
  const alert = (...args: string[]) =>
    spawnSync(process.execPath, [BIN, 'alert', ...args, '--config', config, '--data', server.data], {
      encoding: 'utf8',
    });
  await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
  await sender.write('<11>1 - web1 kitchen - - - there is a fire\n');
  await until('the mail', () => smtp.mails.length > 0, 150_000);
  assert.equal(smtp.mails[0]!.mail.subject, '[FIRING warning x1] web1 kitchen: there is a fire (rule fires)');
  const shown = alert('show', 'fires');
  assert.match(
    shown.stdout,
    /^to gone@example\.org, refused .*: 127\.0\.0\.1:\d+ rejected the address: 550 no such user$/m,
  );
  assert.match(shown.stdout, /^to ops@example\.org, sent [^\n]+\n\[FIRING warning x1\] web1 kitchen: there is a fire/m);
  assert.match(alert('list').stdout, /^REJECTED {2}1 notice rejected for good, the last for gone@example\.org at /);
  const { degraded } = JSON.parse((await server.get('/health/ready')).body);
  assert.match(
    degraded[0],
    /^1 notice rejected for good, the last for .*127\.0\.0\.1:\d+ rejected the address: 550 no such user$/,
  );
  const { counters } = await server.stats();
  assert.deepEqual([counters['alerts.sent'], counters['alerts.refused']], [1, 1]);
  const digest = alert('digest');
  assert.match(digest.stdout, /^\[DAILY\] alive: 1 message from 1 host, 1 rule firing, 1 notice not sent\n\nALIVE at /);
  assert.match(digest.stdout, /^Busiest hosts:\n {2}web1: 1 \(new\)$[\s\S]*^Disk:\n {2}\d.* stored/m);
  assert.match(alert('digest', '--send').stderr, /digest: in the configuration has no recipients; name them under to:/);
  assert.equal(alert('silence', 'fires', '2h').status, 0);
  assert.match(alert('list').stdout, /silenced until/);
  assert.equal(alert('ack', 'nothing-1').status, 2);
  await server.kill('SIGTERM');
  const tested = alert('test', 'fires', '-S', '-10m');
  assert.match(tested.stdout, /there is a fire[\s\S]*\n2 mails in 10m/);
});

test('alerts that cannot start make the server degraded, start once they can, and are noted as waiting without a server', async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, 'cordwood.yaml');
  const password = join(folder.path, 'password');
  const data = join(folder.path, 'data');
  writeFileSync(
    config,
    `data: ${data}
listen: [{kind: tcp, address: '127.0.0.1:0'}]
alerts: [{name: any, kind: match, query: x, schedule: '* * * * *', window: 5m, to: [ops@example.org]}]
mail: {from: 'logs@example.org', smtp: 'smtp://logs@127.0.0.1:9', password: {file: ${password}}}
`,
  );
  const off = /^cannot judge rules or send notices: cannot read the secret in the file .*password: it does not exist/;
  {
    await using server = await Server.start({ data, config, listen: [] });
    const degraded = async (): Promise<readonly string[]> => {
      const { status, body } = await server.get('/health/ready');
      assert.equal(status, 200);
      return JSON.parse(body).degraded ?? [];
    };
    await until('health to be degraded', async () => off.test((await degraded())[0] ?? ''));
    await until('the log to say so', () => /cannot judge rules.*trying again/.test(server.output));
    writeFileSync(password, 'secret\n');
    await until('rules to be judged', async () => (await degraded()).length === 0);
    await until('the log to say so', () => /rules are judged again/.test(server.output));
  }
  const { code, stdout, stderr } = await cordwood(['alert', 'list', '--config', config]);
  assert.equal(code, 0);
  assert.match(stdout, /any: every message that matches/);
  assert.match(stderr, /no server is running: until one does, no rule is judged and no notice is sent/);
});
