import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HostLedger } from '../../src/hosts/ledger.ts';
import { Rhythm } from '../../src/hosts/rhythm.ts';
import { alertServiceOf, hostsServiceOf, Lab, MINUTE, START } from '../alert/lab.ts';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const ALWAYS = { stretches: [{ from: 0, to: Infinity }], open: new Map<string, number>() };

/** A host that sent at these minutes after the start. */
function ledgerOf(minutes: readonly number[], host = 'web1'): HostLedger {
  const ledger = new HostLedger();
  const hostMinutes = minutes.map((minute) => ({
    host,
    at: START + minute * MINUTE,
    messages: 1,
    transport: 'tcp',
    format: 'rfc5424',
  }));
  ledger.add(hostMinutes, ALWAYS);
  return ledger;
}

const every = (step: number, until: number): number[] => Array.from({ length: until / step + 1 }, (_, i) => i * step);

/** Minutes after its last message at which the host counts as silent. */
function silentAfter(ledger: HostLedger, last: number): number {
  for (let minute = last; minute < last + 60 * 24 * 60; minute++) {
    if (ledger.silent(START + minute * MINUTE, ALWAYS).length > 0) return minute - last;
  }
  return Infinity;
}

test('a host that sends every minute is missed within minutes', () => {
  assert.equal(silentAfter(ledgerOf(every(1, 2 * 1440)), 2 * 1440), 6);
});

test('a host that sends every hour is missed after some hours', () => {
  const after = silentAfter(ledgerOf(every(60, 3 * 1440)), 3 * 1440);
  assert.ok(after > 120 && after <= 200, String(after));
});

test('a nightly host is not missed at noon, but is the morning after', () => {
  const nights = every(1440, 21 * 1440).flatMap((start) => every(1, 20).map((minute) => start + minute));
  const last = nights.at(-1)!;
  const after = silentAfter(ledgerOf(nights), last) / 60;
  assert.ok(after > 24 && after < 33, String(after));
});

test('an office is silent at the weekend, and its silence on a Wednesday is noticed', () => {
  const working = (day: number) => day % 7 < 5;
  const minutes = every(1, 30 * 1440).filter((minute) => {
    const hour = (9 + Math.floor(minute / 60)) % 24;
    return working(Math.floor((minute + 9 * 60) / 1440)) && hour >= 8 && hour < 18;
  });
  const ledger = ledgerOf(minutes);
  const friday = minutes.filter((minute) => Math.floor((minute + 9 * 60) / 1440) === 25).at(-1)!;
  const until = ledgerOf(minutes.filter((minute) => minute <= friday));
  assert.equal(until.silent(START + (friday + 48 * 60) * MINUTE, ALWAYS).length, 0);
  assert.ok(silentAfter(ledgerOf(minutes.filter((minute) => minute <= 16 * 1440 + 60)), 16 * 1440 + 60) < 10);
  assert.equal(ledger.size, 1);
});

test('a host is known after a day and twenty messages, not before', () => {
  assert.equal(silentAfter(ledgerOf(every(60, 1440 - 60)), 1440 - 60), Infinity);
  assert.equal(silentAfter(ledgerOf([0, 1440]), 1440), Infinity);
  assert.notEqual(silentAfter(ledgerOf(every(60, 1440)), 1440), Infinity);
});

test('time in which the server was not listening is not silence', () => {
  const ledger = ledgerOf(every(1, 1440));
  const again = START + 1500 * MINUTE;
  const stretches = [
    { from: 0, to: START + 1440 * MINUTE },
    { from: again, to: Infinity },
  ];
  const listened = { ...ALWAYS, stretches };
  assert.equal(ledger.silent(again + 2 * MINUTE, listened).length, 0);
  assert.equal(ledger.silent(again + 7 * MINUTE, listened).length, 1);
});

