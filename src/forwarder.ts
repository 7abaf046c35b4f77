import { parentPort, workerData } from 'node:worker_threads';
import { Forwarding } from './assembly/forwarding.ts';
import { Counters } from './base/counters.ts';
import { runInBackground } from './process/background.ts';
import { logToParent } from './process/thread-log.ts';
import { watchThread } from './process/thread-load.ts';

runInBackground();
const port = parentPort!;
using _watching = watchThread('forwarder', Counters.from(workerData.counters));
await new Forwarding({ port, data: workerData, log: logToParent(port) }).run();
port.close();
