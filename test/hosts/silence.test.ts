import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bucket } from '../../src/account/bucket.ts';
import { openCoverage } from '../../src/account/index.ts';
import { CoverageWriter } from '../../src/account/coverage-writer.ts';
import { storedHosts } from '../../src/hosts/ledger-state.ts';
import type { HostsService } from '../../src/hosts/contract.ts';
import { createHostsService } from '../../src/hosts/index.ts';
import { HostLedger } from '../../src/hosts/ledger.ts';
import { openMail } from '../../src/alert/delivery/notifiers/mail.ts';
import { mailSchema } from '../../src/alert/delivery/settings.ts';
import { Counters } from '../../src/base/counters.ts';
import { needsMongod } from '../support/mongod.ts';
import { Smtp } from '../support/smtp.ts';
import { Lab, type Line, MINUTE, START } from '../alert/lab.ts';
import { embedded, mongo, type Stores } from '../alert/stores.ts';

const NODE = 1;
/** Minutes between two rounds while nothing happens. */
const STEP = 60;
const COUNTED = ['full', 'failing', 'refused', 'failures'].map((what) => `spool.${what}`);
const HOUR = 60;
const DAY = 24 * HOUR;
/** Minutes after the start, which is a Monday at 09:00 UTC. */
const at = (day: number, hour: number, minute = 0): number => day * DAY + (hour - 9) * HOUR + minute;
/** When the nightly host sends: a message a minute, for twenty minutes. */
const NIGHT = [at(0, 26), at(0, 26, 20)] as const;

/** A receiver with its clock set by hand: what it stores, when it listens, and what it mails. */
class Site implements AsyncDisposable {
  readonly lab: Lab;
  readonly service: HostsService;
  readonly smtp: Smtp;
  readonly #stores: Stores;
  readonly #mail: ReturnType<typeof openMail>;
  #watch: CoverageWriter | undefined;
  /** Hosts that are silent although they normally send. */
  readonly dead = new Set<string>();

