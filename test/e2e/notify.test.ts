import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldServer } from '../support/holder.ts';
import { needs } from '../support/require.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const skip = needs('cc') || needs('systemd-notify');

test('systemd hears of readiness, of life, of a reload and of the end, each in its turn', { skip }, async () => {
  using folder = temporaryFolder();
  const env = { WATCHDOG_USEC: '1000000' };
  const sockets = ['tcp:0'];
  await using server = await HeldServer.start({ data: folder.path, sockets, names: 'tcp0', notify: true, env });
  const heard = (what: string, times: number) =>
    until(`${what}, ${times}×`, () => server.notified.filter((text) => text === what).length >= times);
  await heard('READY=1', 1);
  await heard('WATCHDOG=1', 2);
  process.kill(server.pid, 'SIGHUP');
  await heard('READY=1', 2);
  await server.restart();
  await heard('READY=1', 3);
  const order = server.notified.filter((text) => /^(READY|RELOADING|STOPPING)/.test(text));
  assert.deepEqual(order, ['READY=1', 'RELOADING=1', 'READY=1', 'STOPPING=1', 'READY=1']);
  const lives = server.notified.indexOf('WATCHDOG=1');
  assert.ok(lives > server.notified.indexOf('READY=1'), 'no sign of life before it is ready');
});
