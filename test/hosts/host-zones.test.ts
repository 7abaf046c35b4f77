import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followHostZones, hostZonesIn } from '../../src/hosts/follow-host-zones.ts';
import { SILENT } from '../../src/base/log.ts';
import { hostZonesOf } from '../../src/hosts/host-zones.ts';
import { memoryState } from '../../src/store/memory/state.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;

test('host time zones are set, changed and removed, and a removed one is listed for an hour', async () => {
  let now = 1000;
  const state = memoryState(() => now);
  const zones = hostZonesOf(state, () => now);
  assert.deepEqual(await zones.list(), []);
  await zones.set(
    new Map([
      ['web2', 'UTC'],
      ['web1', 'Asia/Tokyo'],
    ]),
  );
  now += HOUR;
  await zones.set(new Map([['web1', '+05:30']]));
  await zones.set(new Map([['web2', undefined]]));
  assert.deepEqual(await zones.list(), [
    { host: 'web1', zone: '+05:30', since: now },
    { host: 'web2', since: now },
  ]);
  assert.deepEqual([...(await hostZonesIn(state))], [['web1', '+05:30']]);
  now += HOUR;
  await zones.set(new Map());
  assert.deepEqual(
    (await zones.list()).map(({ host }) => host),
    ['web1'],
  );
});

test('setting zones for too many hosts is refused as a whole', async () => {
  const zones = hostZonesOf(
    memoryState(() => 0),
    () => 0,
  );
  const many = new Map(Array.from({ length: 20_001 }, (_, index) => [`h${index}`, 'UTC'] as const));
  await assert.rejects(zones.set(many), /cannot set zones for more than 20000 hosts; name networks under zones:/);
  assert.deepEqual(await zones.list(), []);
});

test('a change of zones is reported within seconds', async () => {
  const state = memoryState(Date.now);
  const changes: (readonly [string, string])[][] = [];
  using followed = await followHostZones(state, SILENT);
  followed.onChange((zones) => changes.push([...zones]));
  assert.equal(followed.zones.size, 0);
  await hostZonesOf(state, Date.now).set(new Map([['web1', 'Asia/Tokyo']]));
  await until('the change', () => changes.length > 0);
  assert.deepEqual(changes, [[['web1', 'Asia/Tokyo']]]);
  assert.deepEqual([...followed.zones], changes[0]);
});
