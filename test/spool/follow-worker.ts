import { parentPort, workerData } from 'node:worker_threads';
import { DurableEnd, openSpoolReader } from '../../src/spool/index.ts';

/** Follows a spool as the writer's thread does, until it has read `wanted` messages; then reports them. */
type Data = { readonly folder: string; readonly durable: SharedArrayBuffer; readonly wanted: number };
const { folder, durable: memory, wanted } = workerData as Data;

const durable = new DurableEnd(memory);
using reader = openSpoolReader({ folder, durable });
const arena = Buffer.alloc(1 << 20);
const lines: string[] = [];
let outOfOrder = 0;
let last = 0;
const deadline = setTimeout(() => process.exit(1), 20_000);
while (last < wanted) {
  const version = durable.version;
  while (reader.next(arena, 0) !== 0) take();
  if (last < wanted) await durable.changed(version, 1000);
}
clearTimeout(deadline);
parentPort!.postMessage({ lines, outOfOrder, damaged: reader.damaged });

function take(): void {
  const { record } = reader;
  for (let i = 0; i < record.count; i++) {
    const at = record.offset[i]!;
    const sequence = record.firstSequence + i;
    if (sequence !== last + 1) outOfOrder++;
    last = sequence;
    if (record.length[i]! < 100) lines.push(arena.toString('utf8', at, at + record.length[i]!));
  }
}
