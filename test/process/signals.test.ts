import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Signals } from '../../src/process/signals.ts';
import { SILENT } from '../../src/base/log.ts';
import { BIN } from '../support/server.ts';
import { find } from '../support/require.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

test('a SIGHUP that arrives before a listener is set is not lost', async () => {
  using signals = new Signals(SILENT, false);
  const hungUp = once(process, 'SIGHUP');
  process.kill(process.pid, 'SIGHUP');
  await hungUp;
  let received = 0;
  signals.onHangup(() => received++);
  assert.equal(received, 1);
  process.emit('SIGHUP', 'SIGHUP');
  assert.equal(received, 2);
});

test('SIGTERM stops the server once, and all signal handlers are removed afterwards', async () => {
  const before = process.listenerCount('SIGTERM');
  {
    using signals = new Signals(SILENT, false);
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGTERM', 'SIGTERM');
    await signals.stopped;
  }
  assert.equal(process.listenerCount('SIGTERM'), before);
});

test('a server stops in order when its terminal is closed', {
  skip: find('script') ? false : 'script(1) is not installed',
}, async () => {
  using folder = temporaryFolder();
  const serve = `exec ${process.execPath} ${BIN} serve --data ${folder.path}/data --listen tcp://127.0.0.1:0`;
  const terminal = spawn('script', ['--quiet', '--command', serve, join(folder.path, 'typescript')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const text of terminal.stdout) if (String(text).includes('Ctrl-C stops it')) break;
  const children = readFileSync(`/proc/${terminal.pid}/task/${terminal.pid}/children`, 'utf8');
  const server = Number(children.trim());
  assert.ok(existsSync(`/proc/${server}/fd`), children);
  terminal.kill('SIGKILL');
  await until('the server to end', () => !existsSync(`/proc/${server}/fd`));
  // A server that stopped in order has removed its socket from the data folder.
  assert.equal(existsSync(join(folder.path, 'data', 'control.sock')), false);
});
