import { CordwoodError } from '../base/errors.ts';
import type { AlertDesk, AlertWorld, ClockRow, ShownHost, ZoneChange } from '../alert/contract.ts';
import { examine, readingIn } from './doctor.ts';
import { storedHosts } from './host-watch.ts';
import type { HostRow } from './ledger.ts';
import { unknown } from '../alert/unknown.ts';
import { ZoneBook } from './zone-names.ts';

/** What operators ask about clocks of hosts, and do about their zones. */
export function createClockDesk(world: AlertWorld): Pick<AlertDesk, 'clocks' | 'setZones' | 'unsetZones'> {
  const { zones } = world;
  return {
    clocks: (hosts) => clockRows(world, hosts),
    async setZones(hosts, zone) {
      const rows = (await clockRows(world, hosts)).filter(({ stamps }) => stamps === 'bare');
      const changes = zone === undefined ? likelyOf(rows, hosts) : chosenOf(rows, hosts, zone);
      await zones.hosts.set(new Map(changes.map((one) => [one.host, one.zone])));
      return changes;
    },
    async unsetZones(hosts) {
      const set = (await zones.hosts.list()).filter((one) => one.zone !== undefined);
      const names = set.map(({ host }) => host);
      for (const host of hosts) if (!names.includes(host)) throw unknown('zone set for the host', host, names);
      const rows = new Map((await storedHosts(world.state)).map((row) => [row.host, row]));
      const before = await readingIn(zones);
      const changes = hosts.map((host): ZoneChange => {
        const sender = rows.get(host)?.clock?.bare?.sender;
        return { host, before: before(host, undefined).zone, zone: sender ? zones.of(sender) : 'the configuration' };
      });
      await zones.hosts.set(new Map(hosts.map((host) => [host, undefined])));
      return changes;
    },
  };
}

/** All hosts of the ledger, with what is seen of their clocks. */
export async function shownHosts(world: AlertWorld): Promise<ShownHost[]> {
  const [rows, zoneOf] = [await storedHosts(world.state), await readingIn(world.zones)];
  const book = new ZoneBook([]);
  return rows.map(({ clock, ...row }) => {
    if (!clock) return row;
    const examined = examine(row.host, clock, { readIn: zoneOf(row.host, clock), book });
    // Where it sends both kinds, the later one counts.
    const [latest] = examined.toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0));
    const skew = latest?.state === 'unsettled' ? undefined : latest?.skew;
    return { ...row, ...(skew !== undefined && { skew }), ...(latest && { zone: latest.zone }) };
  });
}

async function clockRows({ state, zones }: AlertWorld, hosts: readonly string[]): Promise<ClockRow[]> {
  const stored = await storedHosts(state);
  const names = new Set(stored.map(({ host }) => host));
  for (const host of hosts) if (!names.has(host)) throw unknown('host', host, [...names].slice(0, MAX_NAMED));
  const zoneOf = await readingIn(zones);
  const set = (await zones.hosts.list()).flatMap(({ zone }) => zone ?? []);
  const book = new ZoneBook([...new Set([...zones.named(), ...set])]);
  const wanted = hosts.length === 0 ? stored : stored.filter(({ host }) => hosts.includes(host));
  return wanted.flatMap((row) => rowsOf(row, zoneOf, book));
}

function rowsOf({ host, clock }: HostRow, zoneOf: Awaited<ReturnType<typeof readingIn>>, book: ZoneBook): ClockRow[] {
  const readIn = zoneOf(host, clock);
  const rows = examine(host, clock ?? {}, { readIn, book });
  const unseen: ClockRow = { host, stamps: 'bare', ...readIn, state: 'unseen' };
  return readIn.set && !clock?.bare ? [unseen, ...rows] : rows;
}

function likelyOf(rows: readonly ClockRow[], named: readonly string[]): ZoneChange[] {
  const found = rows.flatMap(({ host, likely, zone }) => (likely ? [{ host, before: zone, zone: likely }] : []));
  for (const host of named) {
    if (found.some((one) => one.host === host)) continue;
    const row = rows.find((one) => one.host === host);
    throw new CordwoodError('ERR_USAGE', `cannot set a zone for ${host}: ${whyNot(row)}`);
  }
  return found;
}

function chosenOf(rows: readonly ClockRow[], named: readonly string[], zone: string): ZoneChange[] {
  return named.map((host) => {
    const row = rows.find((one) => one.host === host);
    if (row) return { host, before: row.zone, zone };
    throw new CordwoodError('ERR_USAGE', `cannot set a zone for ${host}: ${whyNot(row)}`);
  });
}

function whyNot(row: ClockRow | undefined): string {
  if (!row)
    return 'no stamp without an offset was seen of it; where they carry a wrong one, set its clock and zone there';
  switch (row.state) {
    case 'ok':
      return `its stamps are right, read in ${row.zone}`;
    case 'off':
      return `no zone explains its clock; set it there by NTP, or choose one with --zone`;
    case 'unsettled':
      return 'it is behind, and so are lines that were under way; look again in some minutes, or choose one with --zone';
    case 'unseen':
      return 'none of its stamps was seen yet; look again in some minutes';
  }
}

const MAX_NAMED = 20;
