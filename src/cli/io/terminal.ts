import type { Terminal } from '../contract.ts';

/** This process's own streams and signals. */
export function processTerminal(): Terminal {
  const { env, stdout, stderr } = process;
  return {
    env,
    // Touching stdin opens it: only a command that reads it may.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr,
    now: Date.now,
    onInterrupt(stop) {
      process.once('SIGINT', stop);
      return { [Symbol.dispose]: () => void process.off('SIGINT', stop) };
    },
  };
}
