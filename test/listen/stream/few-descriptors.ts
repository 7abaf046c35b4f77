import { createInterface } from 'node:readline';
import { listen } from '../harness.ts';

/** A listener in a process with few file descriptors: prints its counters for each line on stdin, and closes with it. */
const harness = await listen('tcp');
process.stdout.write(`${JSON.stringify({ address: harness.address, warnings: harness.warnings })}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  const open = harness.counter('connections.open');
  const refused = harness.counter('connections.refused.no_descriptors');
  const received = harness.counter('received.frames');
  process.stdout.write(`${JSON.stringify({ open, refused, received })}\n`);
}
await harness.listener.close();
