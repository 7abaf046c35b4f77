import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';

/**
 * For `test(name, { skip: needs('rsyslogd') }, …)`: false if the program is installed; otherwise the reason,
 * said loudly, or a failure under CORDWOOD_REQUIRE=all.
 */
export function needs(program: string): string | false {
  return find(program) ? false : absent(program);
}

/** The same for modules of rsyslogd, e.g. `lmnsd_gtls`, and rsyslogd itself. */
export function needsModules(...modules: readonly string[]): string | false {
  const missing = modules.find((name) => globSync(`/usr/{lib,lib64}/{,*/}rsyslog/${name}.so`).length === 0);
  return missing === undefined ? needs('rsyslogd') : absent(`rsyslogd's module ${missing}`);
}

/** What `skip` takes for a part that is known to be absent. */
export function absent(part: string): string {
  const reason = `${part} is missing here: its tests are SKIPPED`;
  if (process.env['CORDWOOD_REQUIRE'] === 'all') throw new Error(`${reason}, and CORDWOOD_REQUIRE=all demands them`);
  process.stderr.write(`!! ${reason}\n`);
  return reason;
}

/** What `skip` takes for what this machine forbids: no package changes that, so CORDWOOD_REQUIRE does not demand it. */
export function forbidden(what: string): string {
  const reason = `this machine forbids ${what}: its tests are SKIPPED`;
  process.stderr.write(`!! ${reason}\n`);
  return reason;
}

/**
 * What `skip` takes for a program that no package brings: a variable names it. CORDWOOD_REQUIRE does not demand it, since
 * most machines cannot have it; the reason is printed there, too.
 */
export function needsNamed(variable: string, program: string): string | false {
  if (process.env[variable]) return false;
  const reason = `${variable} names no ${program}, which no package brings: its tests are SKIPPED`;
  process.stderr.write(`!! ${reason}\n`);
  return reason;
}

/** The path of a program; undefined if it is not installed. */
export function find(program: string): string | undefined {
  try {
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { env: { PATH: path }, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}
