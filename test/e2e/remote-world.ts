import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/cli/index.ts';
import { Collected } from '../cli/fake.ts';
import { Certificates } from '../support/certificates.ts';
import { freePort } from '../support/ports.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const RULE = '{kind: count, name: many, query: error, window: 5m, above: 1000, to: [ops@example.org]}';
const MAIL = `{smtp: 'smtp://127.0.0.1:1', from: cordwood@example.org}`;
const ROLES = ['read', 'operate', 'admin'] as const;
const LINES = [
  '<11>1 2026-11-22T16:20:01Z web1 nginx 12 - [origin ip="192.0.2.1"] error: no space left on device',
  ...Array.from(
    { length: 200 },
    (_, index) => `<${8 + (index % 8)}>1 - web${index % 3} app${index % 5} - - - line ${index} é`,
  ),
  'not a syslog line',
];

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** A server that is asked over TLS, with a token of each role and some lines. */
export class RemoteWorld implements AsyncDisposable {
  readonly #folder = temporaryFolder();
  readonly certificates = new Certificates(this.#folder.path);
  readonly port: number;
  readonly #data = join(this.#folder.path, 'data');
  readonly #config = join(this.#folder.path, 'cordwood.yaml');
  #server: Server | undefined;
  /** The time of the command lines, ms: after all lines were sent. */
  #now = 0;

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<RemoteWorld> {
    const world = new RemoteWorld(await freePort());
    await world.#prepare();
    await world.restart();
    await world.server.send(LINES);
    const count = async () => JSON.parse((await world.server.ask('count', {})).split('\n')[0]!).count;
    await until('all to be visible', async () => (await count()) === LINES.length);
    world.#now = Date.now();
    return world;
  }

  async #prepare(): Promise<void> {
    const use = { name: 'localhost', alternatives: ['localhost'], use: 'server' } as const;
    const { cert, key } = this.certificates.make('server', use);
    const web = `{address: '127.0.0.1:${this.port}', hosts: [logs.example.org], tls: {cert: ${cert}, key: ${key}}}`;
    const listen = `[{kind: tcp, name: tcp0, address: '127.0.0.1:0'}]`;
    const config = `data: ${this.#data}\nlisten: ${listen}\nweb: ${web}\nalerts: [${RULE}]\nmail: ${MAIL}\n`;
    writeFileSync(this.#config, config);
    for (const role of ROLES) await this.#addToken(role, ['--role', role]);
    await this.#addToken('limited', ['--role', 'admin', '--only', 'hostname:web1']);
  }

  async #addToken(name: string, flags: readonly string[]): Promise<void> {
    const made = await cordwood(['token', 'add', name, ...flags, '--config', this.#config]);
    assert.equal(made.code, 0, made.stderr);
    writeFileSync(this.tokenFile(name), made.stdout, { mode: 0o600 });
  }

  get server(): Server {
    return this.#server!;
  }

  get origin(): string {
    return `https://localhost:${this.port}`;
  }

  /** Starts the server, also after it was killed. */
  async restart(): Promise<void> {
    this.#server = await Server.start({ data: this.#data, config: this.#config });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }

  /** Writes a file beside the configuration. @returns its path */
  file(name: string, text: string): string {
    const path = join(this.#folder.path, name);
    writeFileSync(path, text);
    return path;
  }

  tokenFile(name: string): string {
    return join(this.#folder.path, `${name}.token`);
  }

  /** Flags of a command line on the spot. */
  here(): string[] {
    return ['--data', this.#data];
  }

  /** Flags of a command line on another machine. */
  there(token = 'admin', origin = this.origin): string[] {
    return ['--server', origin, '--token-file', this.tokenFile(token), '--ca', this.certificates.caFile];
  }

  /** Runs a command line in this process. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const [stdout, stderr] = [new Collected(), new Collected()];
    const code = await run(argv, SERVICES, {
      env: { CORDWOOD_CONFIG: '', PAGER: '', ...env },
      stdin: (async function* () {})(),
      stdout,
      stderr,
      now: () => this.#now,
      onInterrupt: () => ({ [Symbol.dispose]: () => {} }),
    });
    return { code, stdout: stdout.bytes.toString('latin1'), stderr: stderr.text };
  }
}

const refuse = () => Promise.reject(new Error('the store must not be opened'));
const SERVICES = {
  ...{ serve: refuse, pipeline: refuse, openLocal: refuse, checkStore: refuse },
  ...{ deadLetters: refuse, tryForward: refuse, copy: refuse, convert: refuse, backUp: refuse, restore: refuse },
};
