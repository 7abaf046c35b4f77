import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { find } from './require.ts';
import { canConnect } from './ports.ts';
import { until } from './until.ts';

/** A real HAProxy with a configuration of its own. */
export class Haproxy implements AsyncDisposable {
  readonly #child: ChildProcess;
  output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (text) => {
        this.output += text;
      });
    }
  }

  /** @param port one that it listens on @throws if HAProxy refuses the configuration */
  static async start(config: string, folder: string, port: number): Promise<Haproxy> {
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, config);
    execFileSync(find('haproxy')!, ['-c', '-f', file], { stdio: 'pipe' });
    const haproxy = new Haproxy(spawn(find('haproxy')!, ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] }));
    await until('HAProxy to listen', async () => {
      if (haproxy.#child.exitCode !== null) throw new Error(`HAProxy ended:\n${haproxy.output}`);
      return await canConnect(port);
    });
    return haproxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}
