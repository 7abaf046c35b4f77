import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DurableReport } from '../../../src/listen/stream/durable-report.ts';
import { TcpSender } from '../../support/senders.ts';
import { temporaryFolder } from '../../support/tmp.ts';
import { until } from '../../support/until.ts';
import { listen } from '../harness.ts';

test('one line a connection reports everything that one fsync made durable', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'report');
  const descriptor = openSync(path, 'w');
  const report = new DurableReport(descriptor);
  const one = report.open('tcp0', '127.0.0.1:1');
  const two = report.open('tcp0', '127.0.0.1:2');
  report.advance(one, 1, 10);
  report.advance(two, 5, 50);
  report.advance(one, 2, 20);
  await new Promise((resolve) => setImmediate(resolve));
  report.advance(one, 1, 1);
  await new Promise((resolve) => setImmediate(resolve));
  closeSync(descriptor);
  assert.deepEqual(readFileSync(path, 'utf8').trim().split('\n'), [
    '{"listener":"tcp0","peer":"127.0.0.1:1","frames":3,"bytes":30}',
    '{"listener":"tcp0","peer":"127.0.0.1:2","frames":5,"bytes":50}',
    '{"listener":"tcp0","peer":"127.0.0.1:1","frames":4,"bytes":31}',
  ]);
});

test('a listener writes durable positions to the descriptor in CORDWOOD_TEST_DURABLE_FD', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'report');
  const descriptor = openSync(path, 'w');
  process.env['CORDWOOD_TEST_DURABLE_FD'] = String(descriptor);
  const harness = await listen('tcp');
  delete process.env['CORDWOOD_TEST_DURABLE_FD'];
  await using sender = await TcpSender.connect(harness.address);
  harness.spool.hold();
  await sender.write('<1>a\n<2>b\n<3>');
  await until('two messages', () => harness.counter('received.frames') === 2);
  assert.equal(readFileSync(path, 'utf8'), '');
  harness.spool.release();
  await until('the report', () => readFileSync(path, 'utf8').endsWith('\n'));
  const { frames, peer } = JSON.parse(readFileSync(path, 'utf8'));
  assert.deepEqual([frames, peer], [2, `127.0.0.1:${sender.socket.localPort}`]);
  await harness.listener.close();
  closeSync(descriptor);
});
