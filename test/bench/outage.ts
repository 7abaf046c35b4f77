import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/ports.ts';
import { RelpSender } from '../support/relp.ts';
import { BIN, Server } from '../support/server.ts';
import { TcpSender, UdpSender } from '../support/senders.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { say } from './table.ts';
import { quantile, usageOf } from './usage.ts';

/*
 * What an outage of the central server costs at the edge, and how soon all is there afterwards. Two edges get the same
 * lines at the same time, a third each by UDP, TCP and RELP: one forwards, and its twin does not. So whatever else the
 * machine does disturbs both. Instead of a long outage, more lines may come in during a short one:
 * `node test/bench/outage.ts [seconds away] [lines a second] [lines more, while it is away]`
 */

const [away = 20, rate = 2000, more = 0] = process.argv.slice(2).map(Number);
const BEFORE = Math.min(60, away);
/** Lines are written this often, ms. */
const BEAT_MS = 5;

type Phase = 'before' | 'away' | 'after';

/** An edge, what is sent to it, and how long its acknowledgements took, ms. */
class Edge {
  readonly server: Server;
  readonly #relp: RelpSender;
  readonly #tcp: TcpSender;
  readonly #udp: UdpSender;
  readonly took: Record<Phase, number[]> = { before: [], away: [], after: [] };
  readonly #sentAt: number[] = [0];
  #seen = 1;
  sent = 0;

  private constructor(server: Server, relp: RelpSender, tcp: TcpSender, udp: UdpSender) {
    this.server = server;
    this.#relp = relp;
    this.#tcp = tcp;
    this.#udp = udp;
  }

  static async start(name: string, folder: string, forward: string): Promise<Edge> {
    const config = join(folder, `${name}.yaml`);
    const listen = ['relp', 'tcp', 'udp'].map((kind) => `{kind: ${kind}, name: ${kind}0, address: '127.0.0.1:0'}`);
    writeFileSync(config, `listen: [${listen.join(', ')}]\n${forward}`);
    const server = await Server.start({ data: join(folder, name), config });
    const address = async (listener: string) => `127.0.0.1:${await server.port(listener)}`;
    const edge = new Edge(
      server,
      await RelpSender.open(await address('relp0')),
      await TcpSender.connect(await address('tcp0')),
      await UdpSender.open(await address('udp0')),
    );
    return edge;
  }

  /** Sends so many lines by each transport. */
  send(lines: number): void {
    const texts = (via: string) =>
      Array.from(
        { length: lines },
        (_, index) =>
          `<38>1 - web${(this.sent + index) % 50} sshd ${via} - - Accepted publickey for user${index} from 10.0.0.7 port ${this.sent + index}`,
      );
    const now = performance.now();
    for (let index = 0; index < lines; index++) this.#sentAt.push(now);
    void this.#relp.send(texts('relp'));
    void this.#tcp.write(`${texts('tcp').join('\n')}\n`);
    for (const text of texts('udp')) void this.#udp.send(text);
    this.sent += lines;
  }

