import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { needs } from '../support/require.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const skip = needs('logger');

for (const [flag, listener] of [
  ['-T', 'tcp0'],
  ['-d', 'udp0'],
] as const) {
  test(`what logger ${flag} sends is found, while the server runs and after it was killed`, { skip }, async () => {
    using folder = temporaryFolder();
    await using server = await Server.start({ data: folder.path });
    const port = String(await server.port(listener));
    execFileSync('logger', [
      '-n',
      '127.0.0.1',
      '-P',
      port,
      flag,
      '--rfc5424',
      '-p',
      'auth.warning',
      '-t',
      'demo',
      'hello',
    ]);
    const search = ['search', '--data', folder.path, '-o', 'json', 'hello'];
    const found = await until('the line', async () => (await cordwood(search)).stdout);
    const row = JSON.parse(found);
    assert.equal(row.message, 'hello');
    assert.deepEqual([row.appname, row.facility, row.level, row.format], ['demo', 4, 'warning', 'rfc5424']);
    await server.kill('SIGKILL');
    const after = await cordwood(search);
    assert.equal(after.stdout, found, 'the same answer where no server runs');
  });
}
