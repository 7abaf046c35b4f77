import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { clientOf } from './asking.ts';
import { benchLatency, DurableTimes, type Latency } from './latency.ts';
import { buildPackage } from './package.ts';
import { megabytes, say } from './table.ts';
import { usageOf } from './usage.ts';

export const CONNECTIONS = 10_000;
/** 127.0.0.1 and so on: one address may not open so many. */
const ADDRESSES = 4;
const AT_ONCE = 200;
const SECONDS = 5;

export type CrowdResult = {
  readonly connections: number;
  /** Bytes of memory of the whole server, before and with all of them. */
  readonly before: number;
  readonly memory: number;
  /** Of one active sender beside them. */
  readonly alone: Latency;
  readonly crowded: Latency;
};

/** A real server with ten thousand idle TCP connections, and one that sends. */
export async function benchCrowd(bin: string): Promise<CrowdResult> {
  using folder = temporaryFolder();
  const times = new DurableTimes();
  await using server = await Server.start({
    data: folder.path,
    bin,
    listen: ['tcp://127.0.0.1:0'],
    onLine: times.take,
  });
  await using client = await clientOf(folder.path);
  const by = { server, client, times };
  const options = { seconds: SECONDS, scanning: false, since: 0 };
  const alone = await benchLatency(by, options);
  const before = usageOf(server.child.pid!).memory;
  const sockets = await connectAll(await server.port('tcp0'));
  try {
    const open = async () => (await server.stats()).counters['listen.tcp0.connections.open']! >= CONNECTIONS;
    await until('all connections to be open', open);
    const crowded = await benchLatency(by, options);
    const { memory } = usageOf(server.child.pid!);
    say(`${CONNECTIONS} idle connections: memory ${megabytes(before)} to ${megabytes(memory)}`);
    say(`  durable after ${JSON.stringify(crowded)} ms, alone ${JSON.stringify(alone)} ms`);
    return { connections: CONNECTIONS, before, memory, alone, crowded };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

async function connectAll(port: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < CONNECTIONS) {
    const connecting = Array.from({ length: Math.min(AT_ONCE, CONNECTIONS - sockets.length) }, async (_, index) => {
      const localAddress = `127.0.0.${1 + ((sockets.length + index) % ADDRESSES)}`;
      const socket = connect({ host: '127.0.0.1', port, localAddress });
      await once(socket, 'connect');
      socket.on('error', () => {});
      return socket;
    });
    sockets.push(...(await Promise.all(connecting)));
  }
  return sockets;
}

if (import.meta.main) {
  using built = buildPackage();
  await benchCrowd(built.bin);
}
