import { parentPort, workerData } from 'node:worker_threads';
import { Reader } from './assembly/reader.ts';
import { logToParent } from './process/thread-log.ts';

const port = parentPort!;
await new Reader({ port, data: workerData, log: logToParent(port) }).run();
port.close();
