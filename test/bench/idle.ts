import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Counters } from '../../src/base/counters.ts';
import { SILENT } from '../../src/base/log.ts';
import { z } from '../../src/base/schema.ts';
import { counterNames } from '../../src/listen/contract.ts';
import { LISTENERS } from '../../src/listen/registry.ts';
import { ReadBudget } from '../../src/listen/shared/read-budget.ts';
import { tcpSchema } from '../../src/listen/settings.ts';
import { openSpool, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { Certificates } from '../support/certificates.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';

/**
 * What idle TCP connections cost: a listener over a real spool in a child process, connected to from several loopback
 * addresses; half of the connections have sent a line, a tenth stopped in mid-line. Prints memory and CPU as JSON.
 * usage: node test/bench/idle.ts [--connections 10000] [--addresses 4] [--seconds 5] [--tls]
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      connections: { type: 'string', default: '10000' },
      addresses: { type: 'string', default: '4' },
      seconds: { type: 'string', default: '5' },
      serve: { type: 'boolean', default: false },
      tls: { type: 'boolean', default: false },
    },
  });
  if (values.serve) return serve(values.tls);
  const count = Number(values.connections);
  const args = [import.meta.filename, '--serve', ...(values.tls ? ['--tls'] : [])];
  const server = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const ask = async () => {
    server.stdin.write('\n');
    return JSON.parse(String((await lines.next()).value));
  };
  const { address } = JSON.parse(String((await lines.next()).value));
  const before = await ask();
  const started = performance.now();
  const sockets = await connectAll({ address, count, addresses: Number(values.addresses), tls: values.tls });
  const seconds = (performance.now() - started) / 1000;
  for (const [index, socket] of sockets.entries()) {
    if (index % 2 === 0) socket.write(index % 10 === 0 ? '<13>whole\n<13>half' : '<13>whole\n');
  }
  while ((await ask()).received < Math.ceil(count / 2)) await new Promise((resolve) => setTimeout(resolve, 50));
  const settled = await ask();
  await new Promise((resolve) => setTimeout(resolve, Number(values.seconds) * 1000));
  const after = await ask();
  process.stdout.write(
    `${JSON.stringify({
      connections: after.open,
      openedPerSecond: Math.round(count / seconds),
      rssMiBBefore: before.rssMiB,
      rssMiB: after.rssMiB,
      bytesEach: Math.round(((after.rssMiB - before.rssMiB) * 2 ** 20) / count),
      idleCpuMsPerSecond: Number(((after.cpuMs - settled.cpuMs) / Number(values.seconds)).toFixed(1)),
    })}\n`,
  );
  for (const socket of sockets) socket.destroy();
  server.stdin.end();
  await once(server, 'exit');
}

type Crowd = { readonly address: string; readonly count: number; readonly addresses: number; readonly tls: boolean };

async function connectAll({ address, count, addresses, tls }: Crowd): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const connecting = Array.from({ length: Math.min(200, count - sockets.length) }, async (_, index) => {
      const localAddress = `127.0.0.${1 + ((sockets.length + index) % addresses)}`;
      if (tls) return (await TcpSender.secure(address, { localAddress })).socket;
      return (await TcpSender.connect(address, localAddress)).socket;
    });
    sockets.push(...(await Promise.all(connecting)));
  }
  return sockets;
}

async function serve(secure: boolean): Promise<void> {
  using folder = temporaryFolder();
  const { cert, key } = new Certificates(folder.path).make('server', { name: 'localhost', use: 'server' });
  const counters = new Counters([...SPOOL_COUNTERS, ...counterNames('it')]);
  const spool = await openSpool({ folder: folder.path, counters, log: SILENT });
  const open = await LISTENERS[1].load();
  const tls = secure ? { tls: { cert, key } } : {};
  const settings = { ...z.parse(tcpSchema, { kind: 'tcp', address: '127.0.0.1:0', ...tls }), name: 'it' };
  const listener = await open(settings, { spool, counters, log: SILENT, budget: new ReadBudget() });
  process.stdout.write(`${JSON.stringify({ address: listener.address })}\n`);
  for await (const _ of createInterface({ input: process.stdin })) {
    const { user, system } = process.cpuUsage();
    const report = {
      open: counters.get('listen.it.connections.open'),
      received: counters.get('listen.it.received.frames'),
      rssMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
      cpuMs: (user + system) / 1000,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  }
  await listener.close();
  await spool[Symbol.asyncDispose]();
}

await main();
