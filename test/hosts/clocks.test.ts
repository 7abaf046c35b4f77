import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSteady, leadOf } from '../../src/hosts/clocks.ts';
import { diagnose } from '../../src/hosts/diagnosis.ts';
import { ZoneIndex } from '../../src/hosts/zone-index.ts';
import { hostsServiceOf, Lab, type Line, MINUTE, START } from '../alert/lab.ts';

const HOUR = 60 * MINUTE;
const QUARTER = 15 * MINUTE;
const JULY = Date.UTC(2026, 6, 1);

/** A lab with a host ledger, after this many minutes with these messages in each. */
async function after(minutes: number, lines: (minute: number) => readonly Line[], zone = 'UTC'): Promise<Lab> {
  const lab = new Lab([], { silence: [] });
  lab.zone = zone;
  await lab.round();
  await more(lab, minutes, lines);
  return lab;
}

async function more(lab: Lab, minutes: number, lines: (minute: number) => readonly Line[]): Promise<void> {
  const from = (lab.now - START) / MINUTE;
  for (let minute = from; minute < from + minutes; minute++) {
    await lab.arrive(lines(minute));
    await lab.passTo(minute + 1);
  }
  // The ledger is written once a minute.
  await lab.passTo(from + minutes + 1);
}

/** A message of a host whose clock is this far ahead, ms. */
const line =
  (host: string, ahead: number, offset?: number) =>
  (minute: number): Line => ({
    text: 'hello',
    host,
    sentAt: START + minute * MINUTE + ahead,
    ...(offset !== undefined && { offset }),
  });

test('the lead of a sample tolerates a quarter of forged timestamps and more than half of late ones', () => {
  const ok = (leads: readonly number[], lead: number, steady: boolean) =>
    assert.deepEqual([leadOf(leads), isSteady(leads)], [lead, steady], leads.join());
  const late = -6 * HOUR;
  ok([], 0, false);
  ok([5], 5, false);
  ok([late, 0], 0, false);
  ok([0, 0, 0, 0], 0, true);
  ok([9 * HOUR, 0, 0, 0], 0, true);
  ok([0, 0, 0, 9 * HOUR], 0, false);
  ok([9 * HOUR, 9 * HOUR, 0, 0, 0, 0, 0, 0, 0], 0, true);
  ok([late, late, late, late, late, late, 0, 0, 0], 0, false);
  ok([late, late, late, late, late, late, late, late, late], late, true);
  ok(
    [-9, -8, -7, -6, -5, -4, -3, -2, -1].map((hours) => hours * HOUR),
    -3 * HOUR,
    false,
  );
});

test('every offset that a zone has is explained by a likely zone with that offset', () => {
  for (const at of [START, JULY]) {
    const have = Map.groupBy(Intl.supportedValuesOf('timeZone'), (zone) => offsetIn(zone, at));
    for (let offset = -12 * HOUR; offset <= 14 * HOUR; offset += QUARTER) {
      const found = new ZoneIndex([]).zones(offset, at);
      assert.equal(found.length > 0, have.has(offset), `${offset / HOUR} h: ${have.get(offset)?.[0]}`);
      for (const zone of found) assert.equal(offsetIn(zone, at), offset, zone);
    }
  }
});

/** The offset of a zone, computed differently from the code: by the name of the offset. */
function offsetIn(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(at);
  const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(parts.at(-1)!.value)!;
  return sign === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
}

test('the likely zone is one already in use, then the common ones by their daylight saving time', () => {
  const ok = (offset: number, at: number, named: readonly string[], want: readonly string[]) =>
    assert.deepEqual(new ZoneIndex(named).zones(offset * HOUR, at).slice(0, want.length), want);
  ok(0, START, [], ['UTC', 'Europe/London']);
  ok(0, JULY, [], ['UTC']);
  ok(1, JULY, [], ['Europe/London', 'Africa/Lagos']);
  ok(1, START, [], ['Europe/Berlin', 'Africa/Lagos']);
  ok(2, JULY, [], ['Europe/Berlin']);
  ok(1, START, ['Europe/Paris', 'Asia/Tokyo'], ['Europe/Paris', 'Africa/Lagos']);
  ok(5.75, START, [], ['Asia/Kathmandu']);
  ok(-3.5, START, [], ['America/St_Johns']);
  ok(0.25, START, [], []);
});

test('clocks are diagnosed: off by a zone in either direction, with an offset, and wrong by themselves', async () => {
  const lines = (minute: number) =>
    [
      line('right', -300),
      line('ahead', 2 * HOUR - 700),
      line('behind', -5 * HOUR - 700),
      line('drifts', 7 * MINUTE),
      line('zulu', HOUR, 0),
      line('fast', 3 * MINUTE, 60),
      line('sends', -2000, 120),
    ].map((one) => one(minute));
  const lab = await after(8, lines);
  const service = hostsServiceOf(lab);
  const seen = (await service.clocks([])).map(({ host, stamps, zone, skew, state, cause, likely, left }) =>
    [host, stamps, zone, skew! / 1000, state, cause ?? '-', likely ?? '-', left ?? '-'].join(' '),
  );
  assert.deepEqual(seen, [
    'ahead bare UTC 7199.3 off zone Europe/Athens -700',
    'behind bare UTC -18000.7 off zone America/New_York -700',
    'drifts bare UTC 420 off clock - -',
    'fast offset +01:00 180 off clock - -',
    'right bare UTC -0.3 ok - - -',
    'sends offset +02:00 -2 ok - - -',
    'zulu offset +00:00 3600 off offset - -',
  ]);
  assert.deepEqual((await service.clocks(['ahead']))[0]?.others, ['Africa/Johannesburg']);
  const columns = (await service.list()).map(({ host, skew, zone }) => [host, skew, zone]);
  assert.deepEqual(columns.slice(0, 2), [
    ['ahead', 2 * HOUR - 700, 'UTC'],
    ['behind', -5 * HOUR - 700, 'UTC'],
  ]);
  await assert.rejects(service.clocks(['aheaad']), /cannot find the host "aheaad"; did you mean "ahead"\?/);
});