  constructor(stores: Stores, smtp: Smtp) {
    this.#stores = stores;
    this.smtp = smtp;
    const settings = mailSchema.parse({ from: 'logs@example.org', smtp: `smtp://127.0.0.1:${smtp.port}` });
    this.#mail = openMail({ settings, version: '1' });
    const state = (name: string) => stores.reader.state(name);
    const coverage = openCoverage({ state, nodes: async () => [NODE], running: NODE, now: () => this.lab.now });
    this.lab = new Lab([], { silence: ['ops@example.org'], store: stores, notifier: this.#mail, coverage });
    this.service = createHostsService(this.lab.world);
  }

  get #minute(): number {
    return (this.lab.now - START) / MINUTE;
  }

  /** Starts to listen, for the first time or again. */
  async listen(): Promise<void> {
    const now = () => this.lab.now;
    const state = (name: string) => this.#stores.writer.state(name);
    this.#watch = new CoverageWriter({ state, node: NODE, counters: new Counters(COUNTED), now, elapsed: now });
    await this.#watch.listening(['tcp0'], 0);
    this.lab.restart();
    await this.lab.round();
  }

  /** Stops cleanly; nothing arrives and nothing is judged until it listens again. */
  async stop(until: number): Promise<void> {
    await this.#watch!.end(new Bucket());
    this.lab.jumpTo(until);
    await this.listen();
  }

  /** Lets hosts send until this minute after the start, with a round every `step` minutes. */
  async liveTo(minute: number, step = 1): Promise<void> {
    while (this.#minute < minute) {
      const next = Math.min(this.#minute + step, minute);
      const lines: Line[] = [];
      for (let each = this.#minute; each < next; each++) lines.push(...this.#linesOf(each));
      if (lines.length > 0) await this.lab.arrive(lines, { at: START + (next - 1) * MINUTE });
      await this.lab.passTo(next, step);
      await this.#watch!.sample();
    }
  }

  #linesOf(minute: number): Line[] {
    const time = minute % DAY;
    const nightly = time >= NIGHT[0] % DAY && time < NIGHT[1] % DAY;
    const hosts = ['web1', ...(nightly ? ['backup1'] : [])].filter((host) => !this.dead.has(host));
    return hosts.map((host) => ({ text: 'hello', host, minute }));
  }

  get subjects(): string[] {
    return this.smtp.mails.map(({ mail }) => mail.subject!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mail[Symbol.asyncDispose]();
  }
}

async function silence(stores: Stores): Promise<void> {
  await using smtp = await Smtp.start();
  await using site = new Site(stores, smtp);
  const { lab, service, dead } = site;
  const silent = async () =>
    (await service.list()).filter((row) => row.silentSince !== undefined).map(({ host }) => host);
  await site.listen();
  await service.expect(['db7']);
  await site.liveTo(at(1, 11), STEP);
  // A day after it was expected.
  assert.deepEqual(site.subjects, ['[SILENT] db7: expected, but has never sent a message']);
  await service.retire('db7');
  await site.liveTo(at(1, 12), STEP);
  assert.deepEqual(await silent(), []);

  // The server is stopped for two hours; afterwards a host sends a few minutes late.
  await site.liveTo(at(2, 12), STEP);
  await site.stop(at(2, 14));
  dead.add('web1');
  await site.liveTo(at(2, 14, 4));
  dead.delete('web1');
  await site.liveTo(at(2, 16), STEP);
  assert.deepEqual(site.subjects.slice(1), [], 'downtime is not silence');

  // Three nights and noons; the nightly host is silent at every noon.
  await site.liveTo(at(3, 16), STEP);
  assert.deepEqual(site.subjects.slice(1), []);

  // The other host goes silent at four; a restart in between sends no notice.
  dead.add('web1');
  const allowed = Math.ceil((await allowedFor(lab, 'web1')) / MINUTE);
  await site.liveTo(at(3, 15, 59) + allowed - 1);
  assert.deepEqual(site.subjects.slice(1), []);
  await site.liveTo(at(3, 15, 59) + allowed + 5);
  assert.match(site.subjects[1]!, /^\[SILENT\] web1: no message for \d+m \(usually every 1m\)$/);
  assert.equal(smtp.mails[1]!.mail.headers.get('x-log-host'), 'web1');
  await site.stop(at(3, 16, 30));
  await site.liveTo(at(3, 17));
  assert.deepEqual(await silent(), ['web1']);
  dead.delete('web1');
  await site.liveTo(at(3, 17, 5));
  assert.match(site.subjects[2]!, /^\[OK\] web1: sends again$/);
  assert.deepEqual(await silent(), []);

  // The nightly host misses its night: it is reported some hours after its longest silence so far.
  dead.add('backup1');
  const night = Math.ceil((await allowedFor(lab, 'backup1')) / MINUTE);
  assert.ok(night > 24 * HOUR && night < 32 * HOUR, String(night));
  await site.liveTo(at(3, 16, 30) + night - STEP, STEP);
  assert.deepEqual(site.subjects.slice(3), []);
  await site.liveTo(at(3, 16, 30) + night + 5, STEP);
  assert.match(site.subjects[3]!, /^\[SILENT\] backup1: no message for 1d \d+h \(usually every /);
  await service.retire('backup1');
  await site.liveTo(at(5, 9), STEP);
  assert.deepEqual(await silent(), []);
  assert.equal(site.subjects.length, 4, 'a retired host is not reported to send again');
}

/** How long a host may be silent by what was learned, ms. */
async function allowedFor(lab: Lab, name: string): Promise<number> {
  const rows = await storedHosts(lab.world.state);
  return new HostLedger(rows).due(name)! - rows.find(({ host }) => host === name)!.last;
}

test('silence is mailed within minutes, and never for times in which the server was not listening', async () => {
  await using stores = await embedded();
  await silence(stores);
});

const skip = await needsMongod({ own: true });
test('silence is mailed within minutes with MongoDB, too', { skip }, async () => {
  await using stores = await mongo();
  await silence(stores);
});
