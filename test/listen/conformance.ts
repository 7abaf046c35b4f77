import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { Counters } from '../../src/base/counters.ts';
import { CordwoodError } from '../../src/base/errors.ts';
import { SILENT } from '../../src/base/log.ts';
import { counterNames } from '../../src/listen/contract.ts';
import { isAddressMissing } from '../../src/base/machine/listen-error.ts';
import { ReadBudget } from '../../src/listen/shared/read-budget.ts';
import { placeOf } from '../support/senders.ts';
import { until } from '../support/until.ts';
import { FakeSpool, TRUNCATED } from './fake-spool.ts';
import { type HarnessOptions, type KindName, listen as listenAs, open } from './harness.ts';

/** A way to send messages to a listener; each arrives as one message. */
export type Delivery = AsyncDisposable & {
  readonly port: number;
  send(messages: readonly string[]): Promise<void>;
};

/** A kind of listener with other settings, e.g. TLS. */
export type Variant = {
  readonly title: string;
  readonly settings: Record<string, unknown>;
  readonly transport: string;
};

/** Tests what every kind of listener promises. */
export function conformance(
  kind: KindName,
  deliver: (address: string) => Promise<Delivery>,
  variant: Variant = { title: kind, settings: {}, transport: kind },
): void {
  const { title, transport } = variant;
  const listen = (kind: KindName, options: HarnessOptions = {}) =>
    listenAs(kind, { ...options, settings: { ...variant.settings, ...options.settings } });
  test(`${title}: everything sent arrives whole, in order, with its source`, async () => {
    await using harness = await listen(kind);
    await using delivery = await deliver(harness.address);
    const messages = Array.from({ length: 500 }, (_, index) => `<13>message ${index} \xff`);
    await delivery.send(messages);
    await until('all messages', () => harness.spool.stored.length >= 500);
    assert.deepEqual(harness.spool.texts(), messages);
    const source = { ip: '127.0.0.1', port: delivery.port, transport, listener: `${kind}0` };
    for (const stored of harness.spool.stored) assert.deepEqual(stored.source, source);
    assert.equal(harness.counter('received.frames'), 500);
    assert.ok(harness.counter('received.bytes') >= messages.join('').length);
  });

  for (const address of ['[::1]:0', '[::]:0']) {
    test(`${title}: listens on ${address} and writes IPv4 peers as IPv4`, async () => {
      await using harness = await listen(kind, { address });
      const { port } = placeOf(harness.address);
      const [place, ip] = address === '[::]:0' ? [`127.0.0.1:${port}`, '127.0.0.1'] : [harness.address, '::1'];
      await using delivery = await deliver(place);
      await delivery.send(['<13>hello']);
      await until('the message', () => harness.spool.stored.length === 1);
      assert.equal(harness.spool.stored[0]!.source.ip, ip);
    });
  }

  test(`${title}: a message longer than max_frame is cut once, flagged and counted`, async () => {
    await using harness = await listen(kind, { settings: { max_frame: '480B' } });
    await using delivery = await deliver(harness.address);
    await delivery.send(['x'.repeat(480), 'y'.repeat(481), '<13>next']);
    await until('all messages', () => harness.spool.stored.length === 3);
    const seen = harness.spool.stored.map(({ text, flags, original }) => [text, flags, original]);
    assert.deepEqual(seen, [
      ['x'.repeat(480), 0, 0],
      ['y'.repeat(480), TRUNCATED, 481],
      ['<13>next', 0, 0],
    ]);
    assert.equal(harness.counter('truncated'), 1);
  });

  test(`${title}: close reads what has arrived and resolves when it is durable`, async () => {
    const harness = await listen(kind);
    await using delivery = await deliver(harness.address);
    harness.spool.hold();
    await delivery.send(['<13>a', '<13>b']);
    const closed = harness.listener.close();
    await until('both messages', () => harness.spool.waitingBytes >= 10);
    assert.equal(await Promise.race([closed, 'still open']), 'still open');
    harness.spool.release();
    await closed;
    assert.deepEqual(harness.spool.texts(), ['<13>a', '<13>b']);
    assert.equal(harness.spool.closed.length, 1);
  });

  test(`${title}: messages that the spool cannot write are counted`, async () => {
    await using harness = await listen(kind);
    await using delivery = await deliver(harness.address);
    harness.spool.failing = true;
    await delivery.send(['<13>a', '<13>b']);
    await until('the count', () => harness.counter('dropped.spool_failed') === 2);
    assert.deepEqual(harness.spool.texts(), []);
    assert.match(harness.warnings.join('\n'), /the spool could not write/);
  });

  test(`${title}: a port in use and a missing address give different errors`, async () => {
    const context = () => {
      const counters = new Counters(counterNames('x'));
      return { spool: new FakeSpool(), counters, log: SILENT, budget: new ReadBudget() };
    };
    const holder = kind === 'udp' ? createSocket('udp4').bind(0, '127.0.0.1') : createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const protocol = kind === 'udp' ? 'udp' : 'tcp';
    await assert.rejects(open(kind, { kind, address: `127.0.0.1:${port}` }, 'x', context()), (error) => {
      assert.ok(error instanceof CordwoodError && error.code === 'ERR_LISTEN');
      const text = `cannot listen on ${protocol} 127.0.0.1:${port}: another process uses the port (see \`ss -l${protocol[0]}np 'sport = :${port}'\`)`;
      assert.equal(error.message, text);
      return !isAddressMissing(error);
    });
    holder.close();
    const missing = open(kind, { kind, address: '192.0.2.1:5514' }, 'x', context());
    await assert.rejects(missing, (error) => {
      assert.match(String(error), /this machine does not have the address 192\.0\.2\.1/);
      return isAddressMissing(error);
    });
  });
}
