import assert from 'node:assert/strict';
import { chmodSync, chownSync } from 'node:fs';
import { test } from 'node:test';
import { dangerOf } from '../../src/process/shared-folder.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';

test('a data folder is dangerous if it belongs to another user, or if everybody may write there', () => {
  const of = (uid: number, mode: number, user: number) => dangerOf({ uid, mode }, user)?.what;
  const all = 'can be written by every user of this machine (mode 0777)';
  assert.equal(of(998, 0o40750, 998), undefined);
  assert.equal(of(0, 0o40775, 998), undefined, 'a volume of a container');
  assert.equal(of(998, 0o40777, 998), all);
  assert.equal(of(0, 0o41777, 998), all.replace('0777', '1777'));
  assert.equal(of(1000, 0o40750, 998), 'belongs to another user (1000)');
  assert.equal(of(1000, 0o40750, 0), 'belongs to another user (1000)');
});

test('the server warns at its start about a data folder that others may write, and starts all the same', async () => {
  using folder = temporaryFolder();
  const warned = async (change: (data: string) => void): Promise<string[]> => {
    const data = folder.path;
    change(data);
    await using server = await Server.start({ data, listen: ['tcp://127.0.0.1:0'] });
    await server.kill('SIGTERM');
    return server.output.split('\n').filter((line) => line.includes('the data folder'));
  };
  assert.deepEqual(await warned((data) => chmodSync(data, 0o700)), []);
  const [line, ...more] = await warned((data) => chmodSync(data, 0o777));
  assert.equal(more.length, 0);
  assert.match(
    line!,
    /the data folder .* can be written by every user of this machine \(mode 0777\), .*: chmod o-w \//,
  );
  if (process.getuid?.() !== 0) return;
  chmodSync(folder.path, 0o700);
  const [other] = await warned((data) => chownSync(data, 12_345, 12_345));
  assert.match(other!, /the data folder .* belongs to another user \(12345\), .*: chown -R 0 \//);
});
