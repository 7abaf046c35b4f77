import { parentPort, workerData } from 'node:worker_threads';
import { Writer } from './assembly/writer.ts';
import { Counters } from './base/counters.ts';
import { logToParent } from './process/thread-log.ts';
import { watchThread } from './process/thread-load.ts';

const port = parentPort!;
using _watching = watchThread('writer', Counters.from(workerData.counters));
await new Writer({ port, data: workerData, log: logToParent(port) }).run();
port.close();
