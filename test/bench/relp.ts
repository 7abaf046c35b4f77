import { once } from 'node:events';
import { connect } from 'node:net';
import { OFFERS, relpFrame } from '../support/relp.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { buildPackage } from './package.ts';
import { say } from './table.ts';
import { usageOf } from './usage.ts';

const CONNECTIONS = 4;
const EACH = 100_000;
const LF = 0x0a;
/** Lines of the answer to an open. */
const OPENED = 4;

const padding = 'x'.repeat(140);

/** A line of 217 bytes, about. */
function line(connection: number, number: number): string {
  return `<13>1 2026-11-22T16:20:01.123456+02:00 web${connection} app ${number} - - number ${number} ${padding}`;
}

/** Sends all its lines, at most `window` of them unanswered, and resolves when all are answered. */
async function sendAll(port: number, connection: number, window: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  let answered = -OPENED;
  socket.on('data', (chunk) => {
    for (const byte of chunk) if (byte === LF) answered++;
  });
  socket.write(relpFrame(1, 'open', OFFERS));
  for (let sent = 0; answered < EACH; ) {
    const frames: string[] = [];
    for (; answered >= 0 && sent < EACH && sent - answered < window; sent++) {
      const text = line(connection, sent);
      frames.push(`${sent + 2} syslog ${text.length} ${text}\n`);
    }
    if (frames.length > 0) socket.write(frames.join(''));
    if (answered < EACH) await once(socket, 'data');
  }
  socket.end(relpFrame(EACH + 2, 'close'));
}

/** Lines a second that a real server acknowledges by RELP, each fsynced by then, and what that costs it. */
async function benchRelp(bin: string, window: number): Promise<void> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['relp://127.0.0.1:0'] });
  const port = await server.port('relp0');
  const lines = CONNECTIONS * EACH;
  const before = usageOf(server.child.pid!).cpu;
  const started = performance.now();
  await Promise.all(Array.from({ length: CONNECTIONS }, (_, connection) => sendAll(port, connection, window)));
  const answered = (lines / (performance.now() - started)) * 1000;
  await until('all to be stored', async () => (await server.stats()).counters['writer.messages'] === lines, 60_000);
  const stored = (lines / (performance.now() - started)) * 1000;
  const cost = ((usageOf(server.child.pid!).cpu - before) / lines) * 1e6;
  const figures = `${Math.round(answered)}/s answered, ${Math.round(stored)}/s stored, ${cost.toFixed(1)} µs of CPU each`;
  say(`RELP, ${CONNECTIONS} connections, window ${window}: ${figures}`);
}

using built = buildPackage();
for (const window of [128, 1024]) await benchRelp(built.bin, window);