test('tens of thousands of forged names leave the ledger bounded, and known hosts in it', () => {
  const ledger = ledgerOf(every(1, 1440));
  for (let from = 0; from < 100_000; from += 10_000) {
    const at = START + (1441 + from / 10_000) * MINUTE;
    const forged = Array.from({ length: 10_000 }, (_, i) => ({
      host: `h${from + i}`,
      at,
      messages: 1,
      transport: 'udp',
      format: 'rfc3164',
    }));
    ledger.add([{ host: 'web1', at, messages: 1, transport: 'tcp', format: 'rfc5424' }, ...forged], ALWAYS);
  }
  assert.ok(ledger.size <= 20_000, String(ledger.size));
  assert.deepEqual(ledger.silent(START + 1451 * MINUTE, ALWAYS), []);
  assert.ok(ledger.rows().some(({ host, messages }) => host === 'web1' && messages > 1448));
  assert.deepEqual(
    ledger.silent(START + 30 * DAY, ALWAYS).map(({ host }) => host),
    ['web1'],
  );
});

test('a stored rhythm equals the learned one', () => {
  const rhythm = new Rhythm();
  rhythm.learn(START, START + 7 * MINUTE);
  const usual = new Rhythm(rhythm.stored()).usual(START)! / MINUTE;
  assert.ok(usual >= 7 && usual < 7.7, String(usual));
});

test('a host that falls silent is reported within five minutes, and so is its return', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await lab.round();
  const speak = async (minute: number) => {
    await lab.passTo(minute);
    await lab.arrive([{ text: 'hello', host: 'db3' }]);
  };
  for (let minute = 5; minute <= 1500; minute += 5) await speak(minute);
  await lab.passTo(1530);
  assert.equal(lab.sent.length, 1);
  const { notice } = lab.sent[0]!;
  assert.equal(notice.rule, 'silent-hosts');
  assert.equal(notice.silent?.[0]?.host, 'db3');
  const after = (notice.at - START) / MINUTE - 1500;
  assert.ok(after > 10 && after <= 21, String(after));
  lab.restart();
  await lab.passTo(1540);
  await speak(1541);
  await lab.passTo(1543);
  assert.deepEqual(
    lab.sent.map((one) => one.notice.kind),
    ['firing', 'resolved'],
  );
});

test('a host whose listener is closed is not silent, and its time starts again when the listener opens', () => {
  const ledger = ledgerOf(every(1, 1440));
  ledger.observe({ samples: [], listeners: [['web1', ['udp0', 'tcp0']]] });
  const silent = (minute: number, open: readonly (readonly [string, number | undefined])[]) =>
    ledger.silent(START + minute * MINUTE, { ...ALWAYS, open: new Map(open) }).length;
  const closed = ['udp0', undefined] as const;
  assert.equal(silent(1500, [closed, ['tcp0', undefined]]), 0);
  assert.equal(silent(1500, [closed, ['tcp0', START]]), 1, 'the other listener is open');
  assert.equal(silent(1500, [closed]), 1, 'nothing is recorded about the other listener');
  const again = [closed, ['tcp0', START + 1500 * MINUTE]] as const;
  assert.equal(silent(1505, again), 0);
  assert.equal(silent(1507, again), 1);
});

test('a restart every day does not hide that a nightly host has gone', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await lab.round();
  for (let day = 0; day < 8; day++) {
    const night = day * 1440 + 1020;
    await lab.passTo(night, 30);
    for (let minute = night; day < 4 && minute < night + 20; minute++) {
      await lab.passTo(minute);
      await lab.arrive([{ text: 'done', host: 'backup1' }]);
    }
    await lab.passTo(night + 60, 30);
    lab.deaf.push(lab.now - 1000);
  }
  assert.deepEqual(
    lab.sent.map(({ notice }) => [notice.kind, notice.silent?.[0]?.host]),
    [['firing', 'backup1']],
  );
  const days = (lab.sent[0]!.notice.at - START) / DAY;
  assert.ok(days > 5.5 && days < 6.5, String(days));
});

