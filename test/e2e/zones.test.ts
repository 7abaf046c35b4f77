import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { HOST_ZONES } from '../../src/hosts/contract.ts';
import type { StoreState } from '../../src/store/contract.ts';
import { openEmbeddedReader } from '../../src/store/embedded/index.ts';
import { hostZonesOf } from '../../src/hosts/host-zones.ts';
import { openMongoReader } from '../../src/store/mongo/index.ts';
import { mongoConfig } from '../support/mongo-config.ts';
import { needsMongod, startMongod } from '../support/mongod.ts';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const CONFIG = `
listen:
  - {kind: tcp, address: '127.0.0.1:0'}
  - {kind: tcp, address: '127.0.0.1:0', zone: America/New_York}
zone: Asia/Tokyo
zones:
  - {cidr: 127.0.0.2/31, zone: Asia/Kolkata}
  - {cidr: 127.0.0.3, zone: '-03:30'}
`;

/** From which address, to which listener, and the offset that the stamp must get. */
const CASES = [
  ['127.0.0.1', 'tcp0', '+09:00'],
  ['127.0.0.1', 'tcp1', 'New York'],
  ['127.0.0.2', 'tcp0', '+05:30'],
  ['127.0.0.2', 'tcp1', '+05:30'],
  ['127.0.0.3', 'tcp1', '-03:30'],
] as const;

/** `Mar  5 12:00:00` of that day. */
function bsdStamp(at: Date): string {
  const month = at.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' });
  return `${month} ${String(at.getUTCDate()).padStart(2)} 12:00:00`;
}

/** The instant of noon on that day where the case's clocks are. */
function noon(day: Date, offset: (typeof CASES)[number][2]): number {
  const date = day.toISOString().slice(0, 10);
  if (offset !== 'New York') return Date.parse(`${date}T12:00:00${offset}`);
  const hour = (at: number) =>
    Number(new Date(at).toLocaleString('en-US', { hour: '2-digit', hourCycle: 'h23', timeZone: 'America/New_York' }));
  return ['-04:00', '-05:00'].map((each) => Date.parse(`${date}T12:00:00${each}`)).find((at) => hour(at) === 12)!;
}

function dayFrom(now: number, days: number): Date {
  const day = new Date(now + days * DAY);
  // February 29 has no twin a year earlier.
  return day.getUTCMonth() === 1 && day.getUTCDate() === 29 ? new Date(day.getTime() + DAY) : day;
}

test('stamps without year and zone: the year nearest to arrival, the zone of network, listener, configuration', async () => {
  using folder = temporaryFolder();
  const [data, config] = [join(folder.path, 'data'), join(folder.path, 'cordwood.yaml')];
  writeFileSync(config, CONFIG);
  await using server = await Server.start({ data, config });
  const now = Date.now();
  // A day ahead of us can only be that of a year ago.
  const days = [dayFrom(now, -40), dayFrom(now, -3), dayFrom(now, 4)];
  const want: [string, string][] = [];
  for (const [from, listener, offset] of CASES) {
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port(listener)}`, from);
    for (const day of days) {
      const past = new Date(day);
      if (day.getTime() > now) past.setUTCFullYear(past.getUTCFullYear() - 1);
      const name = `case-${want.length}`;
      want.push([name, new Date(noon(past, offset)).toISOString()]);
      await sender.write(`<13>${bsdStamp(day)} host ${name}: text\n`);
    }
    await sender.end();
  }
  const search = ['search', '-o', 'json', '-q', '--data', data];
  const rows = await until('every line', async () => {
    const lines = (await cordwood(search)).stdout.split('\n').filter(Boolean);
    return lines.length === want.length && lines.map((line) => JSON.parse(line));
  });
  assert.deepEqual(
    rows.map(({ appname, timestamp }) => [appname, timestamp]),
    want,
  );
});

type Case = { readonly data: string; readonly config: string; readonly state: StoreState };

/** A zone that is set for a host while a server runs, and what becomes of its stamps: at once, and after `kill -9`. */
async function ownZone({ data, config, state }: Case): Promise<void> {
  const zones = hostZonesOf(state, Date.now);
  const day = dayFrom(Date.now(), -3);
  const noonUtc = Date.parse(`${day.toISOString().slice(0, 10)}T12:00Z`);
  let sent = 0;
  const hoursEast = async (sender: TcpSender): Promise<number> => {
    const name = `line-${sent++}`;
    await sender.write(`<13>${bsdStamp(day)} fw1 ${name}: text\n`);
    const search = ['search', '-o', 'json', '-q', '-t', name, '--data', data, '--config', config];
    const row = await until(name, async () => (await cordwood(search)).stdout.split('\n').find(Boolean));
    return (noonUtc - Date.parse(JSON.parse(row).timestamp)) / HOUR;
  };
  const readIn = async (server: Server, hours: number): Promise<void> => {
    await using sender = await TcpSender.connect(`127.0.0.1:${await server.port('tcp0')}`);
    await until(`stamps that are ${hours} h east`, async () => (await hoursEast(sender)) === hours);
  };
  {
    await using server = await Server.start({ data, config });
    await readIn(server, 9);
    await zones.set(new Map([['fw1', 'Asia/Kolkata']]));
    await readIn(server, 5.5);
  }
  await using again = await Server.start({ data, config });
  await using sender = await TcpSender.connect(`127.0.0.1:${await again.port('tcp0')}`);
  assert.equal(await hoursEast(sender), 5.5);
  await zones.set(new Map([['fw1', undefined]]));
  await readIn(again, 9);
}

const OTHERWISE = 'zone: Asia/Tokyo\n';

test('a zone that is set for a host counts from the next lines on, and after kill -9', async () => {
  using folder = temporaryFolder();
  const [data, config] = [join(folder.path, 'data'), join(folder.path, 'cordwood.yaml')];
  writeFileSync(config, `listen: [{kind: tcp, address: '127.0.0.1:0'}]\n${OTHERWISE}`);
  await using reader = await openEmbeddedReader({ folder: data, streams: [{ name: 'default' }], now: Date.now });
  await ownZone({ data, config, state: reader.state(HOST_ZONES) });
});

test('the same with MongoDB', { skip: await needsMongod() }, async () => {
  using folder = temporaryFolder();
  await using mongod = await startMongod();
  const target = { uri: mongod.uri, database: mongod.database() };
  const config = mongoConfig(folder.path, target);
  appendFileSync(config, OTHERWISE);
  const data = join(folder.path, 'data');
  await using reader = await openMongoReader(target, { folder: data, streams: [{ name: 'default' }], now: Date.now });
  await ownZone({ data, config, state: reader.state(HOST_ZONES) });
});
