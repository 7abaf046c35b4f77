import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogMessage } from '../../src/model/message.ts';
import { account, assertBalance } from './accounts.ts';
import { freePort } from '../support/ports.ts';
import { RelpSender } from '../support/relp.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

/** Lines of an agent, and how often edge and central are killed meanwhile. */
const LINES = Number(process.env['CORDWOOD_EDGE_LINES'] ?? 4000);
const KILLS = Number(process.env['CORDWOOD_EDGE_KILLS'] ?? 2);
/** Lines that the agent has on their way. */
const WINDOW = Number(process.env['CORDWOOD_EDGE_WINDOW'] ?? 100);

/** An edge with a RELP listener for agents, and a central server, each in a data folder of its own. */
class Site implements AsyncDisposable {
  readonly folder: string;
  readonly ports: { readonly edge: number; readonly central: number };
  edge: Server | undefined;
  central: Server | undefined;

  private constructor(folder: string, ports: Site['ports']) {
    this.folder = folder;
    this.ports = ports;
    const central = `listen:\n  - {kind: relp, address: '127.0.0.1:${ports.central}', relays: ['127.0.0.1'], max_frame: 68KiB}\n`;
    writeFileSync(join(folder, 'central.yaml'), central);
    const forward = `forward:\n  - {kind: relp, name: central, to: ['127.0.0.1:${ports.central}'], from: start}\n`;
    writeFileSync(
      join(folder, 'edge.yaml'),
      `listen:\n  - {kind: relp, name: agents, address: '127.0.0.1:${ports.edge}'}\n${forward}`,
    );
  }

  static async in(folder: string): Promise<Site> {
    return new Site(folder, { edge: await freePort(), central: await freePort() });
  }

  data(which: 'edge' | 'central'): string {
    return join(this.folder, which);
  }

  /** Starts one, without waiting for it. */
  start(which: 'edge' | 'central', env: Record<string, string> = {}): Server {
    const server = new Server({ data: this.data(which), config: join(this.folder, `${which}.yaml`), listen: [], env });
    this[which] = server;
    return server;
  }

  async ready(which: 'edge' | 'central'): Promise<void> {
    await until(`${which} to be ready`, () => this[which]!.health().catch(() => false), 60_000);
  }

  async found(which: 'edge' | 'central', query: readonly string[] = []): Promise<LogMessage[]> {
    const args = ['search', '-S', 'all', '-n', 'all', '-o', 'json', '--data', this.data(which), ...query];
    const { stdout, code, stderr } = await cordwood(args);
    assert.equal(code, 0, stderr);
    return stdout.split('\n').flatMap((text) => (text === '' ? [] : [JSON.parse(text) as LogMessage]));
  }

