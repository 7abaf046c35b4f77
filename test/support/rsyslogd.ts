import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canConnect } from './ports.ts';
import { find } from './require.ts';
import { until } from './until.ts';

/** An rsyslogd process that does not use the system's configuration. */
export class Rsyslogd implements AsyncDisposable {
  readonly child: ChildProcess;
  output = '';

  /** @param config beside a work directory and the socket input at `folder`/log.sock */
  constructor(folder: string, config: string) {
    mkdirSync(join(folder, 'spool'), { recursive: true });
    const file = join(folder, 'rsyslog.conf');
    writeFileSync(file, `global(workDirectory="${join(folder, 'spool')}")\n${config}\n`);
    const args = ['-n', '-f', file, '-i', join(folder, 'rsyslogd.pid')];
    this.child = spawn(find('rsyslogd')!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (text) => {
        this.output += text;
      });
    }
  }

  /** Starts one that takes lines over TCP on `port` and waits until it listens. */
  static async start(folder: string, port: number, config: string): Promise<Rsyslogd> {
    const agent = new Rsyslogd(folder, config);
    await until('rsyslogd to listen', () => {
      if (agent.child.exitCode !== null) throw new Error(`rsyslogd ended:\n${agent.output}`);
      return canConnect(port);
    });
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exited;
  }
}
