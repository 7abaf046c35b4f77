import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listenError } from '../../src/listen/shared/listen-error.ts';
import { ReadBudget } from '../../src/listen/shared/read-budget.ts';
import { DatagramBatch } from '../../src/listen/udp/datagram-batch.ts';
import { DurableReport } from '../../src/listen/stream/durable-report.ts';
import { PeerSessions } from '../../src/listen/udp/peer-sessions.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { listen } from './harness.ts';

test('the error for an address that cannot be listened on names the address and the remedy', () => {
  const failed = (code: string, port: number) =>
    listenError('udp', { host: '::1', port }, Object.assign(new Error('no'), { code })).message;
  assert.match(failed('EACCES', 514), /^cannot listen on udp \[::1\]:514: ports below 1024 need a privilege/);
  assert.match(failed('EACCES', 5514), /the system forbids it \(no\)/);
  assert.match(failed('EAFNOSUPPORT', 514), /this machine does not support IPv6; listen on an IPv4 address/);
  assert.match(failed('ENOTFOUND', 514), /the host name ::1 cannot be resolved/);
  assert.match(failed('EOTHER', 514), /: no$/);
});

test('each peer that sent recently keeps its session, and there are never more than the limit', () => {
  let opened = 0;
  const closed: number[] = [];
  const sessions = new PeerSessions(
    () => ++opened,
    (gone) => closed.push(...gone),
    100,
  );
  const mine = sessions.of('10.0.0.1', 514);
  assert.equal(sessions.of('10.0.0.1', 514), mine);
  assert.notEqual(sessions.of('10.0.0.1', 515), mine);
  assert.notEqual(sessions.of('10.0.0.2', 514), mine);
  for (let port = 1000; port < 100_000; port++) {
    sessions.of('192.0.2.1', port);
    if (port % 20 === 0)
      assert.equal(sessions.of('10.0.0.1', 514), mine, 'a peer that keeps sending keeps its session');
    assert.ok(sessions.size <= 100);
  }
  assert.equal(opened - closed.length, sessions.size);
  assert.equal(new Set(closed).size, closed.length, 'none is closed twice');
  sessions.clear();
  assert.equal(opened, closed.length);
});

test('a batch of datagrams never exceeds a record, and adding more does not change earlier payloads', () => {
  const batch = new DatagramBatch();
  const payloads: { payload: Uint8Array; byte: number }[] = [];
  for (let index = 0; index < 60; index++) {
    const byte = index % 251;
    while (batch.fits(60_000)) batch.add(Buffer.alloc(60_000, byte), 60_000, 60_000, 1);
    assert.ok(batch.bytes <= 512 << 10 && batch.bytes >= (512 << 10) - 2 * 60_000);
    payloads.push({ payload: batch.payload(), byte });
    batch.clear();
    assert.ok(batch.fits(256 << 10));
  }
  for (const { payload, byte } of payloads) assert.ok(payload.every((one) => one === byte));
  for (let index = 0; index < 4096; index++) batch.add(Buffer.from('a'), 1, 1, 1);
  assert.equal(batch.fits(1), false);
});

test('the budget wakes its waiters once the limit is no longer exceeded', () => {
  const budget = new ReadBudget(100);
  let woken = 0;
  const wake = (): void => {
    woken++;
  };
  budget.add(101);
  assert.equal(budget.exceeded, true);
  budget.wait(wake);
  budget.wait(wake);
  budget.add(10);
  budget.release(10);
  assert.equal(woken, 0);
  budget.release(1);
  assert.equal(woken, 1);
  budget.wait(wake);
  budget.cancel(wake);
  budget.release(100);
  assert.equal(woken, 1);
  assert.equal(budget.used, 0);
});

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
