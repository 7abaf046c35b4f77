import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HeldServer } from '../support/holder.ts';
import { freePort } from '../support/ports.ts';
import { Rsyslogd } from '../support/rsyslogd.ts';
import { cordwood } from '../support/server.ts';
import { SteadySender } from '../support/steady.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { buildPackage } from './package.ts';
import { milliseconds, say } from './table.ts';
import { expectCount, wrong } from './wrong.ts';

/** ms between a start and the next stop, and that what is on its way has in the end. */
const BETWEEN_MS = 1000;
const SETTLE_MS = 8000;

export type Job = { readonly restarts: number /** Lines a second of all senders together. */; readonly rate: number };

/** Lines sent and lost, by who sent them. */
export type Losses = {
  /** ms from SIGTERM until the next run serves, the median. */
  readonly ms: number;
  readonly of: Readonly<Record<string, { readonly sent: number; readonly lost: number }>>;
};

export type Results = { readonly ours: Losses; readonly rsyslogd: Losses };

/** Whoever takes lines over plain TCP and can be restarted in order. */
type Receiver = AsyncDisposable & {
  readonly address: string;
  /** Resolves when it serves again. */
  restart(): Promise<void>;
  /** How many lines of this program it has, each counted once. */
  count(program: string): Promise<number>;
};

/**
 * What restarts by SIGTERM cost three senders over plain TCP, each with a third of the rate: one that writes blindly, one
 * that looks before it sends, and a real rsyslogd with the configuration that `agent print` prints.
 */
export async function benchRestarts(bin: string, job: Job): Promise<Results> {
  return { ours: await within((folder) => ourselves(folder, bin), job), rsyslogd: await within(rsyslogd, job) };
}

async function within(open: (folder: string) => Promise<Receiver>, job: Job): Promise<Losses> {
  using folder = temporaryFolder();
  await using receiver = await open(folder.path);
  return await measure(receiver, folder.path, job);
}

async function measure(receiver: Receiver, folder: string, { restarts, rate }: Job): Promise<Losses> {
  const { address } = receiver;
  const input = await freePort();
  await using _agent = await startAgent(join(folder, 'agent'), input, address);
  const senders = [
    { name: 'blind', looks: false, address },
    { name: 'looking', looks: true, address },
    { name: 'rsyslogd', looks: false, address: `127.0.0.1:${input}` },
  ].map((options) => ({ name: options.name, sender: new SteadySender({ ...options, rate: rate / 3 }) }));
  const times: number[] = [];
  for (let round = 0; round < restarts; round++) {
    await sleep(BETWEEN_MS);
    const began = performance.now();
    await receiver.restart();
    times.push(performance.now() - began);
  }
  await sleep(BETWEEN_MS);
  for (const { sender } of senders) await sender.stop();
  await sleep(SETTLE_MS);
  const of: Record<string, { sent: number; lost: number }> = {};
  for (const { name, sender } of senders)
    of[name] = { sent: sender.sent, lost: sender.sent - (await receiver.count(name)) };
  return { ms: times.sort((a, b) => a - b)[times.length >> 1] ?? 0, of };
}

async function startAgent(folder: string, input: number, address: string): Promise<Rsyslogd> {
  const port = address.replace(/.*:/, '');
  const print = ['agent', 'print', 'rsyslog', '-q', '--transport', 'tcp', '--host', '127.0.0.1', '--port', port];
  const { stdout } = await cordwood(print);
  mkdirSync(folder);
  return Rsyslogd.start(folder, input, `${inputOf(input)}\n${stdout}`);
}

function inputOf(port: number): string {
  return `module(load="imtcp")\ninput(type="imtcp" port="${port}" address="127.0.0.1")`;
}

/** A server whose socket is held for it. What its runs say they received must be what is found. */
async function ourselves(data: string, bin: string): Promise<Receiver> {
  const listen = ['tcp://127.0.0.1:0'];
  const server = await HeldServer.start({ data, bin, sockets: ['tcp:0'], names: 'tcp0', listen });
  const search = async (...args: string[]) => (await cordwood([...args, '-q', '-S', 'all', '--data', data])).stdout;
  return {
    address: server.addresses[0]!,
    restart: async () => {
      await server.restart();
      await server.ready();
    },
    count: async (program) => distinct(await search('search', '-n', 'all', '-o', 'cat', '-t', program)),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      const received = [...server.output.matchAll(/"received":(\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
      expectCount('restarts: lines read and found', Number(await search('count')), received);
    },
  };
}

/** A peer, as its distribution runs it: it opens its socket itself, since imtcp takes none from systemd. */
async function rsyslogd(folder: string): Promise<Receiver> {
  const port = await freePort();
  const home = join(folder, 'receiver');
  const file = join(home, 'received');
  const config = `${inputOf(port)}\naction(type="omfile" file="${file}")`;
  mkdirSync(home);
  let running = await Rsyslogd.start(home, port, config);
  return {
    address: `127.0.0.1:${port}`,
    restart: async () => {
      const ended = once(running.child, 'exit');
      running.child.kill('SIGTERM');
      await ended;
      running = await Rsyslogd.start(home, port, config);
    },
    count: async (program) => {
      await until('the file', () => existsSync(file));
      const lines = readFileSync(file, 'utf8').split('\n');
      return distinct(lines.filter((line) => line.includes(` ${program}`)).join('\n'));
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function distinct(text: string): number {
  return new Set([...text.matchAll(/number (\d+)$/gm)].map(([, number]) => number)).size;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { restarts: { type: 'string', default: '10' }, rate: { type: 'string', default: '2000' } },
  });
  using built = buildPackage();
  const job = { restarts: Number(values.restarts), rate: Number(values.rate) };
  for (const [name, { ms, of }] of Object.entries(await benchRestarts(built.bin, job))) {
    say(`${name}: ${job.restarts} restarts at ${job.rate} lines/s, ${milliseconds(ms)} each`);
    for (const [sender, { sent, lost }] of Object.entries(of)) say(`  ${sender.padEnd(9)} lost ${lost} of ${sent}`);
  }
  for (const what of wrong) say(`WRONG: ${what}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
