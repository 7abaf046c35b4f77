import type { MessagePort } from 'node:worker_threads';
import type { Logger } from '../base/log.ts';

const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

/** A log line that a thread sends to the main thread, which alone writes the log. */
export type ThreadLog = {
  readonly kind: 'log';
  readonly level: (typeof LEVELS)[number];
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
};

/** A logger that sends each line to the main thread. */
export function logToParent(port: MessagePort, fields: Readonly<Record<string, unknown>> = {}): Logger {
  const writers = LEVELS.map((level) => [
    level,
    (first: Readonly<Record<string, unknown>> | string, second?: string) => {
      const [extra, text] = typeof first === 'string' ? [{}, first] : [first, second ?? ''];
      port.postMessage({ kind: 'log', level, fields: { ...fields, ...extra }, text } satisfies ThreadLog);
    },
  ]);
  const child: Logger['child'] = (extra) => logToParent(port, { ...fields, ...extra });
  return { ...Object.fromEntries(writers), child } as Logger;
}

/** Writes a line that a thread sent. */
export function writeThreadLog(log: Logger, { level, fields, text }: ThreadLog): void {
  log[level](fields, text);
}
