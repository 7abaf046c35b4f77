import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayReport } from '../../src/cluster/contract.ts';
import { wordingOf } from '../../src/alert/wording/wording.ts';
import { alertServiceOf, hostsServiceOf, Lab, MINUTE, START } from './lab.ts';

const HOSTS = 300;
/** Hosts where their number does not matter. */
const FEW = 10;
/** Hours after which all hosts are known. */
const KNOWN = 48;

function report(lab: Lab, change: Partial<RelayReport> = {}): RelayReport {
  const { now } = lab;
  return {
    relay: 'edge1.example.org',
    from: '5f0c/central',
    host: 'edge1',
    heardAt: now,
    beatAt: now,
    taken: 1,
    again: 0,
    behind: 0,
    ...change,
  };
}

/** Each hour, all hosts behind the relay send a line, and one that is not behind it. */
async function live(lab: Lab, hours: number, { isCut = false, direct = true, hosts = FEW } = {}): Promise<void> {
  if (isCut) {
    const last = report(lab);
    lab.relays = () => [last];
  } else lab.relays = () => [report(lab)];
  for (let hour = 0; hour < hours; hour++) {
    const names = isCut ? [] : Array.from({ length: hosts }, (_, index) => `h${index}`);
    const behind = names.map((host) => ({ text: 'x', host, relay: 'edge1.example.org' }));
    await lab.arrive([...behind, ...(direct ? [{ text: 'x', host: 'direct' }] : [])]);
    const minute = (lab.now - START) / MINUTE;
    await lab.passTo(minute + 1);
    await lab.passTo(minute + 60, 59);
  }
}

test('a relay that is away makes one notice and not one for each host behind it; its return makes one', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await live(lab, KNOWN, { hosts: HOSTS });
  assert.deepEqual(lab.short, []);
  await live(lab, 30, { isCut: true });
  assert.deepEqual(
    lab.sent.map(({ notice }) => [notice.kind, notice.away?.relay, notice.away?.hosts, notice.silent]),
    [['firing', 'edge1.example.org', HOSTS, undefined]],
  );
  const { subject } = wordingOf(lab.sent[0]!.notice);
  assert.match(subject, /^\[AWAY\] edge1\.example\.org is away since .*, 300 hosts behind it$/);
  await live(lab, 30, { hosts: HOSTS });
  assert.deepEqual(
    lab.sent.map(({ notice }) => notice.kind),
    ['firing', 'resolved'],
  );
  assert.match(wordingOf(lab.sent[1]!.notice).subject, /^\[OK\] edge1\.example\.org is back, was away for 1d 6h/);
  const silent = (await hostsServiceOf(lab).list()).filter((host) => host.silentSince !== undefined);
  assert.deepEqual(silent, []);
});

test('a host behind a relay that reports is still found silent, and so is one beside a relay that is away', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await live(lab, KNOWN);
  await live(lab, 30, { isCut: true, direct: false });
  const silent = () => lab.sent.flatMap(({ notice: { kind, silent: some = [] } }) => (kind === 'firing' ? some : []));
  assert.deepEqual(
    silent().map(({ host }) => host),
    ['direct'],
  );
  // Its beats come again, and no line of the hosts behind it does.
  lab.relays = () => [report(lab)];
  await lab.passTo((lab.now - START) / MINUTE + 30 * 60, 60);
  assert.equal(silent().length, FEW + 1);
});

test('while a relay sends what waited, its hosts are not judged', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await live(lab, KNOWN);
  await live(lab, 10, { isCut: true });
  lab.relays = () => [report(lab, { behind: 30 * MINUTE })];
  for (let hour = 0; hour < 30; hour++) {
    await lab.arrive([{ text: 'x', host: 'direct' }]);
    await lab.passTo((lab.now - START) / MINUTE + 60, 60);
  }
  assert.deepEqual(
    lab.sent.map(({ notice }) => [notice.kind, notice.silent]),
    [['firing', undefined]],
  );
});

test('notices about relays can be silenced', async () => {
  const lab = new Lab([], { silence: ['ops@example.org'] });
  await live(lab, 2);
  await alertServiceOf(lab).silence('silent-relays', 20 * 60 * MINUTE);
  await live(lab, 2, { isCut: true });
  assert.deepEqual(lab.sent, []);
});
