import { isatty } from 'node:tty';
import type { Terminal } from '../contract.ts';

/** The streams and signals of this process. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    env,
    // A getter: reading `process.stdin` opens it, and only some commands use it.
    get stdin() {
      return process.stdin;
    },
    get stdinIsTTY() {
      return isatty(0);
    },
    stdout,
    stderr,
    now: Date.now,
    exit: process.exit,
    onInterrupt(stop) {
      process.once('SIGINT', stop);
      return { [Symbol.dispose]: () => void process.off('SIGINT', stop) };
    },
  };
}