  /** Takes the times of the acknowledgements that came. */
  look(phase: Phase): void {
    const now = performance.now();
    for (; this.#seen < this.#relp.answers.length; this.#seen++) this.took[phase].push(now - this.#sentAt[this.#seen]!);
  }

  /** Looks when answers come, not at the next beat. */
  watch(phase: () => Phase): void {
    this.#relp.socket.on('data', () => this.look(phase()));
  }

  async stored(): Promise<number> {
    return (await this.server.stats()).counters['writer.messages'] ?? 0;
  }
}

using folder = temporaryFolder();
const port = await freePort();
const config = join(folder.path, 'central.yaml');
writeFileSync(
  config,
  `listen:\n  - {kind: relp, address: '127.0.0.1:${port}', relays: ['127.0.0.1'], max_frame: 68KiB}\n`,
);
const startCentral = () => Server.start({ data: join(folder.path, 'central'), config });
let central = await startCentral();
const to = `forward: [{kind: relp, name: central, to: ['127.0.0.1:${port}'], from: start, window: 4096}]\n`;
const edges = { forwards: await Edge.start('edge', folder.path, to), twin: await Edge.start('twin', folder.path, '') };
const both = Object.values(edges);

let phase: Phase = 'before';
let stopped = false;
for (const edge of both) edge.watch(() => phase);
const began = performance.now();
const sending = (async () => {
  while (!stopped) {
    const due = Math.floor(((performance.now() - began) / 1000) * (rate / 3)) - edges.twin.sent;
    // In turns, so that neither is always the first one.
    if (due > 0) for (const edge of edges.twin.sent % 2 === 0 ? both : both.toReversed()) edge.send(due);
    await sleep(BEAT_MS);
  }
})();

await sleep(BEFORE * 1000);
const memoryBefore = usageOf(edges.forwards.server.child.pid!).memory;
await central.kill('SIGKILL');
phase = 'away';
say(`${BEFORE} s with everything there are over; the central server is away for ${away} s`);
await sleep(away * 1000);
if (more > 0) {
  const target = `127.0.0.1:${await edges.forwards.server.port('tcp0')}`;
  const args = ['--target', target, '--lines', String(more)];
  const sender = spawn(process.execPath, [join(import.meta.dirname, 'sender.ts'), ...args], { stdio: 'ignore' });
  await once(sender, 'exit');
}
const memoryAway = usageOf(edges.forwards.server.child.pid!).memory;
phase = 'after';
central = await startCentral();
const returned = performance.now();

const sentBefore = (await edges.forwards.server.stats()).counters['forward.central.sent']!;
const spentBefore = usageOf(edges.forwards.server.child.pid!).cpu;
const behind = async () => (await edges.forwards.server.stats()).counters['forward.central.behind'] ?? Infinity;
await until(
  'the edge to be connected',
  async () => (await edges.forwards.server.stats()).counters['forward.central.connected'] === 1,
  120_000,
);
const connected = performance.now();

await until('the edge to be up to date', async () => (await behind()) < 2000, 600_000);
const complete = performance.now();
const cpu = (server: Server) => usageOf(server.child.pid!).cpu;
const spent = { edge: cpu(edges.forwards.server) - spentBefore, central: cpu(central) };
const drained = (await edges.forwards.server.stats()).counters['forward.central.sent']! - sentBefore;
await sleep(5000);
stopped = true;
await sending;
const total = edges.forwards.sent * 3 + more;
for (const edge of both) {
  const own = edge === edges.forwards ? total : total - more;
  await until('all to be stored', async () => (await edge.stored()) >= own, 60_000).catch(() => {});
}
const countOf = (data: string, query = '') =>
  Number(
    /^\d+/.exec(
      execFileSync(process.execPath, [BIN, 'count', '-S', 'all', '--data', data, ...(query ? [query] : [])]).toString(),
    )![0],
  );
await until(
  'all to be at the central server',
  () => countOf(central.data) >= countOf(edges.forwards.server.data),
  60_000,
).catch(() => {});

for (const one of ['before', 'away', 'after'] as const) {
  const [ours, twin] = both.map(({ took }) => took[one]);
  const [p99, without] = [quantile(ours!, 0.99), quantile(twin!, 0.99)];
  const [p50, median] = [quantile(ours!, 0.5), quantile(twin!, 0.5)];
  say(
    `${one}: RELP acknowledged in ${p50.toFixed(1)} ms, 99 % in ${p99.toFixed(1)} ms; the twin ${median.toFixed(1)} and ` +
      `${without.toFixed(1)} ms: ${(p99 / without).toFixed(2)} times; ${ours!.length} acknowledgements`,
  );
}
const seconds = (from: number, until: number) => ((until - from) / 1000).toFixed(1);
say(
  `connected ${seconds(returned, connected)} s after the return, up to date ${seconds(returned, complete)} s after it`,
);
const rateOf = (from: number) => Math.round(drained / ((complete - from) / 1000));
say(
  `${drained} forwarded meanwhile, ${rateOf(connected)}/s once connected; CPU seconds: edge ${spent.edge.toFixed(1)}, ` +
    `central server ${spent.central.toFixed(1)}`,
);
const [edge, twin, there] = [edges.forwards.server.data, edges.twin.server.data, central.data].map((data) =>
  countOf(data),
);
const udp = both.map(({ server, sent }) => sent - countOf(server.data, 'source.transport:udp'));
say(
  `sent ${total}; at the edge ${edge}, at its twin ${twin}, at the central server ${there}; UDP lost ${udp.join(' and ')}`,
);
say(
  `memory of the edge: ${(memoryBefore / 2 ** 20).toFixed(0)} MiB before, ${(memoryAway / 2 ** 20).toFixed(0)} MiB at the end of the outage`,
);
for (const server of [central, ...both.map((one) => one.server)]) await server.kill();
process.exit(edge === total && there === total ? 0 : 1);
