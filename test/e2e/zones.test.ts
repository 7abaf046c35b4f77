import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TcpSender } from '../support/senders.ts';
import { cordwood, Server } from '../support/server.ts';
import { temporaryFolder } from '../support/tmp.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
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
