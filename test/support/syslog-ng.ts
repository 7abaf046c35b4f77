import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absent, find } from './require.ts';

/** Where Debian's syslog-ng-core was unpacked by `dpkg -x`: installed, it would take rsyslog's place. */
const UNPACKED = process.env['CORDWOOD_SYSLOG_NG'];

/** What `skip` of a test takes that needs syslog-ng, installed or unpacked. */
export function needsSyslogNg(): string | false {
  return program() ? false : absent('syslog-ng (or CORDWOOD_SYSLOG_NG, see CONTRIBUTING.md)');
}

function program(): string | undefined {
  return UNPACKED ? find(join(UNPACKED, 'usr/sbin/syslog-ng')) : find('syslog-ng');
}

/** A syslog-ng process. */
export class SyslogNg implements AsyncDisposable {
  readonly child: ChildProcess;
  output = '';

  /** @param config without the version line; it writes only below `folder` */
  constructor(folder: string, config: string) {
    const file = join(folder, 'syslog-ng.conf');
    writeFileSync(file, `@version: 3.35\n${config}\n`);
    const modules = UNPACKED ? join(UNPACKED, 'usr/lib/syslog-ng') : undefined;
    const own = ['-f', file, '-R', join(folder, 'persist'), '-c', join(folder, 'control'), '-p', join(folder, 'pid')];
    const path = modules ? [`--module-path=${modules}/3.38`] : [];
    const libraries = modules ? { LD_LIBRARY_PATH: `${modules}:${modules}/3.38` } : {};
    this.child = spawn(program()!, ['-F', '--no-caps', ...path, ...own], { env: { ...process.env, ...libraries } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (text) => {
        this.output += text;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
