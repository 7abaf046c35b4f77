import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from './assembly/reader.ts';
import { Counters } from './base/counters.ts';
import { logToParent } from './process/thread-log.ts';
import { watchThread } from './process/thread-load.ts';

const port = parentPort!;
using _watching = watchThread('reader', Counters.from(workerData.counters));
await new Reader({ port, data: workerData, log: logToParent(port) }).run();
port.close();
