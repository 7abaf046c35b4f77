import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { entries, ForwardLab } from '../forward/lab.ts';
import { HeldServer } from '../support/holder.ts';
import { freePort } from '../support/ports.ts';
import { Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';
import { say } from './table.ts';

/*
 * How a fleet of edges returns to a central server that was restarted: killed, ended in order, and with its socket held
 * meanwhile. Each edge is a destination with a cursor, a connection and beats of its own; this process holds them all,
 * and each sends a line a second. `node test/bench/fleet.ts [edges]`
 */

const [edges = 500] = process.argv.slice(2).map(Number);
const SECOND = 1000;

using folder = temporaryFolder();
const [port, held] = [await freePort(), await freePort()];
const configure = (name: string, at: number) => {
  const config = join(folder.path, `${name}.yaml`);
  writeFileSync(
    config,
    `listen: [{kind: relp, name: relp0, address: '127.0.0.1:${at}', relays: ['127.0.0.1'], max_frame: 68KiB}]\n`,
  );
  return { data: join(folder.path, name), config };
};

/** As many as the counters of one forwarder hold. */
const OF_LAB = 100;

/** Edges that forward to a port, with the waits of a real one. */
class Fleet implements AsyncDisposable {
  readonly #labs: ForwardLab[] = [];
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #lines = 0;

  constructor(to: number) {
    for (let from = 0; from < edges; from += OF_LAB) {
      // The waits of a real one.
      const lab = new ForwardLab({
        times: { firstRetry: undefined, lastRetry: undefined, beat: 10 * SECOND } as never,
      });
      const own = Array.from({ length: Math.min(OF_LAB, edges - from) }, (_, index) => ({
        ...{ kind: 'relp', name: `edge${from + index}`, to: [`127.0.0.1:${to}`], from: 'start' },
      }));
      lab.start(entries(...own));
      this.#labs.push(lab);
    }
    this.#ended = this.#send();
  }

  async #send(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#lines++;
      for (const lab of this.#labs) await lab.lines(this.#lines - 1, this.#lines);
      await sleep(SECOND);
    }
  }

  async #rows() {
    return (await Promise.all(this.#labs.map((lab) => lab.service().list()))).flat();
  }

  /** When each edge connected, ms since 1970; waits until all are. */
  async connections(since: number): Promise<number[]> {
    return await until(
      'all edges to be connected',
      async () => {
        const rows = await this.#rows();
        const at = rows.flatMap(({ status }) => status.connected?.since ?? []).filter((each) => each >= since);
        return at.length >= edges && at.sort((a, b) => a - b);
      },
      120_000,
    );
  }

  /** Ends the lines, and waits until all are sent. @returns how many there were */
  async finish(): Promise<number> {
    this.#stop.abort();
    await this.#ended;
    await until('all to be sent', async () => (await this.#rows()).every(({ sent }) => sent === this.#lines), 120_000);
    return this.#lines * edges;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#labs.map((lab) => lab[Symbol.asyncDispose]()));
  }
}

function report(what: string, left: number, returned: number, at: readonly number[]): void {
  const most = Math.max(...at.map((from) => at.filter((each) => each >= from && each < from + SECOND).length));
  const seconds = (ms: number) => (ms / SECOND).toFixed(1);
  say(
    `${what}: away for ${seconds(returned - left)} s; all ${at.length} connected ${seconds(at.at(-1)! - returned)} s after the ` +
      `return; at most ${most} within one second (${((100 * most) / edges).toFixed(1)} %)`,
  );
}

{
  const central = configure('central', port);
  let server = await Server.start(central);
  await using fleet = new Fleet(port);
  await fleet.connections(0);
  await sleep(6 * SECOND);
  for (const [signal, what] of [
    ['SIGKILL', 'killed'],
    ['SIGTERM', 'ended in order'],
  ] as const) {
    const left = Date.now();
    await server.kill(signal);
    server = await Server.start(central);
    const returned = Date.now();
    report(what, left, returned, await fleet.connections(left));
    await sleep(6 * SECOND);
  }
  const sent = await fleet.finish();
  await until(
    'all to be stored',
    async () => (await server.ask('count', { streams: 'all' })).includes(`"count":${sent}`),
    60_000,
  ).catch(() => {});
  say(`sent ${sent}; the central server counts ${await server.ask('count', {})}`);
  await server.kill();
}

mkdirSync(join(folder.path, 'held'));
await using holder = await HeldServer.start({
  ...configure('held', held),
  sockets: [`tcp:${held}`],
  names: 'relp0',
  listen: [],
});
await using fleet = new Fleet(held);
await fleet.connections(0);
await sleep(6 * SECOND);
const left = Date.now();
await holder.restart();
await holder.ready();
const returned = Date.now();
report('ended in order, its socket held', left, returned, await fleet.connections(left));
