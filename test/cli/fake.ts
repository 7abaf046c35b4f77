import { Writable } from 'node:stream';
import type { Services, Terminal } from '../../src/cli/contract.ts';
import { run } from '../../src/cli/index.ts';
import type { Client, End, QuestionName } from '../../src/ask/contract.ts';
import type { LogMessage } from '../../src/model/message.ts';

export const NOW = Date.UTC(2026, 10, 22, 15, 20, 1);

/** A message of a well-behaved sender, with changes. */
export function message(change: Partial<LogMessage> = {}): LogMessage {
  return {
    _id: '01a2033f0c6800010000000000000001',
    received_at: new Date(NOW + 123),
    timestamp: new Date(NOW),
    facility: 4,
    severity: 6,
    level: 'info',
    hostname: 'web1',
    appname: 'sshd',
    procid: '1234',
    message: 'Accepted publickey',
    source: { ip: '192.0.2.7', port: 40_000, transport: 'tcp', listener: 'tcp0' },
    stream: 'default',
    format: 'rfc3164',
    flags: [],
    ...change,
  };
}

/** A standard stream that collects what is written. */
export class Collected extends Writable {
  text = '';
  bytes = Buffer.alloc(0);
  readonly isTTY: boolean;
  readonly columns = 80;

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    this.text = this.bytes.toString();
    done();
  }
}

type Asked = { readonly name: QuestionName; readonly params: Record<string, unknown> };
type Row = object;

/** The outcome of a command line. */
export type Outcome = {
  readonly code: number;
  readonly stdout: string;
  readonly bytes: Buffer;
  readonly stderr: string;
  readonly asked: Asked[];
};

export type World = {
  /** The answer to every question. */
  readonly rows?: readonly Row[];
  readonly end?: End;
  readonly error?: Error;
  readonly tty?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: readonly (string | Uint8Array)[];
  readonly services?: Partial<Services>;
};

/** Runs a command line without a server, over a store that answers as the world says. */
export async function runFake(argv: readonly string[], world: World = {}): Promise<Outcome> {
  const asked: Asked[] = [];
  const client: Client = {
    via: 'local',
    async *ask(name, params) {
      asked.push({ name, params });
      if (world.error) throw world.error;
      yield* (world.rows ?? []) as never[];
      return world.end ?? {};
    },
    async [Symbol.asyncDispose]() {},
  };
  const services: Services = {
    serve: async () => 0,
    openLocal: async () => client,
    checkStore: async () => [],
    convert: async () => ({ seen: 0, converted: 0 }),
    backUp: async () => ({ until: 0, bytes: 0 }),
    restore: async () => ({ until: 0, stored: 0 }),
    copy: async () => ({ messages: 0, streams: [] }),
    tryForward: async () => [],
    deadLetters: async () => ({ list: () => [], retry: async () => [] }),
    pipeline: async () => () => {},
    ...world.services,
  };
  const stdout = new Collected(world.tty);
  const stderr = new Collected();
  const terminal: Terminal = {
    env: { CORDWOOD_DATA: '/nonexistent/cordwood', CORDWOOD_CONFIG: '', PAGER: '', ...world.env },
    stdin: chunks(world.stdin ?? []),
    stdout,
    stderr,
    now: () => NOW,
    onInterrupt: () => ({ [Symbol.dispose]: () => {} }),
  };
  const code = await run(argv, services, terminal);
  return { code, stdout: stdout.text, bytes: stdout.bytes, stderr: stderr.text, asked };
}

async function* chunks(pieces: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
}
