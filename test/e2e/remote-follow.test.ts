import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { BIN } from '../support/server.ts';
import { until } from '../support/until.ts';
import { RemoteWorld } from './remote-world.ts';

test('a follower from another machine goes on at its cursor after kill -9 of the server', async () => {
  await using world = await RemoteWorld.start();
  const follower = spawn(
    process.execPath,
    [BIN, 'search', '-f', '-n', '0', '-o', 'cat', 'followed', ...world.there('read')],
    {
      env: { ...process.env, CORDWOOD_CONFIG: '' },
    },
  );
  let [stdout, stderr] = ['', ''];
  follower.stdout.on('data', (text) => {
    stdout += text;
  });
  follower.stderr.on('data', (text) => {
    stderr += text;
  });
  const sent: string[] = [];
  const send = async (): Promise<void> => {
    const line = `followed ${sent.length}`;
    await world.server.send([`<14>1 - web1 app - - - ${line}`]);
    sent.push(line);
  };
  await until('the follower to follow', async () => {
    await send();
    return stdout.includes('followed');
  });
  const { length } = sent;
  await until('all that was sent', () => stdout.includes(sent.at(-1)!));
  await world.server.kill('SIGKILL');
  await until('the note', () => stderr.includes(`lost ${world.origin}; trying again`));
  await world.restart();
  for (let i = 0; i < 5; i++) await send();
  await until('the last line', () => stdout.includes(sent.at(-1)!));
  follower.kill('SIGINT');
  await once(follower, 'exit');
  const shown = stdout.trim().split('\n');
  assert.equal(new Set(shown).size, shown.length, 'none twice');
  assert.deepEqual(shown, sent.slice(-shown.length), 'none missing');
  assert.ok(shown.length > sent.length - length, 'lines from before and after');
});
