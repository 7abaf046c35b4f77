import type { FrameList } from '../../src/base/frame-list.ts';
import { performance } from 'node:perf_hooks';
import { Counters } from '../../src/base/counters.ts';
import type { Source } from '../../src/model/message.ts';
import type { Entry } from '../../src/spool/contract.ts';
import { openSpool, openSpoolReader, SPOOL_COUNTERS } from '../../src/spool/index.ts';
import { temporaryFolder } from '../support/tmp.ts';

/** Main-thread CPU µs a message that appending chunks of 64 KiB may cost at most, on two busy cores. */
const CHUNK_LIMIT_US = 0.3;
const MESSAGES = Number(process.env['CORDWOOD_BENCH_MESSAGES'] ?? 1_000_000);
/** Bytes that may wait for their fsync, as listeners allow in all. */
const WINDOW_BYTES = 64 << 20;
const PEER: Source = { ip: '192.0.2.1', port: 514, transport: 'tcp', listener: 'tcp0' };

type Load = { readonly name: string; readonly perRecord: number; readonly bytes: number; readonly datagrams: boolean };
type Figures = { readonly cpuUs: number; readonly seconds: number; readonly readUs: number };

const LOADS: readonly Load[] = [
  { name: 'chunks of 64 KiB, 300 frames', perRecord: 300, bytes: 219, datagrams: false },
  { name: 'datagrams, 500 a record', perRecord: 500, bytes: 200, datagrams: true },
  { name: 'datagrams, 20 a record', perRecord: 20, bytes: 200, datagrams: true },
  { name: 'single lines', perRecord: 1, bytes: 219, datagrams: false },
];

function framesOf({ perRecord, bytes, datagrams }: Load): FrameList {
  const columns = () => new Uint32Array(perRecord);
  const frames = { count: perRecord, length: columns().fill(bytes - (datagrams ? 0 : 1)), original: columns() };
  const skip = columns().fill(datagrams ? 0 : 1);
  skip[0] = 0;
  const flags = new Uint8Array(perRecord);
  return datagrams ? { ...frames, skip, flags, session: columns() } : { ...frames, skip, flags };
}

async function run(load: Load): Promise<Figures> {
  using folder = temporaryFolder();
  const messages = load.perRecord === 1 ? MESSAGES / 5 : MESSAGES;
  const counters = new Counters(SPOOL_COUNTERS);
  const written = { cpuUs: 0, seconds: 0 };
  {
    await using spool = await openSpool({ folder: folder.path, counters });
    const sessions = Array.from({ length: 50 }, (_, port) => spool.openSession({ ...PEER, port }));
    const frames = framesOf(load);
    frames.session?.set(Array.from({ length: load.perRecord }, (_, i) => sessions[i % 50]!));
    const parts = load.datagrams
      ? Array.from({ length: load.perRecord }, () => Buffer.alloc(load.bytes, 'x'))
      : [Buffer.alloc(load.perRecord * load.bytes, 'x')];
    const entry: Entry = { session: load.datagrams ? 0 : sessions[0]!, frames, parts, acknowledged: true };
    const started = performance.now();
    const before = process.threadCpuUsage();
    let waiting = 0;
    for (let sent = 0; sent < messages; sent += load.perRecord) {
      const done = spool.append(entry);
      if (!done) throw new Error('the spool refused');
      waiting += load.perRecord * load.bytes;
      if (waiting < WINDOW_BYTES / 16) continue;
      await done;
      waiting = 0;
    }
    await spool[Symbol.asyncDispose]();
    const { user, system } = process.threadCpuUsage(before);
    written.cpuUs = (user + system) / messages;
    written.seconds = (performance.now() - started) / 1000;
  }
  return { ...written, readUs: readBack(folder.path, messages) };
}

function readBack(folder: string, messages: number): number {
  using reader = openSpoolReader({ folder });
  const arena = Buffer.allocUnsafeSlow(1 << 20);
  const before = process.threadCpuUsage();
  let found = 0;
  while (reader.next(arena, 0) !== 0) found += reader.record.count;
  if (found < messages) throw new Error(`read ${found} of ${messages} messages`);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / messages;
}

let slow = false;
for (const load of LOADS) {
  const rounds = [await run(load), await run(load), await run(load)].sort((a, b) => a.cpuUs - b.cpuUs);
  const { cpuUs, seconds, readUs } = rounds[1]!;
  const messages = load.perRecord === 1 ? MESSAGES / 5 : MESSAGES;
  const rate = Math.round(messages / load.perRecord / seconds);
  const figures = `${rate} appends/s, ${cpuUs.toFixed(3)} µs of main-thread CPU a message, read back ${readUs.toFixed(3)} µs`;
  process.stdout.write(`${load.name.padEnd(32)} ${figures}\n`);
  if (load === LOADS[0] && cpuUs > CHUNK_LIMIT_US) slow = true;
}
if (slow) {
  process.stderr.write(`appending chunks costs more than ${CHUNK_LIMIT_US} µs a message\n`);
  process.exitCode = 1;
}
