import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY, HOUR, MINUTE } from '../../src/base/units.ts';
import type { HostRow } from '../../src/hosts/ledger.ts';
import { saveLedger } from '../../src/hosts/ledger-state.ts';
import { Rhythm } from '../../src/hosts/rhythm.ts';
import { World } from '../ask/world.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const RHYTHM = new Rhythm('').stored();

function host(name: string, more: Partial<HostRow> = {}): HostRow {
  const times = { first: NOW - DAY, last: NOW, messages: 50 };
  return { host: name, ...times, transports: ['tcp'], formats: ['bsd'], rhythm: RHYTHM, ...more };
}

/** A clock whose timestamps, read as UTC, are this far ahead, ms. */
function bare(lead: number): Pick<HostRow, 'clock'> {
  const samples = Array.from({ length: 9 }, (_, at) => [NOW - (9 - at) * 6 * MINUTE, lead] as const);
  return { clock: { bare: { samples, sender: { ip: '10.0.0.1', listener: 'tcp0' } } } };
}

function sent(lead: number): Pick<HostRow, 'clock'> {
  const samples = Array.from({ length: 9 }, (_, at) => [NOW - (9 - at) * 6 * MINUTE, lead] as const);
  return { clock: { sent: { samples, offset: 60 } } };
}

test('the census agrees with the lists of hosts and clocks', async () => {
  const world = new World();
  world.now = NOW;
  const rows = [
    host('well', bare(0)),
    host('zone', bare(2 * HOUR)),
    host('clock', bare(17 * MINUTE)),
    host('offset', sent(HOUR)),
    host('silent', { silentSince: NOW - HOUR, ...bare(2 * HOUR) }),
    host('awaited', { messages: 0, expectedSince: NOW - HOUR }),
    host('retired', { retired: true, silentSince: NOW - HOUR }),
    ...Array.from({ length: 250 }, (_, at) => host(`many${at}`, bare(0))),
  ];
  await saveLedger(world.alertState, rows, { cursor: [], minute: NOW });
  const { hosts } = world.context;
  const { states, wrong } = await hosts.census();
  assert.deepEqual(states, { heard: 254, silent: 1, awaited: 1, retired: 1 });
  assert.equal((await hosts.list()).length, rows.length);
  const off = (await hosts.clocks([])).filter(({ state }) => state === 'off');
  assert.ok(off.length >= 4);
  for (const [cause, count] of Object.entries(wrong))
    assert.equal(count, off.filter((row) => row.cause === cause).length, cause);
});
