import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '../support/server.ts';
import { TcpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { buildPackage } from './package.ts';
import { say } from './table.ts';
import { quantile } from './usage.ts';
import { expectCount, wrong } from './wrong.ts';

const CONNECTIONS = 4;
/** Messages a second, over all connections. */
const RATE = 20_000;
/** A connection sends this often, ms. */
const BEAT_MS = 10;
/** Lines of a connection in each beat. */
const PER_BEAT = Math.round((RATE * BEAT_MS) / 1000 / CONNECTIONS);
/** How long after the last line the follower may still be waiting for it, ms. */
const DEADLINE_MS = 30_000;

export type FollowResult = {
  readonly sent: number;
  readonly seen: number;
  readonly outOfOrder: number;
  /** ms from a line's sending until the follower has printed it. */
  readonly lag: { readonly median: number; readonly worst: number };
};

/** `cordwood search -f` beside 20,000 messages a second: each message once, and in the order of its connection. */
export async function benchFollower(bin: string, seconds: number): Promise<FollowResult> {
  using folder = temporaryFolder();
  await using server = await Server.start({ data: folder.path, bin, listen: ['tcp://127.0.0.1:0'] });
  const address = `127.0.0.1:${await server.port('tcp0')}`;
  await using senders = new AsyncDisposableStack();
  const connections: TcpSender[] = [];
  for (let n = 0; n < CONNECTIONS; n++) connections.push(senders.use(await TcpSender.connect(address)));
  const follower = new Follower(bin, folder.path);
  try {
    await connections[0]!.write(line('begin', 0));
    await until('the follower to follow', () => follower.begun);
    const sent = await sendAll(connections, follower, seconds);
    await until('the follower to see the last line', () => follower.seen >= sent, DEADLINE_MS).catch(() => {});
    // What would be seen twice has time to show up.
    await sleep(1000);
    expectCount('lines that the follower showed', follower.seen, sent);
    if (follower.outOfOrder > 0) wrong.push(`the follower showed ${follower.outOfOrder} lines out of order or twice`);
    const lag = { median: quantile(follower.lags, 0.5), worst: Math.max(...follower.lags) };
    say(
      `follower: ${sent} sent, ${follower.seen} seen, ${follower.outOfOrder} out of order, lag ${JSON.stringify(lag)} ms`,
    );
    return { sent, seen: follower.seen, outOfOrder: follower.outOfOrder, lag };
  } finally {
    await follower.end();
  }
}

async function sendAll(connections: readonly TcpSender[], follower: Follower, seconds: number): Promise<number> {
  const beats = Math.round((seconds * 1000) / BEAT_MS);
  const started = performance.now();
  for (let beat = 0; beat < beats; beat++) {
    const early = started + beat * BEAT_MS - performance.now();
    if (early > 1) await sleep(early);
    follower.sentAt.push(performance.now());
    const from = beat * PER_BEAT;
    await Promise.all(
      connections.map((connection, index) =>
        connection.write(Array.from({ length: PER_BEAT }, (_, n) => line(`c${index}`, from + n)).join('')),
      ),
    );
  }
  return beats * PER_BEAT * CONNECTIONS;
}

function line(connection: string, number: number): string {
  return `<14>1 - web-01.ams1.example.org bench - - - ${connection} ${number} of what a program has to say in a while\n`;
}

/** The follower's process, and what came of its lines. */
class Follower {
  begun = false;
  seen = 0;
  outOfOrder = 0;
  readonly lags: number[] = [];
  /** When each beat began. */
  readonly sentAt: number[] = [];
  readonly #child: ChildProcess;
  readonly #next = new Map<string, number>();
  #rest = '';

  constructor(bin: string, data: string) {
    this.#child = spawn(process.execPath, [bin, 'search', '-f', '-o', 'cat', '--data', data], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => this.#take(text));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const one of lines) this.#check(one);
    const last = /^c\d (\d+) /.exec(lines.at(-1) ?? '')?.[1];
    if (last === undefined) return;
    const sentAt = this.sentAt[Math.floor(Number(last) / PER_BEAT)];
    if (sentAt !== undefined) this.lags.push(performance.now() - sentAt);
  }

  #check(text: string): void {
    const [connection = '', number = ''] = text.split(' ', 2);
    if (connection === 'begin') {
      this.begun = true;
      return;
    }
    this.seen++;
    if (Number(number) !== (this.#next.get(connection) ?? 0)) this.outOfOrder++;
    this.#next.set(connection, Number(number) + 1);
  }
}

if (import.meta.main) {
  using built = buildPackage();
  await benchFollower(built.bin, process.argv.includes('--quick') ? 10 : 60);
  for (const what of wrong) say(`WRONG: ${what}`);
}