test('neither a drained queue nor a forged future timestamp counts as a wrong clock', async () => {
  let backlog = 6 * HOUR;
  const lab = await after(70, (minute) => {
    backlog = Math.max(0, backlog - 5 * MINUTE);
    const forged = minute === 50 ? [line('web1', 3 * HOUR, 0)(minute)] : [];
    return [line('spooled', -backlog, 0)(minute), line('web1', 0, 0)(minute), ...forged];
  });
  const states = async () => (await hostsServiceOf(lab).clocks([])).map(({ host, state }) => `${host} ${state}`);
  assert.deepEqual(await states(), ['spooled unsettled', 'web1 ok']);
  await more(lab, 20, (minute) => [line('spooled', 0, 0)(minute)]);
  assert.deepEqual(await states(), ['spooled ok', 'web1 ok']);
});

test('a clock that was corrected counts as right within the hour', async () => {
  const lab = await after(60, (minute) => [line('web1', 20 * MINUTE, 0)(minute)]);
  const state = async () => (await hostsServiceOf(lab).clocks(['web1']))[0]?.state;
  assert.equal(await state(), 'off');
  await more(lab, 50, (minute) => [line('web1', 0, 0)(minute)]);
  assert.equal(await state(), 'ok');
});

test('a zone is set for a host, used from then on, changed, and removed', async () => {
  const hosts = [line('fw1', HOUR), line('fw2', HOUR), line('sw1', 7 * MINUTE), line('web1', 0, 0)];
  const lab = await after(8, (minute) => hosts.map((one) => one(minute)), 'UTC');
  const service = hostsServiceOf(lab);
  const change = (host: string, before: string, zone: string) => ({ host, before, zone });
  await assert.rejects(service.setZones(['sw1']), /cannot set a zone for sw1: no zone explains its clock/);
  await assert.rejects(
    service.setZones(['web1']),
    /cannot set a zone for web1: all timestamps seen from it carry an offset/,
  );
  await assert.rejects(service.unsetZones(['fw1']), /cannot find the zone set for the host "fw1"; none exists/);
  assert.deepEqual(await service.setZones(['fw1']), [change('fw1', 'UTC', 'Europe/Berlin')]);
  const [row] = await service.clocks(['fw1']);
  assert.deepEqual([row?.zone, row?.set, row?.state, row?.skew], ['Europe/Berlin', true, 'ok', 0]);
  await assert.rejects(service.setZones(['fw1']), /its timestamps are right when read in Europe\/Berlin/);
  // A zone that is set for one host is the likely one of the next.
  assert.deepEqual(await service.setZones(['fw1'], 'Europe/Paris'), [change('fw1', 'Europe/Berlin', 'Europe/Paris')]);
  assert.deepEqual(await service.setZones([]), [change('fw2', 'UTC', 'Europe/Paris')]);
  // Read in that zone, the timestamps are right; the clock itself has not changed.
  const read = [line('fw1', 0), line('fw2', 0), line('sw1', 7 * MINUTE)];
  await more(lab, 30, (minute) => read.map((one) => one(minute)));
  const states = async () =>
    (await service.clocks(['fw1', 'fw2'])).map(({ zone, set, state }) => `${zone} ${set} ${state}`);
  assert.deepEqual(await states(), ['Europe/Paris true ok', 'Europe/Paris true ok']);
  assert.deepEqual(await service.unsetZones(['fw1', 'fw2']), [
    change('fw1', 'Europe/Paris', 'UTC'),
    change('fw2', 'Europe/Paris', 'UTC'),
  ]);
  assert.deepEqual(await states(), ['UTC false off', 'UTC false off']);
  lab.restart();
  await more(lab, 10, (minute) => [line('fw1', HOUR)(minute), line('fw2', HOUR)(minute)]);
  assert.deepEqual(await states(), ['UTC false off', 'UTC false off']);
});

test('a zone still explains a clock when daylight saving time ends', async () => {
  const zone = 'America/New_York';
  const index = new ZoneIndex([zone]);
  const end = Date.UTC(2026, 10, 1, 6);
  const samples = [-30, -25, -20, -15, -10, -5, 1, 6, 11].map((minute) => {
    const at = end + minute * MINUTE;
    return [at, offsetIn(zone, at)] as const;
  });
  const bare = { samples, sender: { ip: '192.0.2.7', listener: 'udp0' } };
  const stateIn = (read: string, until: number) => {
    const clock = { bare: { ...bare, samples: samples.slice(0, until) } };
    const [row] = diagnose('fw1', clock, { readIn: { zone: read, set: true }, index });
    return [row!.state, row!.likely];
  };
  assert.deepEqual(stateIn(zone, 9), ['ok', undefined]);
  assert.deepEqual(stateIn('UTC', 6), ['off', zone]);
  assert.deepEqual(stateIn('UTC', 9), ['unsettled', undefined]);
});

test('every host is sampled, however many messages the busiest sends', async () => {
  const lab = await after(3, (minute) => [
    ...Array.from({ length: 30 }, (_, index) => line(`quiet${index}`, 2 * HOUR)(minute)),
    ...Array.from({ length: 3000 }, () => line('loud', 0, 0)(minute)),
  ]);
  const rows = await hostsServiceOf(lab).clocks([]);
  assert.equal(rows.length, 31);
  assert.equal(rows.filter(({ state, likely }) => state === 'off' && likely === 'Europe/Athens').length, 30);
});
