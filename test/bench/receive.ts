import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Counters } from '../../src/base/counters.ts';
import { SILENT } from '../../src/base/log.ts';
import { z } from '../../src/base/schema.ts';
import { counterNames } from '../../src/listen/contract.ts';
import { LISTENERS } from '../../src/listen/registry.ts';
import { ReadBudget } from '../../src/listen/shared/read-budget.ts';
import { tcpSchema, udpSchema } from '../../src/listen/settings.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

/**
 * What receiving costs: a listener over a real spool in this process, and the sender beside it.
 * Takes the sender's options but `--target`.
 */
async function main(): Promise<void> {
  const options = process.argv.slice(2);
  const { values } = parseArgs({ args: options, strict: false, options: { transport: { type: 'string' } } });
  const kind = values['transport'] === 'udp' ? 'udp' : 'tcp';
  using folder = temporaryFolder();
  const counters = new Counters([...SPOOL_COUNTERS, ...counterNames('it')]);
  const spool = await openSpool({ folder: folder.path, counters, log: SILENT });
  const context = { spool, counters, log: SILENT, budget: new ReadBudget() };
  const address = '127.0.0.1:0';
  const listener =
    kind === 'udp'
      ? await (await LISTENERS[0].load())({ ...z.parse(udpSchema, { kind, address }), name: 'it' }, context)
      : await (await LISTENERS[1].load())({ ...z.parse(tcpSchema, { kind, address }), name: 'it' }, context);
  const cpu = process.cpuUsage();
  const started = performance.now();
  const sent = await send([...options, '--target', listener.address]);
  await listener.close();
  const { user, system } = process.cpuUsage(cpu);
  const received = counters.get('listen.it.received.frames');
  const report = {
    sent: sent.lines,
    received,
    kernelDrops: counters.get('listen.it.dropped.kernel'),
    records: counters.get('spool.records'),
    fsyncs: counters.get('spool.fsyncs'),
    perSecond: Math.round(received / ((performance.now() - started) / 1000)),
    cpuMicrosecondsEach: Number(((user + system) / received).toFixed(3)),
    senderCpuSeconds: sent.cpuSeconds,
    rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await spool[Symbol.asyncDispose]();
}

function send(options: readonly string[]): Promise<{ lines: number; cpuSeconds: number }> {
  const sender = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  sender.stdout.on('data', (chunk) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    sender.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`the sender exited ${code}`)),
    );
  });
}

await main();