  async count(which: 'edge' | 'central'): Promise<number> {
    const { stdout } = await cordwood(['count', '-S', 'all', '--data', this.data(which)]);
    return Number(/^\d+/.exec(stdout)?.[0] ?? -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.edge?.kill();
    await this.central?.kill();
  }
}

const lineOf = (number: number): string =>
  `<38>1 2026-11-22T16:20:01.5+01:00 host${number % 5} agent ${number} - - number ${number}`;

/** Sends lines to the edge as an agent does: again from the first unacknowledged one after each break. */
async function send(port: number, from: number, to: number, paceMs = 0): Promise<void> {
  let done = from;
  while (done < to) {
    await using sender = await RelpSender.open(`127.0.0.1:${port}`).catch(() => null!);
    if (!sender) {
      await sleep(50);
      continue;
    }
    const first = done;
    while (done < to && !sender.socket.destroyed) {
      const next = Array.from({ length: Math.min(WINDOW, to - done) }, (_, index) => lineOf(done + index));
      await sender.send(next).catch(() => {});
      await until('answers', () => sender.socket.destroyed || sender.answers.length === sender.sent).catch(() => {});
      done = first + Math.max(0, sender.answers.length - 1);
      if (paceMs > 0) await sleep(paceMs);
    }
  }
}

const numbers = (messages: readonly LogMessage[]): number[] => messages.map(({ procid }) => Number(procid));

test(`${LINES} lines from an agent over an edge to a central server, each killed ${KILLS} times: none is lost, each is there once and in order`, async () => {
  using folder = temporaryFolder();
  await using site = await Site.in(folder.path);
  site.start('central');
  site.start('edge');
  await Promise.all([site.ready('central'), site.ready('edge')]);
  const sending = send(site.ports.edge, 0, LINES, 20);
  for (let kill = 0; kill < KILLS; kill++) {
    for (const which of ['edge', 'central'] as const) {
      await sleep(300 + Math.random() * 1200);
      await site[which]!.kill('SIGKILL');
      site.start(which);
      await site.ready(which);
    }
  }
  await sending;
  // What an agent sent twice is stored twice at the edge, and flagged there; it is forwarded as it is.
  const atEdge = await site.found('edge');
  await until('the central server to have all', async () => (await site.count('central')) >= atEdge.length, 60_000);
  const there = await site.found('central');
  assert.deepEqual(numbers(there), numbers(atEdge));
  assert.equal(new Set(numbers(there)).size, LINES);
  assert.deepEqual(
    there.map(({ source, flags }) => [
      source.listener,
      source.transport,
      flags.filter((one) => one !== 'possible_duplicate'),
    ]),
    atEdge.map(({ source, flags }) => [
      source.listener,
      source.transport,
      flags.filter((one) => one !== 'possible_duplicate'),
    ]),
  );
  const books = await cordwood(['account', '-S', 'all', '--data', site.data('central')]);
  assert.equal(books.code, 0, books.stdout);
  const relays = async () =>
    JSON.parse((await cordwood(['nodes', '-o', 'json', '--data', site.data('central')])).stdout).relays;
  await until(
    'the beat that says that nothing is missing',
    async () => (await relays())?.[0]?.sent === atEdge.length,
    30_000,
  );
  const [relay] = await relays();
  assert.deepEqual([relay.taken, relay.missing, relay.waiting], [atEdge.length, 0, 0]);
  // The books of both: what the edge stored, sent and has not lost is what the central server took, each once.
  // What a killed server had stored already is settled some moments after the start.
  const settled = async (which: 'edge' | 'central') => (await account(site.data(which))).total.waiting === 0;
  await until('both accounts to be settled', async () => (await settled('edge')) && (await settled('central')));
  const [here, central] = [await account(site.data('edge'), true), await account(site.data('central'), true)];
  for (const told of [here, central]) assertBalance(told);
  const { stored, dropped } = central.total;
  assert.deepEqual([here.total.stored, here.total.lost, here.total.dead], [atEdge.length, 0, 0]);
  assert.deepEqual([stored, central.total.lost, central.total.dead], [here.total.stored, 0, 0]);
  const [origin] = central.relays!;
  assert.deepEqual([origin!.sent, origin!.taken, origin!.missing], [here.total.stored, stored, 0]);
  const beats = central.stages.find(({ name }) => name === 'relay.beat')!.dropped;
  assert.equal(dropped, origin!.again + beats, 'everything else that it received was a repetition or a beat');
});

test('an edge whose data folder is set back to a copy loses no later line, and nothing else is stored twice', async () => {
  using folder = temporaryFolder();
  await using site = await Site.in(folder.path);
  site.start('central');
  site.start('edge');
  await Promise.all([site.ready('central'), site.ready('edge')]);
  const copy = join(folder.path, 'copy');
  await send(site.ports.edge, 0, 300);
  await until('300 at the central server', async () => (await site.count('central')) === 300, 60_000);
  // Stopped in order, the spool goes on with the next number: numbers after it are given out twice.
  await site.edge!.kill('SIGTERM');
  cpSync(site.data('edge'), copy, { recursive: true });
  site.start('edge');
  await site.ready('edge');
  await send(site.ports.edge, 300, 600);
  await until('600 at the central server', async () => (await site.count('central')) === 600, 60_000);
  await site.edge!.kill('SIGTERM');
  rmSync(site.data('edge'), { recursive: true });
  cpSync(copy, site.data('edge'), { recursive: true });
  site.start('edge');
  await site.ready('edge');
  await send(site.ports.edge, 1000, 1400);
  await until('the later lines', async () => (await site.count('central')) >= 1000, 60_000);
  const all = numbers(await site.found('central'));
  const expected = [...Array(600).keys(), ...Array.from({ length: 400 }, (_, index) => 1000 + index)];
  assert.deepEqual(all, expected);
  assert.match(site.central!.output, /a relay was set back to an earlier state/);
});

test('two servers that forward to each other stop after one round', async () => {
  using folder = temporaryFolder();
  const ports = [await freePort(), await freePort()];
  const start = (own: number): Promise<Server> => {
    const config = join(folder.path, `${own}.yaml`);
    const listen = `listen:\n  - {kind: relp, address: '127.0.0.1:${ports[own]}', relays: ['127.0.0.1'], max_frame: 68KiB}\n`;
    const to = `forward:\n  - {kind: relp, name: other, to: ['127.0.0.1:${ports[1 - own]}'], from: start}\n`;
    writeFileSync(config, listen + to);
    return Server.start({ data: join(folder.path, String(own)), config, listen: [] });
  };
  await using one = await start(0);
  await using other = await start(1);
  await send(ports[0]!, 0, 50);
  const counted = async (server: Server, name: string) => (await server.stats()).counters[name] ?? 0;
  await until('the lines to come back', async () => (await counted(one, 'relay.loop')) === 50, 60_000);
  await sleep(1500);
  assert.equal(await counted(one, 'writer.messages'), 50);
  assert.equal(await counted(other, 'writer.messages'), 50);
  assert.deepEqual([await counted(one, 'relay.loop'), await counted(other, 'relay.loop')], [50, 0]);
  assert.match(one.output, /servers forward to each other in a circle/);
  const account = await cordwood(['account', '-S', 'all', '--verify', '--data', join(folder.path, '0')]);
  assert.equal(account.code, 0, account.stdout);
});
