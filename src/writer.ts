import { parentPort, workerData } from 'node:worker_threads';
import { Writer } from './assembly/writer.ts';
import { logToParent } from './process/thread-log.ts';

const port = parentPort!;
await new Writer({ port, data: workerData, log: logToParent(port) }).run();
port.close();
