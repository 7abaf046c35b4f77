/** `name:n` of CORDWOOD_FAULT: where, and at which time of passing there, the process dies. */
const [armed, times] = (process.env['CORDWOOD_FAULT'] ?? '').split(':');
let left = Number(times ?? 1);

/** A named place where a test can kill the process as a power cut would; costs a comparison where none is armed. */
export function fault(name: string): void {
  if (name === armed && --left <= 0) process.kill(process.pid, 'SIGKILL');
}
