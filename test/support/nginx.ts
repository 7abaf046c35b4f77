import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { find } from './require.ts';
import { until } from './until.ts';

/** An nginx process that serves one file of servers, as a line `include` of nginx.conf would; it writes only below `folder`. */
export class Nginx implements AsyncDisposable {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (text) => {
      this.#output += text;
    });
  }

  /** @throws if `nginx -t` refuses the servers */
  static async start(servers: string, folder: string, port: number): Promise<Nginx> {
    mkdirSync(folder, { recursive: true });
    const config = join(folder, 'nginx.conf');
    writeFileSync(join(folder, 'servers.conf'), servers);
    writeFileSync(config, mainConfig(folder));
    const program = find('nginx')!;
    const args = ['-p', folder, '-c', config];
    execFileSync(program, [...args, '-t'], { stdio: 'pipe' });
    const nginx = new Nginx(spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] }));
    await until('nginx to listen', async () => {
      if (nginx.#child.exitCode !== null) throw new Error(`nginx ended:\n${nginx.#output}`);
      return await accepts(port);
    });
    return nginx;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

function mainConfig(folder: string): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // Started by root, its workers would be another user, who cannot read the folder.
  return `${process.getuid?.() === 0 ? 'user root;\n' : ''}daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log off;
${kinds.map((kind) => `  ${kind}_temp_path ${folder}/${kind};`).join('\n')}
  include ${folder}/servers.conf;
}
`;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
