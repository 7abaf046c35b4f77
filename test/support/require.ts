import { execFileSync } from 'node:child_process';

/**
 * What `test(name, { skip: needs('rsyslogd') }, …)` takes: false where the part is there; otherwise the reason,
 * said loudly, or a failure under CORDWOOD_REQUIRE=all.
 */
export function needs(program: string): string | false {
  if (find(program)) return false;
  const reason = `${program} is not installed: its tests are SKIPPED`;
  if (process.env['CORDWOOD_REQUIRE'] === 'all') throw new Error(`${reason}, and CORDWOOD_REQUIRE=all demands them`);
  process.stderr.write(`!! ${reason}\n`);
  return reason;
}

/** The path of a program, undefined where it is not installed. */
export function find(program: string): string | undefined {
  try {
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { env: { PATH: path }, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
