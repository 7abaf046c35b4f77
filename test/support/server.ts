import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Stats } from '../../src/ask/contract.ts';
import { TcpSender } from './senders.ts';
import { until } from './until.ts';

/** The program as it is in the checkout. */
export const CHECKOUT_BIN = join(import.meta.dirname, '..', '..', 'bin', 'cordwood.js');
/** The program that tests start: the bundle that `npm test` has made of the checkout, or the checkout itself. */
export const BIN = process.env['CORDWOOD_TEST_PROGRAM'] || CHECKOUT_BIN;

export type ServerOptions = {
  readonly data: string;
  /** `--listen` values; default TCP and UDP on free ports. */
  readonly listen?: readonly string[];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own flags. */
  readonly execArgv?: readonly string[];
  /** A `bin/cordwood.js` other than `BIN`, e.g. that of a package. */
  readonly bin?: string;
  /** The whole command line, in place of one made of the other options; it must use this `data`. */
  readonly command?: readonly string[];
  /** A program that starts the server, with its first arguments. */
  readonly under?: readonly string[];
  /** A further pipe, file descriptor 3 of the server. */
  readonly onLine?: (line: string) => void;
};

/** A real server: a process of the bin. */
export class Server implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly data: string;
  readonly exited: Promise<number | null>;
  /** What it has printed so far. */
  output = '';

  constructor(options: ServerOptions) {
    this.data = options.data;
    const listen = options.config
      ? (options.listen ?? [])
      : (options.listen ?? ['tcp://127.0.0.1:0', 'udp://127.0.0.1:0']);
    const args = [...(options.execArgv ?? []), options.bin ?? BIN, 'serve', '--data', options.data];
    if (options.config) args.push('--config', options.config);
    for (const address of listen) args.push('--listen', address);
    const hook = options.onLine ? { CORDWOOD_TEST_DURABLE_FD: '3' } : {};
    const env = { ...process.env, CORDWOOD_CONFIG: '', ...hook, ...options.env };
    if (!options.config) Reflect.deleteProperty(env, 'CORDWOOD_CONFIG');
    const stdio = ['ignore', 'pipe', 'pipe', ...(options.onLine ? ['pipe' as const] : [])] as const;
    const [program, ...rest] = options.command ?? [...(options.under ?? []), process.execPath, ...args];
    this.child = spawn(program!, rest, { stdio: [...stdio], env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (text) => {
        this.output += text;
      });
    }
    if (options.onLine) readLines(this.child.stdio[3] as NodeJS.ReadableStream, options.onLine);
    this.exited = once(this.child, 'exit').then(([code]) => code);
  }

  /** Starts one and waits until it answers. */
  static async start(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    await until(
      'the server to be ready',
      async () => {
        if (server.child.exitCode !== null || server.child.signalCode !== null)
          throw new Error(`the server ended:\n${server.output}`);
        return await server.health().catch(() => false);
      },
      60_000,
    );
    return server;
  }

  async health(): Promise<boolean> {
    return (await call(this.data, 'GET', '/health/ready')).status === 200;
  }

  /** An answer of its control socket. */
  async get(path: string): Promise<{ status: number; body: string }> {
    return await call(this.data, 'GET', path);
  }

  /** Asks a question on its control socket; the answer is NDJSON. */
  async ask(question: string, params: object): Promise<string> {
    return (await call(this.data, 'POST', `/${question}`, JSON.stringify(params))).body;
  }

  async stats(): Promise<Stats> {
    const { body } = await call(this.data, 'POST', '/stats', '{}');
    return JSON.parse(body.split('\n')[0]!);
  }

  /** The port of the listener with that name. */
  async port(name: string): Promise<number> {
    const listener = (await this.stats()).listeners.find((one) => one.name === name);
    return Number(listener?.address.replace(/.*:/, ''));
  }

  /** Sends lines to its first TCP listener and returns once they are read. */
  async send(lines: Iterable<string>): Promise<void> {
    await using sender = await TcpSender.connect(`127.0.0.1:${await this.port('tcp0')}`);
    await sender.sendLines(lines);
    await sender.end();
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}

/** Runs a command of the command line to its end. */
export function cordwood(
  args: readonly string[],
  options: { input?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...options.env };
    const child = execFile(process.execPath, [BIN, ...args], { env, maxBuffer: 1 << 30 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
    // It may have ended before it was told anything.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

function call(data: string, method: string, path: string, body = ''): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = request({ socketPath: join(data, 'control.sock'), method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function readLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line);
  });
}
