/**
 * CORDWOOD_FAULT is `name:n`: the process kills itself, or the thread fails, when it passes the
 * fault point `name` for the n-th time.
 */
const [armed, times] = (process.env['CORDWOOD_FAULT'] ?? '').split(':');
let left = Number(times ?? 1);

/**
 * A fault point: a test can kill the process here, as a power failure would. Otherwise it costs one
 * comparison.
 */
export function fault(name: string): void {
  if (name === armed && --left <= 0) process.kill(process.pid, 'SIGKILL');
}

/** A fault point of a thread: a test can have it fail here with an error that nothing catches. */
export function threadFault(name: string): void {
  if (name !== armed || --left > 0) return;
  setImmediate(() => {
    throw new Error(`the fault point ${name}`);
  });
}
