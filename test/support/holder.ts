import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { find } from './require.ts';
import { Server, type ServerOptions } from './server.ts';
import { until } from './until.ts';

/** A server whose sockets are held for it, as a service manager does: when it ends, it is started again on them. */
export class HeldServer implements AsyncDisposable {
  /** Where it listens, in the order asked for: `127.0.0.1:1234`. */
  readonly addresses: readonly string[];
  readonly #holder: Server;

  private constructor(holder: Server) {
    this.#holder = holder;
    this.addresses = [...holder.output.matchAll(/^socket \w+ (\S+)$/gm)].map(([, address]) => address!);
  }

  /** @param sockets e.g. `['udp:0', 'tcp:0']` @param names of LISTEN_FDNAMES, e.g. `udp0:tcp0` @param notify whether it hears sd_notify(3) */
  static async start(
    options: ServerOptions & { sockets: readonly string[]; names?: string; notify?: boolean },
  ): Promise<HeldServer> {
    const { sockets, names, notify = false, ...rest } = options;
    const program = join(options.data, 'holder');
    execFileSync(find('cc')!, ['-O1', '-o', program, join(import.meta.dirname, 'holder.c')]);
    const env = {
      ...options.env,
      ...(names !== undefined && { HOLDER_NAMES: names }),
      ...(notify && { HOLDER_NOTIFY: join(options.data, 'notify.sock') }),
    };
    return new HeldServer(await Server.start({ ...rest, env, under: [program, ...sockets, '--'] }));
  }

  /** What all its runs have printed so far. */
  get output(): string {
    return this.#holder.output;
  }

  /** The process that runs now. */
  get pid(): number {
    return Number([...this.output.matchAll(/^started (\d+)$/gm)].at(-1)![1]);
  }

  /** What it was notified of so far, in order. */
  get notified(): string[] {
    return [...this.output.matchAll(/^notified (.+)$/gm)].map(([, text]) => text!);
  }

  /** Ends it with SIGTERM and waits until the next one runs, which need not be ready yet. */
  async restart(): Promise<void> {
    const { pid } = this;
    process.kill(pid, 'SIGTERM');
    await until('the next run', () => this.pid !== pid);
  }

  /** Waits until the run of now answers. */
  ready(): Promise<true> {
    return until('the server to be ready', () => this.#holder.health().catch(() => false));
  }

  stats(): ReturnType<Server['stats']> {
    return this.#holder.stats();
  }

  /** Ends the server in order, and then what held its sockets. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder.kill('SIGTERM');
  }
}
