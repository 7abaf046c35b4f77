import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeOf } from '../../src/model/id.ts';
import { EventStream } from '../support/event-stream.ts';
import { freePort } from '../support/ports.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** `CORDWOOD_TAIL=20,100,2000`: kills of the server, cuts of the connection, lines a second. */
const [KILLS, CUTS, PER_SECOND] = (process.env['CORDWOOD_TAIL'] ?? '4,20,500').split(',').map(Number) as [
  number,
  number,
  number,
];
/** A connection is cut after so many bytes of its answer, at most. */
const MOST_BYTES = 200_000;

/** Passes connections on to a port, and cuts each after some bytes of the answer. */
class Cutter implements AsyncDisposable {
  cuts = 0;
  /** Whether connections are still cut. */
  isCutting = true;
  readonly #sockets = new Set<Socket>();
  readonly #server;

  constructor(target: number) {
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      let left = this.isCutting ? 1 + Math.floor(Math.random() * MOST_BYTES) : Infinity;
      for (const socket of [client, server]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          client.destroy();
          server.destroy();
          this.#sockets.delete(socket);
        });
      }
      client.pipe(server);
      server.on('data', (chunk) => {
        client.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left > 0) return;
        this.cuts++;
        client.end();
        server.destroy();
      });
    });
  }

  async port(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as { port: number }).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}

/** Sends lines at a steady rate, until disposed of or cut off. */
class Lines implements Disposable {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  #count = 0;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1').on('error', () => {});
    this.#timer = setInterval(() => {
      let lines = '';
      // A busy machine calls late: then more is due.
      const due = ((performance.now() - this.#began) / 1000) * PER_SECOND;
      while (this.#count < due) lines += `<14>1 - host app - - - number ${this.#count++}\n`;
      if (!this.#socket.destroyed) this.#socket.write(lines);
    }, 50);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#socket.end();
  }
}

/** Follows as a browser does: connects again after each break, at the last id, and skips what it has. */
class Follower implements Disposable {
  readonly ids: string[] = [];
  readonly #last = new Map<number, string>();
  readonly #stop = new AbortController();
  #cursor = '';

  async run(port: number, token: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#once(port, token).catch(() => {});
      await sleep(20);
    }
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }

  async #once(port: number, token: string): Promise<void> {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(this.#cursor && { 'last-event-id': this.#cursor }),
    };
    using stream = await EventStream.open(port, '/api/v1/tail?since=all', headers, this.#stop.signal);
    if (stream.status !== 200) return;
    for await (const { event, id, data } of stream.events()) {
      if (id !== undefined) this.#cursor = id;
      if (event === 'lines') for (const { _id } of data as { _id: string }[]) this.#take(_id);
    }
  }

  #take(id: string): void {
    const node = nodeOf(id);
    if (id <= (this.#last.get(node) ?? '')) return;
    this.#last.set(node, id);
    this.ids.push(id);
  }
}

async function storedIds(data: string): Promise<string[]> {
  const { stdout } = await cordwood(['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', data, '-q']);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { _id: string })._id)
    .sort();
}

test(`a follower gets every message once over ${KILLS} kills of the server and ${CUTS} cuts of its connection`, async (t) => {
  using folder = temporaryFolder();
  const data = join(folder.path, 'data');
  const config = join(folder.path, 'cordwood.yaml');
  const [syslog, web] = [await freePort(), await freePort()];
  const listen = `listen: [{kind: tcp, name: tcp0, address: '127.0.0.1:${syslog}'}]`;
  writeFileSync(config, `data: ${data}\n${listen}\nweb: {address: '127.0.0.1:${web}'}\n`);
  const made = await cordwood(['token', 'add', 'follower', '--role', 'read', '--config', config]);
  assert.equal(made.code, 0, made.stderr);

  await using cutter = new Cutter(web);
  using follower = new Follower();
  const following = follower.run(await cutter.port(), made.stdout.trim());
  for (let round = 0; round <= KILLS; round++) {
    await using server = await Server.start({ data, config });
    using lines = new Lines(syslog);
    const [cuts, got] = [cutter.cuts, follower.ids.length];
    const wanted = Math.ceil(CUTS / (KILLS + 1));
    await until(
      'lines to come, and cuts',
      () => cutter.cuts >= cuts + wanted && follower.ids.length > got + PER_SECOND,
    );
    if (round < KILLS) {
      await server.kill('SIGKILL');
      continue;
    }
    lines[Symbol.dispose]();
    cutter.isCutting = false;
    await until('everything to be stored and read', async () => {
      const before = follower.ids.length;
      await sleep(1500);
      return follower.ids.length === before && (await storedIds(data)).length <= before;
    });
    follower[Symbol.dispose]();
    await following;
    const stored = await storedIds(data);
    t.diagnostic(`${stored.length} messages, ${cutter.cuts} cuts, ${KILLS} kills`);
    assert.equal(new Set(follower.ids).size, follower.ids.length, 'none twice');
    assert.deepEqual([...follower.ids].sort(), stored, 'none missing');
  }
});
