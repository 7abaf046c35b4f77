import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from './assembly/reader.ts';
import { Counters } from './base/counters.ts';
import { lowerThreadPriority } from './base/machine/thread-priority.ts';
import { logToParent } from './process/thread-log.ts';
import { watchThread } from './process/thread-load.ts';

/** Questions wait for what arrives, not the other way round: even those of 50 users leave the writer its rate. */
const STEPS_BELOW_WRITER = 10;

const port = parentPort!;
lowerThreadPriority(STEPS_BELOW_WRITER);
using _watching = watchThread('reader', Counters.from(workerData.counters));
await new Reader({ port, data: workerData, log: logToParent(port) }).run();
port.close();