test('an expected host that never sends is reported, a retired one is not', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  const service = hostsServiceOf(lab);
  await lab.round();
  await service.expect(['db7', 'db8']);
  await lab.passTo(6);
  assert.deepEqual(
    (await service.list()).map(({ host }) => host),
    ['db7', 'db8'],
  );
  await service.retire('db8');
  await assert.rejects(service.retire('db9'), /cannot find the host "db9"/);
  await lab.passTo(1450);
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.silent),
    [[{ host: 'db7' }]],
  );
});

test('no notices about hosts are sent while muted or silenced', async () => {
  for (const by of ['mute', 'silence'] as const) {
    const lab = new Lab([], { silence: ['ops@example.org'] });
    const alerts = alertServiceOf(lab);
    await lab.round();
    await hostsServiceOf(lab).expect(['db7']);
    await (by === 'mute' ? alerts.mute(2 * DAY) : alerts.silence('silent-hosts', 2 * DAY));
    await lab.passTo(1450);
    assert.deepEqual(lab.short, []);
  }
});

test('a host that sends within the minute of its SILENT notice is reported as back', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await lab.round();
  await hostsServiceOf(lab).expect(['db7'], 5 * MINUTE);
  await lab.passTo(6);
  assert.deepEqual(lab.short, ['firing 6 x0']);
  await lab.arrive([{ text: 'hello', host: 'db7' }]);
  await lab.passTo(8);
  assert.deepEqual(lab.short, ['firing 6 x0', 'resolved 7 x0']);
  assert.deepEqual(
    lab.sent[1]!.notice.silent?.map(({ host }) => host),
    ['db7'],
  );
  await lab.passTo(20);
  assert.equal(lab.sent.length, 2);
});

test('a host is expected within the time that is given, and a day otherwise', () => {
  const ledger = new HostLedger();
  ledger.expect(['soon', 'changed'], START, HOUR);
  ledger.expect(['late'], START);
  ledger.expect(['changed'], START, 2 * HOUR);
  const silentAt = (hours: number): string[] =>
    ledger.silent(START + hours * HOUR, { ...ALWAYS, stretches: [{ from: 0, to: Infinity }] }).map(({ host }) => host);
  assert.deepEqual(silentAt(0.99), []);
  assert.deepEqual(silentAt(1), ['soon']);
  assert.deepEqual(silentAt(2), ['soon', 'changed']);
  assert.deepEqual(silentAt(24), ['soon', 'changed', 'late']);
  const again = new HostLedger(ledger.rows());
  assert.equal(again.silent(START + HOUR, ALWAYS).length, 1);
  ledger.retire('soon');
  ledger.expect(['soon'], START);
  assert.deepEqual(silentAt(2), ['changed']);
});

test('the expectation of a host that never sent is listed', async () => {
  const lab = new Lab([], { silence: [] });
  await lab.round();
  await hostsServiceOf(lab).expect(['db7'], HOUR);
  await lab.passTo(2);
  const [row] = await hostsServiceOf(lab).list();
  assert.deepEqual([row?.host, row?.messages, row?.expectedWithin], ['db7', 0, HOUR]);
});

test('a long backlog of few hosts is no flood of names, and all of it is counted', async () => {
  const lab = new Lab([], { silence: [] });
  const warnings: string[] = [];
  Object.assign(lab.world, { log: { ...lab.world.log, warn: (text: string) => warnings.push(text) } });
  await lab.round();
  const hosts = 40;
  const minutes = 1300;
  lab.now = START + minutes * MINUTE;
  const backlog = Array.from({ length: hosts * minutes }, (_, index) => ({
    text: 'x',
    host: `h${index % hosts}`,
    minute: Math.floor(index / hosts),
  }));
  await lab.arrive(backlog);
  await lab.passTo(minutes + 2);
  assert.deepEqual(warnings, []);
  const rows = await hostsServiceOf(lab).list();
  assert.equal(rows.length, hosts);
  for (const { messages } of rows) assert.equal(messages, minutes);
});
